"""Made pictures of street vending: real stalls cut out, or stalls built of real goods, in real streets."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from detector.model import Image
from detector.training.composites.blending import blend
from detector.training.composites.cutout import Alpha, Cutout, PixelBox, extent
from detector.training.composites.placing import place
from detector.training.composites.stock import STALL, Stalls, bins, is_street, streets
from detector.training.yolofolder import (
    Box,
    DatasetError,
    Labelled,
    YoloFolder,
    open_yolo_folder,
    read_picture,
    write_boxes,
    write_data_yaml,
)

_TRIES = 100
_MOST_HIDDEN = 0.8  # of a street's box: less than a fifth of a bin is no bin to a person
_EDGE = 0.3  # opacity from which a pixel counts as stall
_COLUMNS = ("name", "street", "stall", "kind", "seed")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    Parameters
    ----------
    count
        How many pictures.
    seed
        The same seed over the same dataset makes the same pictures.
    streets
        What the names of pictures that may become the street begin with.
    leave_out
        Names (without suffix) of pictures to use neither as a street (they show stalls that nobody boxed) nor for
        their stalls (bins or rubbish stand in the box, or it is too close a look).
    """

    count: int
    seed: int
    streets: str = "street_"
    leave_out: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A made picture: its name without suffix, its street's, its stall, and its labels with the classes' names."""

    name: str
    street: str
    stall: Cutout
    image: Image
    boxes: tuple[Box, ...]
    names: tuple[str, ...]


def render_stalls(data: Path, out: Path, wish: Wish, on_made: Callable[[Made], None] = lambda _: None) -> None:
    """Write ``out/images/train``, ``out/labels/train``, ``out/data.yaml`` and ``out/provenance.csv``.

    Only the training split is read: a stall or street kept for validation must not be seen in training.

    Parameters
    ----------
    data
        The ``data.yaml`` of real pictures, with a class ``stall``.
    out
        Where to write.
    wish
        How many, and of what.
    on_made
        Called with each made picture.

    Raises
    ------
    DatasetError
        When the dataset cannot be read, has no stalls or no streets to use, or would be overwritten.
    """
    folder = open_yolo_folder(data)
    folder.refuse_as_out(out)
    train = [each for each in folder.labelled("train") if each.picture.stem not in wish.leave_out]
    maker = _Maker(folder, Stalls.of(train, folder), streets(train, folder, wish.streets))
    rows = [_COLUMNS]
    for number in range(wish.count):
        # Each picture has its own chance, so one more picture changes no other.
        made = maker.make(f"madestall_{wish.streets}{number:05d}", np.random.default_rng((wish.seed, number)))
        _write(made, out)
        rows.append((made.name, made.street, made.stall.origin, made.stall.kind, str(wish.seed)))
        on_made(made)
    write_data_yaml(out, folder.names, ("train",))
    with (out / "provenance.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


@dataclass(frozen=True, slots=True)
class _Maker:
    folder: YoloFolder
    stalls: Stalls
    streets: Sequence[Labelled]

    def make(self, name: str, rng: np.random.Generator) -> Made:
        for _ in range(_TRIES):
            street = self.streets[int(rng.integers(len(self.streets)))]
            image = read_picture(street.picture)
            made = self._made(name, street, image, rng) if is_street(image) else None
            if made is not None:
                return made
        raise DatasetError(
            f"{self.folder.file}: {_TRIES} streets had no room for a stall; add pictures of open streets"
        )

    def _made(self, name: str, street: Labelled, image: Image, rng: np.random.Generator) -> Made | None:
        size = (image.shape[1], image.shape[0])
        stall = self.stalls.one(rng)
        corners = [box.pixels(size) for box in street.boxes]
        told = bins(street, size, self.folder.names)
        found = place(size, stall.size_px, corners, rng, bins=told, footless=stall.footless)
        if found is None:
            return None
        mixed, alpha = blend(image, stall, found.box, [corners[index] for index in found.before], rng)
        if not (alpha > _EDGE).any():
            return None
        own = Box.around(self.folder.id_of(STALL), extent(alpha > _EDGE), size)
        kept = (box for box, at in zip(street.boxes, corners, strict=True) if _hidden(at, alpha) < _MOST_HIDDEN)
        return Made(name, street.picture.stem, stall, mixed, (*kept, own), self.folder.names)


def _hidden(corners: PixelBox, stall: Alpha) -> float:
    """Return how much of what is in these corners the stall hides; between a stall's poles much can be seen."""
    x1, y1, x2, y2 = corners
    return float(stall[y1:y2, x1:x2].mean()) if x2 > x1 and y2 > y1 else 1.0


def _write(made: Made, out: Path) -> None:
    picture = out / "images" / "train" / f"{made.name}.jpg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(picture), made.image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    write_boxes(out / "labels" / "train" / f"{made.name}.txt", made.boxes)
