"""Judged boxes: people looked through pictures for things of one class that nobody had labelled there.

What they said is a table, ``picture,x1,y1,x2,y2,verdict``: file name without its ending, corners in pixels of the
picture, and ``yes``, ``doubt`` or ``no``. Pictures with a ``no`` and nothing else teach what the class does not look
like; those with doubts alone teach nothing and are left out.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from detector.training.yolofolder import (
    SPLITS,
    Box,
    DatasetError,
    Labelled,
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
    """A box, corners in px (x1, y1, x2, y2), and what was said of it."""

    corners: tuple[int, int, int, int]
    said: Said


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
        Folder for links to the pictures, labels and ``data.yaml``.
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
    boxes: defaultdict[str, list[JudgedBox]] = defaultdict(list)
    for number, row in enumerate(csv.DictReader(read_text(file).splitlines()), 2):
        try:
            x1, y1, x2, y2 = (round(float(row[name])) for name in COLUMNS[1:5])
            box = JudgedBox((x1, y1, x2, y2), Said(row["verdict"]))
        except (KeyError, TypeError, ValueError) as error:
            raise DatasetError(
                f"{file}:{number} is no judged box; write {','.join(COLUMNS)}, verdict yes, doubt or no"
            ) from error
        boxes[row["picture"]].append(box)
    return boxes


def make_judged(order: Order) -> Mapping[Said, int]:
    """Write the dataset and return how many pictures it has by kind.

    A picture's name says what is known of it: ``judged_yes_…`` shows things of the class, all of them boxed;
    ``judged_no_…`` shows none; ``judged_doubt_…`` shows some, and what may be one or not.

    Raises
    ------
    DatasetError
        When data or table cannot be read, or nothing of the table is in the data.
    """
    folder, judged = open_yolo_folder(order.data), read_judged(order.judged)
    folder.refuse_as_out(order.out)
    wanted, counts, splits = folder.id_of(order.label), dict.fromkeys(Said, 0), []
    for split in SPLITS:
        known = [one for one in folder.labelled(split) if one.picture.stem in judged]
        kept = list(_kept(known, judged))
        for labelled, kind in kept:
            _write(labelled, judged[labelled.picture.stem], order.out / "images" / split, kind=kind, wanted=wanted)
            counts[kind] += 1
        splits += [split] if kept else []
    if not splits:
        raise DatasetError(f"{order.judged} names no picture of {folder.file} that can be used; mend one of them")
    write_data_yaml(order.out, folder.names, splits)
    return counts


def _kept(known: Sequence[Labelled], judged: Mapping[str, Sequence[JudgedBox]]) -> Iterator[tuple[Labelled, Said]]:
    for labelled in known:
        said = {box.said for box in judged[labelled.picture.stem]}
        if Said.DOUBT not in said:
            yield labelled, Said.YES if Said.YES in said else Said.NO
        elif Said.YES in said:
            yield labelled, Said.DOUBT


def _write(labelled: Labelled, judged: Sequence[JudgedBox], folder: Path, *, kind: Said, wanted: int) -> None:
    height, width = read_picture(labelled.picture).shape[:2]
    link = folder / f"judged_{kind}_{labelled.picture.name}"
    others = [box for box in labelled.boxes if box.kind != wanted]
    seen = [Box.around(wanted, box.corners, (width, height)) for box in judged if box.said is Said.YES]
    link_picture(labelled.picture, link)
    write_boxes(labels_of(link), (*others, *seen))
