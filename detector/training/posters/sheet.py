"""A contact sheet of made ads, with tiles large enough to see a small ad by eye."""

from __future__ import annotations

import cv2
import numpy as np

_TILE_PX = 420
_COLUMNS = 6
_RED, _GREY = (0, 0, 255), (150, 150, 150)

PixelBox = tuple[int, int, int, int]


def contact_sheet(tiles: list[np.ndarray]) -> np.ndarray:
    """Return the tiles, six to a row, as one (H, W, 3) uint8 picture."""
    blank = np.zeros((_TILE_PX, _TILE_PX, 3), np.uint8)
    full = tiles + [blank] * (-len(tiles) % _COLUMNS or _COLUMNS * (not tiles))
    rows = [np.hstack(full[start : start + _COLUMNS]) for start in range(0, len(full), _COLUMNS)]
    return np.vstack(rows)


def tile(bgr: np.ndarray, ads: list[PixelBox], others: list[PixelBox]) -> np.ndarray:
    """Return a picture, (H, W, 3) uint8, as a tile: ads boxed in red, what else is labelled in grey."""
    scale = _TILE_PX / max(bgr.shape)
    small = np.asarray(cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    for colour, boxes in ((_GREY, others), (_RED, ads)):
        for box in boxes:
            x1, y1, x2, y2 = (round(edge * scale) for edge in box)
            cv2.rectangle(small, (x1 - 1, y1 - 1), (x2, y2), colour, 1)  # just outside, to leave the ad to be seen
    canvas = np.zeros((_TILE_PX, _TILE_PX, 3), np.uint8)
    small = small[:_TILE_PX, :_TILE_PX]
    canvas[: small.shape[0], : small.shape[1]] = small
    return canvas
