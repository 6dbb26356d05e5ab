"""What made pictures are made of: stalls that can be cut out, and streets with room for one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from detector.model import Image
from detector.training.composites.built import built
from detector.training.composites.cutout import Cutout, PixelBox, cut
from detector.training.yolofolder import DatasetError, Labelled, YoloFolder, read_picture

STALL = "stall"
_BINS = {"bin", "overflow"}
_BUILT_SHARE = 0.4
_BOX_ODDS = 0.3  # a stall that could only be pasted as a box comes less often: its edges are not its own
_MOST_LABELLED = 0.35  # of the picture's area: beyond it there is no street left to stand on
_NEAREST = 0.5  # of the picture's height: a close look down at a bin shows no street either
_MOST_BLANK = 0.15  # pure white or black pixels: product photos, and the borders of turned pictures
_LEAST_PX = 240
_SEAM = 8.0  # measured on 48 street pictures: whole ones stay below 7, stacked ones are at 9 and more


@dataclass(frozen=True, slots=True)
class Stalls:
    """The stalls of a training split.

    Parameters
    ----------
    insides
        What is in each stall box, ``(H, W, 3) uint8`` BGR: where goods are taken from.
    cutouts
        Per stall that could be cut out, the ways to do it.
    """

    insides: Sequence[Image]
    cutouts: Sequence[Sequence[Cutout]]

    @classmethod
    def of(cls, train: Sequence[Labelled], folder: YoloFolder) -> Stalls:
        """Cut out the stalls of these pictures.

        Raises
        ------
        DatasetError
            When the dataset has no class ``stall``, or none of its stalls can be cut out.
        """
        kind = folder.id_of(STALL)
        insides: list[Image] = []
        cutouts: list[list[Cutout]] = []
        for labelled in train:
            boxes = [box for box in labelled.boxes if box.kind == kind]
            if not boxes:
                continue
            image = read_picture(labelled.picture)
            for box in boxes:
                x1, y1, x2, y2 = corners = box.pixels((image.shape[1], image.shape[0]))
                insides.append(image[y1:y2, x1:x2])
                cutouts.append(cut(image, corners, labelled.picture.stem))
        if not any(cutouts):
            raise DatasetError(f"{folder.file}: no {STALL} in train can be cut out; box some whole stalls first")
        return cls(insides, [ways for ways in cutouts if ways])

    def one(self, rng: np.random.Generator) -> Cutout:
        """Return a real stall, or one built of real goods, one in two of them mirrored."""
        stall = built(self.insides, rng) if rng.random() < _BUILT_SHARE else self._real(rng)
        return stall.flipped() if rng.random() < 0.5 else stall

    def _real(self, rng: np.random.Generator) -> Cutout:
        odds = np.array([_BOX_ODDS if ways[0].kind == "box" else 1.0 for ways in self.cutouts])
        ways = self.cutouts[int(rng.choice(len(self.cutouts), p=odds / odds.sum()))]
        return ways[int(rng.integers(len(ways)))]


def streets(train: Sequence[Labelled], folder: YoloFolder, prefix: str) -> list[Labelled]:
    """Return the pictures whose names begin with the prefix and whose labels leave room for a stall.

    Raises
    ------
    DatasetError
        When there is none.
    """
    stall = folder.id_of(STALL)
    chosen = [each for each in train if each.picture.stem.startswith(prefix) and _has_room(each, stall)]
    if not chosen:
        raise DatasetError(f"{folder.file}: no picture in train begins with {prefix!r} and has room for a stall")
    return chosen


def _has_room(labelled: Labelled, stall: int) -> bool:
    boxes = labelled.boxes
    near = any(box.kind == stall or box.height >= _NEAREST for box in boxes)
    return not near and sum(box.width * box.height for box in boxes) < _MOST_LABELLED


def bins(street: Labelled, size_px: tuple[int, int], names: Collection[str]) -> list[PixelBox]:
    """Return the boxes of the street's bins, in pixels."""
    kinds = {kind for kind, name in enumerate(names) if name in _BINS}
    return [box.pixels(size_px) for box in street.boxes if box.kind in kinds]


def is_street(image: Image) -> bool:
    """Return whether a picture can be one street: large enough, little of it blank, no collage."""
    blank = float(((image > 250).all(axis=2) | (image < 4).all(axis=2)).mean())
    return min(image.shape[:2]) >= _LEAST_PX and blank <= _MOST_BLANK and not _collage(image)


def _collage(image: Image) -> bool:
    """Return whether a seam runs through the picture's middle from side to side, or from top to bottom."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return _seam(grey) or _seam(grey.T)


def _seam(grey: np.ndarray) -> bool:
    steps = np.median(np.abs(np.diff(grey, axis=0)), axis=1)
    middle = steps[len(steps) // 4 : -len(steps) // 4]
    return bool(middle.max() > _SEAM * (np.median(steps) + 1))
