"""A contact sheet: many labelled pictures on one, for a person to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from detector.annotate import annotate
from detector.detection import Detection
from detector.model import Image
from detector.training.yolofolder import Box, read_picture

_TILE_PX = 240
_COLUMNS = 8


class ContactSheet:
    """Collects small pictures with their boxes drawn in.

    Parameters
    ----------
    most
        Pictures after that many are left out.
    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._tiles: list[Image] = []

    def add(self, image: Image, boxes: Sequence[Box], names: Sequence[str]) -> None:
        """Add a picture, ``(H, W, 3) uint8`` BGR, with boxes of the classes named."""
        if len(self._tiles) >= self._most:
            return
        scale = _TILE_PX / max(image.shape[:2])
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
        tile = np.zeros((_TILE_PX, _TILE_PX, 3), np.uint8)
        size_px = (small.shape[1], small.shape[0])
        drawn = annotate(small, [_detection(box, names[box.kind], size_px) for box in boxes])
        tile[: drawn.shape[0], : drawn.shape[1]] = drawn
        self._tiles.append(tile)

    def add_file(self, picture: Path, boxes: Sequence[Box], names: Sequence[str]) -> None:
        """Add a picture file, unless the sheet is full."""
        if len(self._tiles) < self._most:
            self.add(read_picture(picture), boxes, names)

    def image(self) -> Image:
        """Return the sheet, eight pictures to a row."""
        blank = np.zeros((_TILE_PX, _TILE_PX, 3), np.uint8)
        tiles = self._tiles + [blank] * (-len(self._tiles) % _COLUMNS or _COLUMNS * (not self._tiles))
        rows = [np.hstack(tiles[start : start + _COLUMNS]) for start in range(0, len(tiles), _COLUMNS)]
        return np.vstack(rows)


def _detection(box: Box, name: str, size_px: tuple[int, int]) -> Detection:
    x1, y1, x2, y2 = (float(value) for value in box.pixels(size_px))
    return Detection(name, 1.0, (x1, y1, x2, y2), "label")
