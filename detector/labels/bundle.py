"""A bundle of files as a labelling tool gives it out: a zip, a folder or one file, read in place.

Nothing is ever unpacked by its own name: pictures are copied one by one to names that we give. So a zip whose entries
point outside (``../../etc``) can harm nothing; such entries are refused all the same.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from configs.mistakes import Mistake, Spot
from detector.labels.picture import PICTURE_SUFFIXES, LabelsError

MAX_TEXT_BYTES = 512_000_000
"""A larger text in a bundle is refused."""
MAX_PICTURE_BYTES = 64_000_000
"""A larger picture in a bundle is refused."""


class Bundle:
    """Files by their ``/``-separated names. A context manager.

    Parameters
    ----------
    path
        A zip, a folder, or a single file.

    Raises
    ------
    LabelsError
        When it is missing, is a broken zip, or has entries that point outside of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._closing = ExitStack()
        self._zip: zipfile.ZipFile | None = None
        if path.is_dir():
            self._files = {
                each.relative_to(path).as_posix(): each for each in sorted(path.rglob("*")) if each.is_file()
            }
            self.names = tuple(self._files)
        elif path.suffix.lower() == ".zip":
            self._zip, self._files = self._opened(), {}
            self.names = tuple(sorted(entry.filename for entry in self._zip.infolist() if not entry.is_dir()))
        elif path.is_file():
            self._files = {path.name: path}
            self.names = (path.name,)
        else:
            raise LabelsError(Mistake(path, None, "", "is not there", "name a zip, a folder or a file of labels"))

    def __enter__(self) -> Self:
        """Return the bundle."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the zip."""
        self._closing.close()

    def spot(self, name: str, line: int | None = None, key: str = "") -> Spot:
        """Return where something is written, for a message."""
        return Spot(self.path if self.path.name == name else self.path / name, line, key)

    def text(self, name: str) -> str:
        """Return a file as UTF-8 text.

        Raises
        ------
        LabelsError
            When it is too large, unreadable or no UTF-8.
        """
        try:
            return self.bytes(name, most=MAX_TEXT_BYTES).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise LabelsError(self.spot(name).mistake("is not UTF-8 text", "save it as UTF-8")) from error

    def bytes(self, name: str, *, most: int = MAX_PICTURE_BYTES) -> bytes:
        """Return a file of at most ``most`` bytes; what a zip's directory claims about sizes is not believed.

        Raises
        ------
        LabelsError
            When it is larger or unreadable.
        """
        try:
            with self._zip.open(name) if self._zip else self._files[name].open("rb") as file:
                content = file.read(most + 1)
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise LabelsError(self.spot(name).mistake(f"cannot be read ({error})", "export it again")) from error
        if len(content) > most:
            raise LabelsError(self.spot(name).mistake(f"is larger than {most} bytes", "leave it out, or split it"))
        return content

    def pictures(self) -> Mapping[str, str]:
        """Return the pictures' names by file name without folder.

        Raises
        ------
        LabelsError
            When two pictures of different folders have the same file name.
        """
        found: dict[str, str] = {}
        for name in self.names:
            base = PurePosixPath(name)
            if base.suffix.lower() not in PICTURE_SUFFIXES:
                continue
            if base.name in found:
                wrong = f"has the same file name as {found[base.name]}"
                raise LabelsError(self.spot(name).mistake(wrong, "give each picture a name of its own"))
            found[base.name] = name
        return found

    def _opened(self) -> zipfile.ZipFile:
        try:
            opened = self._closing.enter_context(zipfile.ZipFile(self.path))
        except (OSError, zipfile.BadZipFile) as error:
            raise LabelsError(Mistake(self.path, None, "", f"is no zip ({error})", "export it again")) from error
        for entry in opened.infolist():
            parts = PurePosixPath(entry.filename.replace("\\", "/"))
            if parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[0]:
                raise LabelsError(
                    Mistake(self.path, None, "", f"its entry {entry.filename!r} points outside", "export it again")
                )
        return opened
