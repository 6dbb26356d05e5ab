"""A transparent canvas to draw parts of a stall on."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from detector.model import Image
from detector.training.composites.cutout import Cutout

Point = tuple[float, float]
Colour = tuple[float, float, float]


class Canvas:
    """Pixels and opacity; later parts cover earlier ones. Points are shares of width and height, origin top left."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self.size_px = (width_px, height_px)
        self._image = np.zeros((height_px, width_px, 3), np.float32)
        self._alpha = np.zeros((height_px, width_px), np.float32)

    def cutout(self, origin: str) -> Cutout:
        """Return what was drawn, trimmed."""
        image = np.clip(self._image, 0, 255).astype(np.uint8)
        alpha = cv2.GaussianBlur(self._alpha, (0, 0), 0.8).astype(np.float32)
        return Cutout(image, alpha, "built", origin).trimmed()

    def polygon(self, points: Sequence[Point], colour: Colour, *, shade: tuple[float, float] = (1, 1)) -> None:
        """Fill a polygon; its brightness runs from ``shade[0]`` (top) to ``shade[1]`` (bottom)."""
        mask = np.zeros(self._alpha.shape, np.uint8)
        corners = np.rint(self._px(points)).astype(np.int32)
        cv2.fillPoly(mask, [corners], 1, cv2.LINE_8)
        top, bottom = corners[:, 1].min(), max(corners[:, 1].max(), corners[:, 1].min() + 1)
        along = np.clip((np.arange(len(mask)) - top) / (bottom - top), 0, 1)
        light = (shade[0] + (shade[1] - shade[0]) * along)[:, None, None]
        self._put(np.broadcast_to(np.array(colour, np.float32) * light, self._image.shape), mask)

    def line(self, start: Point, end: Point, colour: Colour, width: float) -> None:
        """Draw a pole or leg; ``width`` is a share of the canvas' width."""
        mask = np.zeros(self._alpha.shape, np.uint8)
        ends = [tuple(point) for point in np.rint(self._px([start, end])).astype(int).tolist()]
        cv2.line(mask, ends[0], ends[1], 1, max(2, round(width * self.size_px[0])))
        self._put(np.broadcast_to(np.array(colour, np.float32), self._image.shape), mask)

    def wheel(self, centre: Point, radius: float) -> None:
        """Draw a tyre with a lighter hub; ``radius`` is a share of the canvas' height."""
        spot = tuple(int(value) for value in self._px([centre])[0])
        px = max(3, int(radius * self.size_px[1]))
        for size, colour in ((px, 30.0), (int(px * 0.72), 110.0), (int(px * 0.2), 60.0)):
            mask = np.zeros(self._alpha.shape, np.uint8)
            cv2.circle(mask, spot, size, 1, cv2.FILLED)
            self._put(np.full_like(self._image, colour), mask)

    def texture(self, corners: Sequence[Point], piece: Image, *, ragged: float, rng: np.random.Generator) -> None:
        """Lay a piece of a picture into four corners (from top left, clockwise); ``ragged`` heaps its upper edge."""
        height, width = piece.shape[:2]
        source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
        turn = cv2.getPerspectiveTransform(source, self._px(corners).astype(np.float32))
        solid = _heaped((height, width), ragged, rng)
        warped = cv2.warpPerspective(piece, turn, self.size_px, flags=cv2.INTER_AREA)
        mask = cv2.warpPerspective(solid, turn, self.size_px, flags=cv2.INTER_NEAREST)
        self._put(warped.astype(np.float32), mask)

    def _px(self, points: Sequence[Point]) -> np.ndarray:
        return np.asarray(np.array(points, np.float64) * (np.array(self.size_px) - 1))

    def _put(self, colours: np.ndarray, mask: np.ndarray) -> None:
        chosen = mask > 0
        self._image[chosen] = colours[chosen]
        self._alpha[chosen] = 1


def _heaped(shape: tuple[int, int], ragged: float, rng: np.random.Generator) -> np.ndarray:
    height, width = shape
    bumps = np.interp(np.linspace(0, 9, width), np.arange(10), rng.uniform(0, 1, 10))
    rows = np.arange(height)[:, None]
    return (rows >= (bumps * ragged * height)[None, :]).astype(np.uint8)
