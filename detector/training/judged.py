"""Judged boxes: somebody looked through pictures for things of one class that nobody had labelled there.

What was said is a table, ``picture,x1,y1,x2,y2,verdict``: file name without its ending, corners in pixels of the
picture, and ``yes``, ``doubt`` or ``no``. Pictures with a ``no`` and nothing else teach what the class does not look
like; those with a doubt and no ``yes`` are left out.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from detector.training.yolofolder import (
    SPLITS,
    Box,
    DatasetError,
    Labelled,
    YoloFolder,
    labels_of,
    link_picture,
    open_yolo_folder,
    read_picture,
    read_text,
    write_boxes,
    write_data_yaml,
)

COLUMNS = ("picture", "x1", "y1", "x2", "y2", "verdict")


class Said(StrEnum):
    """What somebody said of a box."""

    YES = "yes"
    DOUBT = "doubt"
    NO = "no"


@dataclass(frozen=True, slots=True)
class JudgedBox:
    """A box, corners in px (x1, y1, x2, y2), what was said of it, and where it stands (``file:line``)."""

    corners: tuple[int, int, int, int]
    said: Said
    where: str


@dataclass(frozen=True, slots=True)
class Made:
    """What a dataset has: pictures by kind, and how many of the table's were left out, or are not in the data."""

    pictures: Mapping[Said, int]
    left_out: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Order:
    """What dataset is wanted.

    Parameters
    ----------
    data
        ``data.yaml`` of the pictures, with the labels they have.
    judged
        The table.
    out
        Folder for links to the pictures, labels and ``data.yaml``; without pictures yet.
    label
        The class that was looked for.
    """

    data: Path
    judged: Path
    out: Path
    label: str


def read_judged(file: Path) -> Mapping[str, Sequence[JudgedBox]]:
    """Return a table's boxes by picture.

    Raises
    ------
    DatasetError
        When it cannot be read, or a line is no judged box; the text names the line.
    """
    if not file.is_file():
        raise DatasetError(f"{file} is no file; name a table with {','.join(COLUMNS)}")
    text = read_text(file)
    if text.partition("\n")[0].strip() != ",".join(COLUMNS):
        raise DatasetError(f"{file}:1 is not the first line of such a table; write {','.join(COLUMNS)}")
    lines = csv.DictReader(text.splitlines())
    boxes: defaultdict[str, list[JudgedBox]] = defaultdict(list)
    try:
        for row in lines:
            box = JudgedBox(_corners(row), Said(row["verdict"]), where=f"{file}:{lines.line_num}")
            boxes[row["picture"]].append(box)
    except (KeyError, TypeError, ValueError, OverflowError, csv.Error) as error:
        raise DatasetError(
            f"{file}:{lines.line_num} is no judged box; write {','.join(COLUMNS)}, "
            "corners in px with x1 < x2 and y1 < y2, verdict yes, doubt or no"
        ) from error
    return boxes


def _corners(row: Mapping[str, str]) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = (round(float(row[name])) for name in COLUMNS[1:5])
    if not (0 <= x1 < x2 and 0 <= y1 < y2):
        raise ValueError
    return x1, y1, x2, y2


def make_judged(order: Order) -> Made:
    """Write the dataset and return what it has.

    A picture's name says what is known of it: ``judged_yes_…`` shows things of the class, all of them boxed;
    ``judged_no_…`` shows none; ``judged_doubt_…`` shows some, and what may be one or not.

    Raises
    ------
    DatasetError
        When data or table cannot be read, nothing of the table is in the data, or ``out`` has pictures already: what
        was said there may have been another thing.
    """
    folder, judged = open_yolo_folder(order.data), read_judged(order.judged)
    folder.refuse_as_out(order.out)
    if (order.out / "images").exists():
        raise DatasetError(f"{order.out} has pictures already; remove it, or name another folder")
    wanted = folder.id_of(order.label)
    known = {split: [one for one in folder.labelled(split) if one.picture.stem in judged] for split in SPLITS}
    _refuse_twice(folder, known)
    kept = {split: list(_kept(each, judged)) for split, each in known.items()}
    kinds = [kind for each in kept.values() for _, kind in each]
    named = sum(map(len, known.values()))
    if not kinds:
        raise DatasetError(f"{order.judged} {_lack(judged, named=named)} in {folder.file}; name another table")
    # All of it before anything is written: a box that is wrong leaves no half of a dataset behind.
    boxes = {one.picture: _boxes(one, judged, wanted) for each in kept.values() for one, _ in each}
    for split, each in kept.items():
        for labelled, kind in each:
            link = order.out / "images" / split / f"judged_{kind}_{labelled.picture.name}"
            link_picture(labelled.picture, link)
            write_boxes(labels_of(link), boxes[labelled.picture])
    write_data_yaml(order.out, folder.names, [split for split, each in kept.items() if each])
    return Made({said: kinds.count(said) for said in Said}, named - len(kinds), len(judged) - named)


def _refuse_twice(folder: YoloFolder, known: Mapping[str, Sequence[Labelled]]) -> None:
    """Refuse pictures of one name in both splits: training on one would be tested on the other's word."""
    names = Counter(one.picture.stem for each in known.values() for one in each)
    twice = next((name for name, times in names.items() if times > 1), None)
    if twice is not None:
        raise DatasetError(f"{folder.file} has more than one picture {twice}; rename one, or judge its part apart")


def _lack(judged: Mapping[str, Sequence[JudgedBox]], *, named: int) -> str:
    if not judged:
        return "is empty, so there is nothing to look for"
    return "says nothing but doubts of the pictures" if named else "names no picture that is"


def _kept(known: Sequence[Labelled], judged: Mapping[str, Sequence[JudgedBox]]) -> Iterator[tuple[Labelled, Said]]:
    for labelled in known:
        said = {box.said for box in judged[labelled.picture.stem]}
        if Said.DOUBT not in said:
            yield labelled, Said.YES if Said.YES in said else Said.NO
        elif Said.YES in said:
            yield labelled, Said.DOUBT


def _boxes(labelled: Labelled, judged: Mapping[str, Sequence[JudgedBox]], wanted: int) -> list[Box]:
    """Return a picture's labels: those of other classes as they were, and what was affirmed."""
    height, width = read_picture(labelled.picture).shape[:2]
    said = judged[labelled.picture.stem]
    for box in said:
        if box.corners[2] > width or box.corners[3] > height:
            raise DatasetError(
                f"{box.where} lies outside {labelled.picture.name}, which is {width}×{height}; mend it"
            )
    others = [box for box in labelled.boxes if box.kind != wanted]
    return others + [Box.around(wanted, box.corners, (width, height)) for box in said if box.said is Said.YES]
