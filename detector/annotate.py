"""Pictures for people: boxes drawn in, privacy zones made unreadable."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike

from detector.detection import Detection
from detector.model import Image

Colour = tuple[int, int, int]

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_BLACK: Colour = (0, 0, 0)
_COLOURS: dict[str, Colour] = {
    "garbage": (32, 64, 230),
    "overflow": (0, 140, 255),
    "bin": (90, 180, 60),
    "graffiti": (200, 80, 200),
    "ad": (230, 170, 30),
    "stall": (40, 210, 240),
}
# For other labels: light enough that black text on them reads well.
_PALETTE: tuple[Colour, ...] = ((180, 200, 120), (120, 160, 240), (220, 160, 160), (140, 220, 190), (210, 150, 230))
_MOSAIC_CELLS = 6
_MIN_CELL_PX = 24


def colour_of(label: str) -> Colour:
    """Return the label's colour (BGR), the same in every run and on every machine."""
    return _COLOURS.get(label) or _PALETTE[zlib.crc32(label.encode()) % len(_PALETTE)]


def annotate(image: Image, detections: Sequence[Detection]) -> Image:
    """Return a copy of the picture with boxes, labels and scores drawn in, readable at any size.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8`` BGR; left as it is.
    detections
        Boxes in pixels of the picture. The best is drawn last, on top.
    """
    drawn = image.copy()
    line = max(1, round(max(image.shape[:2]) / 400))
    for detection in sorted(detections, key=lambda each: each.score):
        _draw(drawn, detection, line)
    return drawn


def _draw(drawn: Image, detection: Detection, line: int) -> None:
    x1, y1, x2, y2 = (round(value) for value in detection.box)
    colour = colour_of(detection.label)
    cv2.rectangle(drawn, (x1, y1), (x2, y2), _BLACK, line + 2)
    cv2.rectangle(drawn, (x1, y1), (x2, y2), colour, line)
    _caption(drawn, f"{detection.label} {detection.score:.2f}", (x1, y1), colour)


def _caption(drawn: Image, text: str, corner: tuple[int, int], colour: Colour) -> None:
    """Write text on a plate above the corner, or below it where the picture ends."""
    height, width = drawn.shape[:2]
    scale, line = max(0.4, max(height, width) / 1600), max(1, round(max(height, width) / 900))
    (text_width, text_height), below = cv2.getTextSize(text, _FONT, scale, line)
    plate = text_height + below + 2 * line
    left = max(0, min(corner[0], width - text_width - 2 * line))
    top = corner[1] - plate if corner[1] >= plate else min(corner[1], max(0, height - plate))
    cv2.rectangle(drawn, (left, top), (left + text_width + 2 * line, top + plate), colour, cv2.FILLED)
    cv2.putText(drawn, text, (left + line, top + text_height + line), _FONT, scale, _BLACK, line, cv2.LINE_AA)


def blur(image: Image, polygons_px: Iterable[ArrayLike]) -> Image:
    """Return a copy of the picture in which nothing inside the polygons can be recognised, or got back.

    Each polygon's surroundings are averaged into at most 6 by 6 squares of at least 24 px: what is averaged away is
    gone, unlike with a smooth blur.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8`` BGR; left as it is.
    polygons_px
        Each ``(N, 2)``: x, y in pixels of the picture, N ≥ 3; parts outside the picture are ignored.
    """
    kept = image.copy()
    for polygon in polygons_px:
        _pixelate(kept, np.asarray(polygon, np.float64))
    return kept


def _pixelate(kept: Image, polygon: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    height, width = kept.shape[:2]
    # Outwards to whole pixels, so that a border pixel is covered rather than shown.
    left, top = np.clip(np.floor(polygon.min(axis=0)), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(polygon.max(axis=0)) + 1, 0, (width, height)).astype(int)
    if left >= right or top >= bottom:
        return
    region = kept[top:bottom, left:right]
    inside = np.zeros(region.shape[:2], np.uint8)
    corners = np.rint(polygon - (left, top)).astype(np.int32)
    cv2.fillPoly(inside, [corners], 255)
    cv2.polylines(inside, [corners], isClosed=True, color=255, thickness=2)
    region[inside > 0] = _mosaic(region)[inside > 0]


def _mosaic(region: Image) -> Image:
    height, width = region.shape[:2]
    cells = [max(1, min(_MOSAIC_CELLS, side // _MIN_CELL_PX)) for side in (width, height)]
    averaged = cv2.resize(region, cells, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(averaged, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
