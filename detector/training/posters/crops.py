"""Real ads cut out of labelled training pictures, to be pasted again elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from detector.training.posters.light import lighting
from detector.training.posters.paper import Paper
from detector.training.posters.pictures import read_picture
from detector.training.yolofolder import Labelled

_LEAST_PX = 22
_SEARCH_PX = 90
_REAL_WHITE = 245

PixelBox = tuple[int, int, int, int]


class Crops:
    """Cuts of real ads. Each picture is read when first drawn from, and its cuts are kept.

    Parameters
    ----------
    pictures
        Of the training split; those without ads are left out.
    ad
        The id of the class ad.
    """

    def __init__(self, pictures: Sequence[Labelled], ad: int) -> None:
        self._pictures = [each for each in pictures if any(box.kind == ad for box in each.boxes)]
        self._ad = ad
        self._cut: dict[Path, list[Paper]] = {}

    def draw(self, rng: np.random.Generator) -> Paper | None:
        """Choose one real ad; nothing when there is none, or none large enough in the picture that chance named."""
        if not self._pictures:
            return None
        labelled = self._pictures[rng.integers(len(self._pictures))]
        if labelled.picture not in self._cut:
            self._cut[labelled.picture] = self._cuts(labelled)
        cuts = self._cut[labelled.picture]
        return cuts[rng.integers(len(cuts))] if cuts else None

    def _cuts(self, labelled: Labelled) -> list[Paper]:
        bgr = read_picture(labelled.picture)
        size_px = (bgr.shape[1], bgr.shape[0])
        flat = np.clip(bgr / lighting(bgr).white[..., None] * _REAL_WHITE, 0, 255).astype(np.uint8)
        boxes = [box.pixels(size_px) for box in labelled.boxes if box.kind == self._ad]
        whole = [box for box in boxes if _large(box) and not any(_shares(box, b) for b in boxes if b is not box)]
        return [Paper("real", flat[y1:y2, x1:x2].copy(), _outline(bgr, (x1, y1, x2, y2))) for x1, y1, x2, y2 in whole]


def _large(box: PixelBox) -> bool:
    return min(box[2] - box[0], box[3] - box[1]) >= _LEAST_PX


def _shares(box: PixelBox, other: PixelBox) -> bool:
    # A cut with a good part of another ad in it would be pasted as one ad.
    across, down = min(box[2], other[2]) - max(box[0], other[0]), min(box[3], other[3]) - max(box[1], other[1])
    return max(across, 0) * max(down, 0) > 0.25 * (box[2] - box[0]) * (box[3] - box[1])


def _outline(bgr: np.ndarray, box: PixelBox) -> np.ndarray:
    # The paper inside its box, told from the wall by colour; where that finds half a paper, the whole box is taken.
    x1, y1, x2, y2 = box
    pad = max(4, int(0.25 * max(x2 - x1, y2 - y1)))
    left, top = max(0, x1 - pad), max(0, y1 - pad)
    area = bgr[top : y2 + pad, left : x2 + pad]
    inside = _foreground(area, (x1 - left, y1 - top, x2 - x1, y2 - y1))[y1 - top : y2 - top, x1 - left : x2 - left]
    return inside if inside.mean() > 0.6 * 255 else np.full((y2 - y1, x2 - x1), 255, np.uint8)


def _foreground(area: np.ndarray, rect: PixelBox) -> np.ndarray:
    height, width = area.shape[:2]
    scale = min(1.0, _SEARCH_PX / max(height, width))
    small = cv2.resize(area, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask = np.zeros(small.shape[:2], np.uint8)
    cv2.setRNGSeed(0)
    try:
        shrunk = [int(value * scale) for value in rect]
        cv2.grabCut(small, mask, shrunk, np.zeros((1, 65)), np.zeros((1, 65)), 2, cv2.GC_INIT_WITH_RECT)
    except cv2.error:
        return np.zeros((height, width), np.uint8)  # the box fills the picture: nothing to tell the paper from
    found = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * 255
    closed = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return np.asarray(cv2.resize(closed, (width, height)), np.uint8)
