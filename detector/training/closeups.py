"""Close-ups: parts of real pictures around the things of one class, so that small things are also learned large."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from detector.training.yolofolder import (
    Box,
    DatasetError,
    Labelled,
    labels_of,
    open_yolo_folder,
    read_picture,
    write_boxes,
    write_data_yaml,
)

_SHARES = (0.4, 0.75)
_KEPT = 0.25
_UNSURE = 0.05
"""A thing of the class of which a sliver between these shares is left could be boxed or not: no such close-up."""
_QUALITY = 93


@dataclass(frozen=True, slots=True)
class Order:
    """What close-ups are wanted.

    Parameters
    ----------
    data
        ``data.yaml`` of real pictures; only its training split is used.
    out
        Folder for images, labels and ``data.yaml``.
    label
        The class to come close to.
    prefix
        Only pictures whose file name starts so.
    each
        Close-ups tried per picture.
    seed
        The same seed over the same pictures makes the same.
    """

    data: Path
    out: Path
    label: str
    prefix: str = ""
    each: int = 3
    seed: int = 1


def make_closeups(order: Order) -> int:
    """Write the close-ups and return how many there are; names are ``closeup_<picture>_<number>.jpg``.

    Raises
    ------
    DatasetError
        When the dataset cannot be read, lacks the class, shows nothing of it, or would be overwritten.
    """
    folder = open_yolo_folder(order.data)
    folder.refuse_as_out(order.out)
    wanted, chance, count = folder.id_of(order.label), random.Random(order.seed), 0  # noqa: S311 - not for secrets
    for labelled in folder.labelled("train"):
        if labelled.picture.name.startswith(order.prefix) and _of(wanted, labelled.boxes):
            count += _write(labelled, wanted, order, chance)
    if not count:
        raise DatasetError(f"{folder.file} shows no {order.label} to come close to; mend --label or --prefix")
    write_data_yaml(order.out, folder.names, ("train",))
    return count


def _write(labelled: Labelled, wanted: int, order: Order, chance: random.Random) -> int:
    image, made = read_picture(labelled.picture), 0
    height, width = image.shape[:2]
    for number in range(order.each):
        part = _part(chance.choice(_of(wanted, labelled.boxes)), (width, height), chance)
        boxes = list(_within(labelled.boxes, part, (width, height), wanted))
        if not _of(wanted, boxes):
            continue
        x1, y1, x2, y2 = part
        file = order.out / "images" / "train" / f"closeup_{labelled.picture.stem}_{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), image[y1:y2, x1:x2], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        write_boxes(labels_of(file), boxes)
        made += 1
    return made


def _of(wanted: int, boxes: Sequence[Box]) -> list[Box]:
    return [box for box in boxes if box.kind == wanted]


def _part(around: Box, size: tuple[int, int], chance: random.Random) -> tuple[int, int, int, int]:
    """Return corners (x1, y1, x2, y2 px) of a part that shows the middle of a box somewhere off its own middle."""
    share = chance.uniform(*_SHARES)
    spans = []
    for middle, length in zip((around.x, around.y), size, strict=True):
        part = int(length * share)
        start = int(middle * length + chance.uniform(-0.3, 0.3) * part - part / 2)
        start = min(max(0, start), length - part)
        spans.append((start, start + part))
    (x1, x2), (y1, y2) = spans
    return x1, y1, x2, y2


def _within(
    boxes: Sequence[Box], part: tuple[int, int, int, int], size: tuple[int, int], wanted: int
) -> Iterator[Box]:
    """Yield the boxes as the part shows them; none at all when the part leaves a doubtful sliver of a wanted one."""
    shown: list[Box] = []
    for box in boxes:
        x1, y1, x2, y2 = box.pixels(size)
        cut = max(x1, part[0]), max(y1, part[1]), min(x2, part[2]), min(y2, part[3])
        left = max(0, cut[2] - cut[0]) * max(0, cut[3] - cut[1]) / max(1, (x2 - x1) * (y2 - y1))
        if box.kind == wanted and _UNSURE < left < _KEPT:
            return
        if left >= _KEPT:
            moved = cut[0] - part[0], cut[1] - part[1], cut[2] - part[0], cut[3] - part[1]
            shown.append(Box.around(box.kind, moved, (part[2] - part[0], part[3] - part[1])))
    yield from shown
