"""Where paper is put up: flat upright surfaces within reach; not sky, road, leaves, or what is labelled already."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_SMALL_PX = 160
_TRIES = 90
# Shares of the picture's height in which a hand reaches a wall; close walls fill the picture, facades are far.
_BANDS = {"wall": (0.06, 0.64), "facade": (0.48, 0.88), "street": (0.12, 0.62)}
_ANY_BAND = (0.15, 0.7)
_HIDDEN_SHARE = 0.12
_ROUGHEST = 1.5
_MOST_BARRED = 0.04


@dataclass(frozen=True, slots=True)
class Known:
    """Labelled things of a picture, each (N, 4) px x1, y1, x2, y2.

    ``every`` must not be hidden; ``standing`` stand on the ground; ``painted`` are on walls.
    """

    every: np.ndarray
    standing: np.ndarray
    painted: np.ndarray


@dataclass(frozen=True, slots=True)
class Spot:
    """Middle of a place for papers (px), ``slope`` (dy/dx) of level lines there, ``lean`` (dx/dy) of upright ones."""

    x: float
    y: float
    slope: float
    lean: float


class Surface:
    """The places of one picture that could carry paper.

    Parameters
    ----------
    bgr
        (H, W, 3) uint8.
    source
        Kind of picture; ``wall``, ``facade`` and ``street`` are known.
    known
        What is labelled in it.
    """

    def __init__(self, bgr: np.ndarray, source: str, known: Known) -> None:
        self._size = (bgr.shape[1], bgr.shape[0])
        self._scale = _SMALL_PX / max(self._size)
        self._taken = known.every
        self._band_px = _band_px(bgr.shape[0], source, known)
        small = np.asarray(cv2.resize(bgr, None, fx=self._scale, fy=self._scale, interpolation=cv2.INTER_AREA))
        gray = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
        self._rough = np.asarray(cv2.integral(_roughness(gray)))
        self._barred = np.asarray(cv2.integral(_barred(small, source).astype(np.float32)))
        self._gradients = cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)

    def spot(self, rng: np.random.Generator, width_px: float, height_px: float) -> Spot | None:
        """Find room for so much, smooth places rather than rough ones; nothing when there is none."""
        half = np.array([width_px / 2 + 4, height_px / 2 + 4])
        xs = rng.uniform(half[0], max(half[0] + 1, self._size[0] - half[0]), _TRIES)
        ys = rng.uniform(*self._band_px, _TRIES)
        middles = np.stack([xs, ys], axis=1)
        costs = self._costs(np.hstack([middles - half, middles + half]))
        some = rng.permutation(_TRIES)[: rng.integers(12, 40)]
        best = int(some[np.argmin(costs[some])])
        if not costs[best] < _ROUGHEST:
            return None
        return Spot(float(xs[best]), float(ys[best]), *self._lines(xs[best], ys[best], float(half.max())))

    def free(self, corners_px: np.ndarray) -> bool:
        """Tell whether a thing with these corners, (4, 2) px, hides no more than 12 % of any labelled box."""
        return bool(self._free(np.hstack([corners_px.min(axis=0), corners_px.max(axis=0)])[None])[0])

    def _free(self, boxes: np.ndarray) -> np.ndarray:
        taken = self._taken[None]
        inner = np.minimum(boxes[:, None, 2:], taken[..., 2:]) - np.maximum(boxes[:, None, :2], taken[..., :2])
        shared = np.prod(np.clip(inner, 0, None), axis=2)
        return np.asarray((shared <= _HIDDEN_SHARE * np.prod(taken[..., 2:] - taken[..., :2], axis=2)).all(axis=1))

    def _costs(self, boxes: np.ndarray) -> np.ndarray:
        # (N, 4) px to (N,): roughness; infinite where nothing may hang.
        cells = (boxes * self._scale).astype(int) + np.array([0, 0, 1, 1])
        barred = _means(self._barred, cells)
        inside = (boxes[:, 1] >= 0) & (boxes[:, 3] <= self._size[1]) & (barred <= _MOST_BARRED) & self._free(boxes)
        return np.where(inside, _means(self._rough, cells) / 22 + 4 * barred, np.inf)

    def _lines(self, x: float, y: float, reach: float) -> tuple[float, float]:
        # The middle direction of nearly level and of nearly upright edges around the spot is the wall's.
        span = int(np.clip(reach * self._scale * 2.5, 12, 50))
        column, row = int(x * self._scale), int(y * self._scale)
        window = np.s_[max(0, row - span) : row + span, max(0, column - span) : column + span]
        gx, gy = (np.asarray(gradient)[window] for gradient in self._gradients)
        strong = np.hypot(gx, gy) > 40
        level, upright = strong & (np.abs(gx) < 0.6 * np.abs(gy)), strong & (np.abs(gy) < 0.35 * np.abs(gx))
        return _tilt(gx, gy, level, limit=0.5), _tilt(gy, gx, upright, limit=0.2)


def _band_px(height: int, source: str, known: Known) -> tuple[float, float]:
    top, bottom = (share * height for share in _BANDS.get(source, _ANY_BAND))
    # Where the furthest bin or heap stands there is ground, and below it nothing upright to paste on.
    bottom = min([bottom, *known.standing[:, 3]])
    if len(known.painted):
        # Graffiti is on walls: below the lowest of it there is mostly pavement.
        bottom = min(bottom, float(known.painted[:, 3].max()) + 0.04 * height)
    return top, max(bottom, top + 0.15 * height)


def _tilt(across: np.ndarray, along: np.ndarray, chosen: np.ndarray, *, limit: float) -> float:
    if chosen.sum() < 25:
        return 0.0
    return float(np.clip(np.median(-across[chosen] / along[chosen]), -limit, limit))


def _means(integral: np.ndarray, cells: np.ndarray) -> np.ndarray:
    height, width = integral.shape
    x1, y1, x2, y2 = np.clip(cells, 0, [width - 2, height - 2, width - 1, height - 1]).T
    total = integral[y2, x2] - integral[y1, x2] - integral[y2, x1] + integral[y1, x1]
    return np.asarray(total / np.maximum((x2 - x1) * (y2 - y1), 1))


def _roughness(gray: np.ndarray) -> np.ndarray:
    mean = cv2.blur(gray, (7, 7))
    return np.asarray(np.sqrt(np.clip(cv2.blur(gray * gray, (7, 7)) - mean * mean, 0, None)))


def _barred(small: np.ndarray, source: str) -> np.ndarray:
    hue, saturation, value = (np.asarray(each) for each in cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2HSV)))
    leaves = (hue > 32) & (hue < 85) & (saturation > 65)
    if source != "street":  # walls and doors are green, too: only where it is rough are these leaves
        leaves &= _roughness(value.astype(np.float32)) > 14
    border = (value < 14) | ((value > 250) & (saturation < 8))
    barred = np.asarray(_grown(leaves | border) | _ground(small))
    # A close wall that reaches the upper edge looks like sky, so it is looked for elsewhere only.
    return barred if source == "wall" else np.asarray(barred | _sky(small, saturation, value))


def _ground(small: np.ndarray) -> np.ndarray:
    height, width = small.shape[:2]
    seeds = [(x, int(height * y)) for x in range(4, width - 4, 9) for y in (0.86, 0.97)]
    filled = _filled(small, seeds, step=3, blur=2.2)
    filled[: int(height * 0.45)] = False
    return filled


def _sky(small: np.ndarray, saturation: np.ndarray, value: np.ndarray) -> np.ndarray:
    height, width = small.shape[:2]
    seeds = [(x, 2) for x in range(4, width - 4, 12) if value[2, x] > 170 and saturation[2, x] < 120]
    filled = _filled(small, seeds, step=4, blur=1.2)
    filled[int(height * 0.7) :] = False
    return _grown(filled)


def _filled(small: np.ndarray, seeds: list[tuple[int, int]], *, step: int, blur: float) -> np.ndarray:
    smooth = cv2.GaussianBlur(small, (0, 0), blur)
    mask = np.zeros((small.shape[0] + 2, small.shape[1] + 2), np.uint8)
    for seed in seeds:
        cv2.floodFill(smooth, mask, seed, (0,), (step,) * 3, (step,) * 3, 4 | cv2.FLOODFILL_MASK_ONLY | (255 << 8))
    return np.asarray(mask[1:-1, 1:-1] > 0)


def _grown(mask: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
