"""A dataset in YOLO form, read: ``data.yaml`` with its class names, pictures, and the boxes in their label files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from detector.errors import ModelError
from detector.model import Image

SPLITS = ("train", "val")
_PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}


class DatasetError(ModelError):
    """A dataset that cannot be used. ``str(error)`` names the file and says what would be right."""


@dataclass(frozen=True, slots=True)
class Box:
    """A labelled box: class id, centre, width and height as shares (0..1) of the picture."""

    kind: int
    x: float
    y: float
    width: float
    height: float

    def __str__(self) -> str:
        """Return the line of a label file, without its end."""
        return f"{self.kind} {self.x:.6f} {self.y:.6f} {self.width:.6f} {self.height:.6f}"

    def pixels(self, size_px: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return the corners (x1, y1, x2, y2; ends exclusive) in a picture of this width and height.

        >>> Box(2, 0.5, 0.5, 0.2, 0.4).pixels((100, 50))
        (40, 15, 60, 35)
        """
        across, down = size_px
        left, top = (
            max(0, round((self.x - self.width / 2) * across)),
            max(0, round((self.y - self.height / 2) * down)),
        )
        right = min(across, round((self.x + self.width / 2) * across))
        return left, top, right, min(down, round((self.y + self.height / 2) * down))

    @classmethod
    def around(cls, kind: int, corners: tuple[int, int, int, int], size_px: tuple[int, int]) -> Box:
        """Return the box with these corners (x1, y1, x2, y2) in a picture of this width and height."""
        (x1, y1, x2, y2), (across, down) = corners, size_px
        return cls(kind, (x1 + x2) / 2 / across, (y1 + y2) / 2 / down, (x2 - x1) / across, (y2 - y1) / down)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture file and its boxes."""

    picture: Path
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class YoloFolder:
    """A dataset.

    Parameters
    ----------
    file
        Its ``data.yaml``.
    names
        Class names, in the order of the ids.
    root
        What the splits are relative to.
    splits
        Folder of pictures, or list of them, per split; empty text where there is none.
    sources
        What the dataset says of its own sources, by file name prefix, as it stands there; see ``recipe.Source``.
    """

    file: Path
    names: tuple[str, ...]
    root: Path
    splits: Mapping[str, str]
    sources: Mapping[str, object] = field(default_factory=dict)

    def id_of(self, name: str) -> int:
        """Return a class' id.

        Raises
        ------
        DatasetError
            When there is no such class.
        """
        if name not in self.names:
            raise DatasetError(f"{self.file} has no class {name!r}; its names are {', '.join(self.names)}")
        return self.names.index(name)

    def refuse_as_out(self, out: Path) -> None:
        """Refuse to write into the dataset itself: its pictures and labels stay as they are.

        Raises
        ------
        DatasetError
            When ``out`` is the dataset's folder, or lies among its pictures.
        """
        place, root = out.resolve(), self.root.resolve()
        pictures = [(root / told).resolve() for told in self.splits.values() if told]
        among = any(
            place.is_relative_to(folder) or (folder.is_relative_to(place) and place.is_relative_to(root))
            for folder in pictures
        )
        if among or place in {self.file.parent.resolve(), root}:
            raise DatasetError(f"{out} is the dataset itself; name another folder, so that it stays as it is")

    @property
    def used_splits(self) -> tuple[str, ...]:
        """The splits that have pictures; one that only repeats another's, as stand-in, is left out."""
        places = {self.splits[split]: split for split in reversed(SPLITS) if self.splits.get(split)}
        return tuple(split for split in SPLITS if split in places.values())

    def labelled(self, split: str) -> Iterator[Labelled]:
        """Yield a split's pictures in the order of their names, with their boxes.

        Raises
        ------
        DatasetError
            When the split's folder is not there, or a label line is no box of a named class.
        """
        for picture in self._pictures(split):
            yield Labelled(picture, tuple(self._boxes(picture)))

    def _pictures(self, split: str) -> list[Path]:
        place = self.root / self.splits.get(split, "")
        if not self.splits.get(split):
            return []
        if place.is_file():
            named = (line.strip() for line in read_text(place).splitlines())
            return [self._listed(place, name) for name in named if name]
        if not place.is_dir():
            raise DatasetError(f"{place} is not there; mend {split} in {self.file}")
        return sorted(path for path in place.iterdir() if path.suffix.lower() in _PICTURES)

    def _listed(self, listing: Path, name: str) -> Path:
        picture = self.root / name
        if not picture.is_file():
            raise DatasetError(f"{picture}, listed in {listing}, is not there; put it back, or take its line out")
        return picture

    def _boxes(self, picture: Path) -> Iterator[Box]:
        file = labels_of(picture)
        lines = read_text(file).splitlines() if file.is_file() else []
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield self._box(line.split(), f"{file}:{number}")

    def _box(self, words: Sequence[str], where: str) -> Box:
        try:
            kind, *shares = words
            x, y, width, height = (float(share) for share in shares)
            _check(int(kind), len(self.names), (x, y, width, height))
        except ValueError as error:
            raise DatasetError(
                f"{where} is no box of a class in {self.file}; "
                "write: class x y width height, shares of the picture from 0 to 1"
            ) from error
        return Box(int(kind), x, y, width, height)


def _check(kind: int, kinds: int, shares: Sequence[float]) -> None:
    if not 0 <= kind < kinds or not all(0 <= share <= 1 for share in shares):
        raise ValueError("no class, or not a share")


def open_yolo_folder(path: Path) -> YoloFolder:
    """Read a ``data.yaml``, named itself or by its folder.

    Raises
    ------
    DatasetError
        When it is missing or describes no dataset.
    """
    file = path if path.suffix in {".yaml", ".yml"} else path / "data.yaml"
    try:
        document = YAML(typ="safe").load(file.read_text(encoding="utf-8-sig"))
        names, told = document["names"], {split: str(document.get(split) or "") for split in SPLITS}
        pairs = dict(names) if isinstance(names, Mapping) else dict(enumerate(names))
        ordered = tuple(str(pairs[index]) for index in range(len(pairs)))
        sources = dict(document.get("sources") or {})
    except OSError as error:
        raise DatasetError(f"{file} cannot be read ({error.strerror}); name the data.yaml of a dataset") from error
    except (YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(f"{file} is no dataset description; it needs names (0, 1, 2, …), train and val") from error
    return YoloFolder(file, ordered, file.parent / str(document.get("path") or "."), told, sources)


def labels_of(picture: Path) -> Path:
    """Return where a picture's label file is: the last folder ``images`` in its path read as ``labels``."""
    parts = list(picture.parts)
    if "images" in parts:
        parts[len(parts) - 1 - parts[::-1].index("images")] = "labels"
    return Path(*parts).with_suffix(".txt")


def read_text(file: Path) -> str:
    """Return a text file of a dataset; the mark that Windows' editors put before UTF-8 is no part of it.

    Raises
    ------
    DatasetError
        When it cannot be read as UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{file} cannot be read ({error.strerror}); make it readable for this user") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{file} is not UTF-8 text; save it as UTF-8") from error


def link_picture(picture: Path, link: Path) -> None:
    """Make ``link`` lead to a picture, in place of an earlier link of that name.

    Raises
    ------
    DatasetError
        When a file is in that place: a picture is never removed for a link.
    """
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.exists() and not link.is_symlink():
        raise DatasetError(f"{link} is a file, and a link would take its place; name another folder to write to")
    link.unlink(missing_ok=True)
    link.symlink_to(picture.resolve())


def read_picture(file: Path) -> Image:
    """Return a picture, ``(H, W, 3) uint8`` BGR.

    Raises
    ------
    DatasetError
        When it cannot be read.
    """
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if image is None:
        raise DatasetError(f"{file} is no picture that can be read; take it out of the dataset")
    return image.astype(np.uint8)


def write_boxes(file: Path, boxes: Iterable[Box]) -> None:
    """Write a label file; no boxes make an empty one, which says that there is nothing in the picture."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{box}\n" for box in boxes), encoding="utf-8")


def write_data_yaml(out: Path, names: Sequence[str], splits: Iterable[str], place: str = "images/{}") -> Path:
    """Write ``out/data.yaml`` for pictures in ``out/images/<split>``, or where ``place`` says; return its path."""
    document = {**{split: place.format(split) for split in splits}, "names": dict(enumerate(names))}
    with (out / "data.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(document, file)
    return out / "data.yaml"
