"""Labelled pictures as people keep them: Ultralytics' data file, or a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detector.evaluation.errors import DataError
from detector.evaluation.yamlfile import read_yaml
from detector.labels.picture import LabelsError
from detector.labels.provenance import read_provenance

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
NO_SOURCE = "(none)"
_PREFIX = re.compile(r"[A-Za-z][A-Za-z-]*(?=_)")


@dataclass(frozen=True, slots=True)
class DataSet:
    """Pictures with labels, found but not read.

    Parameters
    ----------
    path
        What was named: a data file or a folder.
    split
        Which part of it.
    pictures
        In a steady order.
    names
        Class names by number, or None where nothing says them.
    unlabelled
        By source: names of classes that its pictures show but nobody labelled.
    feeds
        By file name: id of the feed that a picture came from, where the dataset's ``provenance.jsonl`` says so.
    """

    path: Path
    split: str
    pictures: tuple[Path, ...]
    names: tuple[str, ...] | None
    unlabelled: Mapping[str, frozenset[str]]
    feeds: Mapping[str, str] = field(default_factory=dict)

    def source_of(self, picture: Path) -> str:
        """Return where a picture comes from, as its file name tells.

        The longest name in the data file's ``sources:`` that the file name starts with and goes on from with neither
        letter nor hyphen, else the letters before the first ``_``, else ``(none)``.
        """
        stated = [name for name in self.unlabelled if _is_of(picture.name, name)]
        prefix = _PREFIX.match(picture.name)
        return max(stated, key=len) if stated else prefix[0] if prefix else NO_SOURCE

    def feed_of(self, picture: Path) -> str | None:
        """Return the id of the feed that a picture came from; None where nothing says it."""
        return self.feeds.get(picture.name)


def open_data(path: Path, split: str = "val") -> DataSet:
    """Find the pictures of a data file in Ultralytics' form, or of a folder.

    Parameters
    ----------
    path
        A YAML file with ``path``, one key a split (a folder, a ``.txt`` list, or several) and ``names`` (a list, or
        names by number); or a folder with ``images/`` and ``labels/``, with or without splits in them, or with labels
        beside its pictures. A folder's class names are in a YAML file or a ``classes.txt`` in it.
    split
        Which part.

    Raises
    ------
    DataError
        When there are no pictures, or the file is not as it must be.
    """
    if path.is_dir():
        return _of_folder(path, split)
    document = read_yaml(path)
    root = _root(path, document)
    found = tuple(
        dict.fromkeys(picture for place in _places(path, document, split) for picture in _under(root, place))
    )
    if not found:
        raise DataError(f"{path}: {split}: no pictures there; see path: and {split}:")
    return DataSet(path, split, found, _names(path, document), _unlabelled(path, document), _feeds(root))


def _of_folder(folder: Path, split: str) -> DataSet:
    described = [file for file in sorted(folder.glob("*.y*ml")) if "names" in read_yaml(file)]
    if len(described) == 1 and {"train", "val", "test", split} & read_yaml(described[0]).keys():
        # The folder says what its splits are: one that it does not name is a slip, never "all pictures".
        return open_data(described[0], split)
    places = (folder / "images" / split, folder / split / "images", folder / "images", folder / split, folder)
    start = next((place for place in places if place.is_dir() and any(_pictures_in(place))), None)
    if start is None:
        raise DataError(f"{folder} has no pictures, neither in images/{split} nor in images/ nor beside labels")
    document = read_yaml(described[0]) if described else {}
    names = _names(described[0], document) if described else _listed_names(folder)
    return DataSet(folder, split, tuple(_pictures_in(start)), names, {}, _feeds(folder))


def _feeds(folder: Path) -> dict[str, str]:
    try:
        rows = read_provenance(folder)
    except LabelsError as error:
        raise DataError(str(error)) from error
    return {name: str(row["feed"]) for name, row in rows.items() if row.get("feed")}


def _is_of(file_name: str, source: str) -> bool:
    following = file_name[len(source) : len(source) + 1]
    return file_name.startswith(source) and not (following.isalpha() or following == "-")


def _listed_names(folder: Path) -> tuple[str, ...] | None:
    for name in ("classes.txt", "labels/classes.txt", "obj.names"):
        if (folder / name).is_file():
            return tuple(line.strip() for line in (folder / name).read_text("utf-8-sig").splitlines() if line.strip())
    return None


def _root(path: Path, document: Mapping[str, Any]) -> Path:
    stated = Path(str(document.get("path") or "."))
    beside = path.parent / stated
    return beside if stated.is_absolute() or beside.exists() else stated


def _places(path: Path, document: Mapping[str, Any], split: str) -> list[str]:
    value = document.get(split)
    if split == "val" and value is None:
        value = document.get("validation")
    if not value:
        known = ", ".join(key for key in ("train", "val", "test", "minival") if document.get(key)) or "none"
        raise DataError(f"{path} has no split {split!r}; it has: {known}")
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _under(root: Path, place: str) -> Iterator[Path]:
    start = root / place
    if start.suffix == ".txt":
        yield from _in_list(start)
    elif start.is_dir():
        yield from _pictures_in(start)
    else:
        raise DataError(f"{start} is no folder of pictures and no .txt list of them; see path: in the data file")


def _in_list(listing: Path) -> Iterator[Path]:
    try:
        lines = listing.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{listing} cannot be read as a list of pictures ({type(error).__name__})") from error
    for line in filter(None, map(str.strip, lines)):
        yield listing.parent / line


def _pictures_in(folder: Path) -> Iterator[Path]:
    yield from sorted(file for file in folder.rglob("*") if file.suffix.lower() in PICTURES and file.is_file())


def _names(path: Path, document: Mapping[str, Any]) -> tuple[str, ...]:
    names = document.get("names")
    if isinstance(names, dict) and sorted(names) == list(range(len(names))):
        names = [names[number] for number in range(len(names))]
    if not isinstance(names, list) or not names:
        raise DataError(f"{path}: names: a list of class names, or names by number from 0 without gaps")
    return tuple(str(name) for name in names)


def _unlabelled(path: Path, document: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    stated = document.get("sources") or {}
    try:
        # As in recipes a prefix may end with the "_" that ends it in the file names.
        return {
            str(name).rstrip("_"): frozenset(map(str, (of or {}).get("unlabelled") or ()))
            for name, of in stated.items()
        }
    except (AttributeError, TypeError) as error:
        raise DataError(f"{path}: sources: prefix: {{unlabelled: [class names]}} for each source") from error
