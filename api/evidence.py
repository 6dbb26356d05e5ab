"""Evidence: the pictures that incidents rest on, where they are kept, and the folder for it."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from api.errors import EvidenceRefused, NotAPicture, PictureGone
from api.jpeg import check_jpeg

MAX_JPEG_BYTES = 8_000_000
"""A larger picture is refused."""

_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture in the store: its name in the store (``YYYY/MM/DD/<sha256>.jpg``) and its SHA-256 in hex."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The record of one evidence picture.

    Parameters
    ----------
    id
        Counts up over all incidents; 0 before the record is kept.
    incident_id
        The incident it was reported with, also after a merge.
    captured_at
        Aware UTC.
    box
        ``(x1, y1, x2, y2)`` normalised 0..1, or None.
    removed_at
        When retention removed the file; the record stays.
    """

    incident_id: str
    feed_id: str
    captured_at: datetime
    box: tuple[float, float, float, float] | None
    label: str
    score: float
    kept: Kept
    model_id: str = ""
    removed_at: datetime | None = None
    id: int = 0


class EvidenceStore(Protocol):
    """Where pictures are kept. Names are the store's own; a name, once given, always means the same bytes.

    Every call raises ``EvidenceAway`` when a store elsewhere cannot be reached, or refuses: what was asked can be
    asked again later.
    """

    def put(self, jpeg: bytes, *, at: datetime) -> Kept:
        """Keep a JPEG under the (UTC) day of ``at``; the same bytes on the same day are kept once.

        Raises
        ------
        EvidenceRefused
            When the disk is (nearly) full, or as ``NotAPicture`` when it is no whole JPEG or too large.
        """
        ...

    def read(self, name: str) -> bytes:
        """Return the JPEG.

        Raises
        ------
        PictureGone
            When it is not there.
        """
        ...

    def remove(self, name: str, *, unless_put_since: datetime) -> None:
        """Remove the JPEG if it is there and was not put (again) since that moment."""
        ...

    def older(self, moment: datetime) -> Iterator[str]:
        """Yield the names of pictures last put before ``moment``."""
        ...

    def put_view(self, feed_id: str, jpeg: bytes) -> str:
        """Keep a feed's last picture in place of the one before; return its SHA-256 in hex.

        Raises
        ------
        EvidenceRefused
            As ``put``.
        """
        ...

    def read_view(self, feed_id: str) -> bytes:
        """Return a feed's last picture.

        Raises
        ------
        PictureGone
            When there is none.
        """
        ...

    def views(self) -> list[str]:
        """Return the ids of all feeds that have a last picture."""
        ...

    def remove_view(self, feed_id: str) -> None:
        """Remove a feed's last picture if there is one."""
        ...


def check_picture(jpeg: bytes) -> None:
    """Refuse what is no whole JPEG, or too large.

    Raises
    ------
    NotAPicture
        With what is wrong.
    """
    if len(jpeg) > MAX_JPEG_BYTES:
        raise NotAPicture(f"the picture is too large; send at most {MAX_JPEG_BYTES} bytes")
    check_jpeg(jpeg)


class FolderEvidence:
    """Evidence in a local folder.

    Parameters
    ----------
    folder
        Made when missing.
    min_free_bytes
        With less free on its disk, pictures are refused.
    free_bytes
        Says how much is free.
    """

    def __init__(
        self, folder: Path, *, min_free_bytes: int = 0, free_bytes: Callable[[Path], int] | None = None
    ) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        self._free_bytes = free_bytes or (lambda path: shutil.disk_usage(path).free)
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, jpeg: bytes, *, at: datetime) -> Kept:
        """Keep a JPEG; see ``EvidenceStore.put``."""
        self._check(jpeg)
        digest = hashlib.sha256(jpeg).hexdigest()
        name = f"{at.astimezone(UTC):%Y/%m/%d}/{digest}.jpg"
        if not _used_again(self._folder / name):
            self._write(self._folder / name, jpeg)
        return Kept(name, digest)

    def read(self, name: str) -> bytes:
        """Return the JPEG; see ``EvidenceStore.read``."""
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise PictureGone(
                f"the picture's file cannot be read from the evidence folder: {error.strerror}"
            ) from error

    def remove(self, name: str, *, unless_put_since: datetime) -> None:
        """Remove the JPEG; see ``EvidenceStore.remove``."""
        path = self._folder / name
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < unless_put_since.timestamp():
                path.unlink()

    def older(self, moment: datetime) -> Iterator[str]:
        """Yield names last put before ``moment``, half-written files included."""
        for path in self._folder.glob("[0-9]*/*/*/*"):
            try:
                if path.stat().st_mtime < moment.timestamp():
                    yield path.relative_to(self._folder).as_posix()
            except FileNotFoundError:
                continue

    def put_view(self, feed_id: str, jpeg: bytes) -> str:
        """Keep a feed's last picture; see ``EvidenceStore.put_view``."""
        self._check(jpeg)
        self._write(self._folder / "feeds" / f"{feed_id}.jpg", jpeg)
        return hashlib.sha256(jpeg).hexdigest()

    def read_view(self, feed_id: str) -> bytes:
        """Return a feed's last picture; see ``EvidenceStore.read_view``."""
        return self.read(f"feeds/{feed_id}.jpg")

    def views(self) -> list[str]:
        """Return the ids of all feeds that have a last picture."""
        return sorted(path.stem for path in (self._folder / "feeds").glob("*.jpg"))

    def remove_view(self, feed_id: str) -> None:
        """Remove a feed's last picture if there is one."""
        (self._folder / "feeds" / f"{feed_id}.jpg").unlink(missing_ok=True)

    def _check(self, jpeg: bytes) -> None:
        check_picture(jpeg)
        try:
            free = self._free_bytes(self._folder)
        except OSError as error:
            raise _refused(error) from error
        if free < self._min_free_bytes:
            raise EvidenceRefused(
                f"the evidence disk has {free / 1e6:.0f} MB left, less than evidence.min_free_mb "
                f"({self._min_free_bytes / 1e6:.0f} MB): pictures are not kept until there is room"
            )

    def _write(self, path: Path, jpeg: bytes) -> None:
        part = path.with_name(f"{path.name}.{os.urandom(6).hex()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(jpeg)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise _refused(error) from error


def _used_again(path: Path) -> bool:
    """Whether the file is there; it is marked as just put then, so that an orphan sweep does not take it."""
    try:
        os.utime(path)
    except OSError:
        return False
    return True


def _refused(error: OSError) -> EvidenceRefused:
    full = error.errno in _FULL
    why = "the evidence disk is full" if full else f"the evidence folder cannot be written ({error.strerror})"
    return EvidenceRefused(f"{why}; pictures are not kept until that is mended")
