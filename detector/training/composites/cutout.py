"""A thing cut out of its picture: pixels, and how much of each is the thing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Image

Alpha = NDArray[np.float32]
PixelBox = tuple[int, int, int, int]

_SIDE_PX = 320
_ROUNDS = 5
_LEAST_AREA_PX = 7000
_DARK = 60.0  # a night's darkness around a thing cannot be told from its shadow


@dataclass(frozen=True, slots=True)
class Cutout:
    """Pixels with their share of the thing.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8`` BGR.
    alpha
        ``(H, W) float32``, 0 (background) to 1 (the thing).
    kind
        How it was made: ``tight``, ``hull``, ``box`` or ``built``.
    origin
        Name of the picture, or pictures, it comes from.
    footless
        Whether its picture's lower edge cut its foot off.
    """

    image: Image
    alpha: Alpha
    kind: str
    origin: str
    footless: bool = False

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.image.shape[1], self.image.shape[0]

    def flipped(self) -> Cutout:
        """Return the mirror image."""
        return replace(self, image=self.image[:, ::-1].copy(), alpha=self.alpha[:, ::-1].copy())

    def resized(self, size_px: tuple[int, int]) -> Cutout:
        """Return it at another size (width, height)."""
        shrinks = size_px[0] < self.image.shape[1]
        how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        alpha = cv2.resize(self.alpha, size_px, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        image = cv2.resize(self.image, size_px, interpolation=how)
        return replace(self, image=image.astype(np.uint8), alpha=np.clip(alpha, 0, 1).astype(np.float32))

    def trimmed(self) -> Cutout:
        """Return it without the margins in which there is nothing of it."""
        x1, y1, x2, y2 = extent(self.alpha > 0.02)
        return replace(self, image=self.image[y1:y2, x1:x2], alpha=self.alpha[y1:y2, x1:x2])


def extent(mask: NDArray[np.bool_]) -> PixelBox:
    """Return the smallest box (x1, y1, x2, y2; ends exclusive) around a mask's set pixels, which must exist."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def cut(image: Image, box: PixelBox, origin: str) -> list[Cutout]:
    """Return the ways in which what is in the box could be cut out; none when the box says too little of its shape.

    The colours inside and outside the box tell the thing from its background (GrabCut; Rother, Kolmogorov and Blake,
    2004). A mask that is small, in pieces or floats above the box's lower edge is a wrong one: then a box with soft
    edges is the fall-back, provided that the picture shows something around the box.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8`` BGR.
    box
        Pixels of the picture.
    origin
        Name of the picture.
    """
    x1, y1, x2, y2 = box
    inside = image[y1:y2, x1:x2]
    touches = _touched(image, box)
    if inside.shape[0] * inside.shape[1] < _LEAST_AREA_PX or sum(touches) > 2:
        return []
    mask = _mask(image, box)
    if not _plausible(mask):
        by_day = float(inside.mean()) >= _DARK
        return (
            [Cutout(inside, _soft_box(mask.shape), "box", origin, touches[3])] if sum(touches) <= 1 and by_day else []
        )
    return [
        Cutout(inside, soft, kind, origin, touches[3]).trimmed()
        for kind, soft in (("tight", _soft(_closed(mask))), ("hull", _soft(_hull(mask))))
    ]


def _touched(image: Image, box: PixelBox) -> tuple[bool, bool, bool, bool]:
    """Return whether the box ends at the picture's left, upper, right and lower edge."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box
    near = max(height, width) // 150
    return x1 <= near, y1 <= near, x2 >= width - near, y2 >= height - near


def foreground(image: Image, box: PixelBox) -> NDArray[np.bool_]:
    """Return which pixels of the box are the thing in it, ``(y2 - y1, x2 - x1)``."""
    x1, y1, x2, y2 = box
    wide, tall = (x2 - x1) // 3, (y2 - y1) // 3
    left, top = max(0, x1 - wide), max(0, y1 - tall)
    around = image[top : y2 + tall, left : x2 + wide]
    return _mask(around, (x1 - left, y1 - top, x2 - left, y2 - top), side_px=160) > 0


def _mask(image: Image, box: PixelBox, side_px: int = _SIDE_PX) -> NDArray[np.uint8]:
    scale = min(1.0, side_px / max(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    x1, y1, x2, y2 = (round(value * scale) for value in box)
    marks = np.zeros(small.shape[:2], np.uint8)
    around, thing = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    try:
        cv2.grabCut(small, marks, (x1, y1, x2 - x1, y2 - y1), around, thing, _ROUNDS, cv2.GC_INIT_WITH_RECT)
    except cv2.error:  # a picture of one colour, or nothing around the box
        marks[:] = 0
    found = np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    whole = cv2.resize(found, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return whole[box[1] : box[3], box[0] : box[2]].astype(np.uint8)


def _plausible(mask: NDArray[np.uint8]) -> bool:
    if mask.mean() < 0.35:
        return False
    largest = _largest(mask)
    x1, _, x2, y2 = extent(largest > 0)
    whole = largest.sum() >= 0.8 * mask.sum()
    return bool(whole and x2 - x1 >= 0.65 * mask.shape[1] and y2 >= 0.8 * mask.shape[0])


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return np.asarray(labels == best, np.uint8)


def _closed(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the largest part of a mask without the bays and holes that shadows and pale cloth leave in it."""
    side = max(3, min(mask.shape) // 6) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    padded = cv2.copyMakeBorder(_largest(mask), side, side, side, side, cv2.BORDER_CONSTANT, value=0)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)
    outlines, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(closed), outlines, -1, 1, cv2.FILLED)
    return filled[side:-side, side:-side].astype(np.uint8)


def _hull(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    outline = cv2.convexHull(cv2.findNonZero(_largest(mask)))
    return cv2.fillConvexPoly(np.zeros_like(mask), outline, 1).astype(np.uint8)


def _soft(mask: NDArray[np.uint8]) -> Alpha:
    """Return a mask with feathered edges; what the picture's own border cut stays sharp."""
    feather = max(0.8, min(mask.shape) / 160)
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), feather, borderType=cv2.BORDER_REPLICATE).astype(
        np.float32
    )


def _soft_box(shape: tuple[int, ...]) -> Alpha:
    height, width = shape[:2]
    rim = max(3.0, min(height, width) / 14)
    rows = np.minimum(np.arange(height), height - 1 - np.arange(height))
    columns = np.minimum(np.arange(width), width - 1 - np.arange(width))
    inward = np.minimum(rows[:, None], columns[None, :]) / rim
    return np.clip(inward, 0, 1).astype(np.float32)
