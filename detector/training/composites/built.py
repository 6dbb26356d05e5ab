"""A stall that never was: a drawn table, cart or cloth with real goods on it, and a drawn canopy above."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from detector.model import Image
from detector.training.composites.canvas import Canvas, Colour, Point
from detector.training.composites.cutout import Cutout
from detector.training.composites.goods import goods

_CLOTHS: tuple[Colour, ...] = (
    (40, 40, 190), (170, 80, 30), (60, 120, 40), (40, 150, 220), (190, 190, 190), (60, 60, 70), (150, 60, 110),
    (30, 90, 160), (120, 140, 60), (50, 70, 110),
)  # fmt: skip
_METAL: Colour = (120, 122, 125)
_HEIGHT_PX = 420


def built(stalls: Sequence[Image], rng: np.random.Generator) -> Cutout:
    """Return a made stall with goods from real ones.

    Parameters
    ----------
    stalls
        Insides of stall boxes, ``(H, W, 3) uint8`` BGR.
    rng
        Chooses form, colours and goods.
    """
    canvas = Canvas(int(_HEIGHT_PX * rng.uniform(0.85, 1.5)), _HEIGHT_PX)
    roof = rng.choice(("parasol", "tent", "none"), p=(0.45, 0.35, 0.2))
    if roof != "none":
        _poles(canvas, str(roof), rng)
    _counter(canvas, stalls, rng)
    if roof == "parasol":
        _parasol(canvas, rng)
    elif roof == "tent":
        _tent(canvas, stalls, rng)
    return _weathered(canvas.cutout("goods"), rng)


def _cloth(rng: np.random.Generator) -> Colour:
    base = np.array(_CLOTHS[int(rng.integers(len(_CLOTHS)))]) * rng.uniform(0.75, 1.2) + rng.normal(0, 10, 3)
    blue, green, red = np.clip(base, 10, 245).tolist()
    return blue, green, red


def _poles(canvas: Canvas, roof: str, rng: np.random.Generator) -> None:
    if roof == "parasol":
        middle = rng.uniform(0.42, 0.58)
        canvas.line((middle, 0.05), (middle, 0.9), _METAL, 0.014)
        return
    for x in (0.1, 0.9):
        canvas.line((x, 0.2), (x, 0.98), _METAL, 0.014)
    for x in (0.2, 0.8):
        canvas.line((x, 0.2), (x, 0.9), (80, 82, 85), 0.01)


def _counter(canvas: Canvas, stalls: Sequence[Image], rng: np.random.Generator) -> None:
    kind = rng.choice(("table", "crates", "cart"))
    left, right = rng.uniform(0.06, 0.14), rng.uniform(0.86, 0.94)
    back, front = rng.uniform(0.5, 0.56), rng.uniform(0.62, 0.7)
    slant = rng.uniform(0.02, 0.07)
    if kind == "cart":
        _cart(canvas, (left, right, front), rng)
    else:
        _table(canvas, (left, right, front), rng)
    if kind == "crates":
        _row(canvas, stalls, ((left, front), (right, front), (right, 0.93), (left, 0.93)), rng)
    top = ((left + slant, back), (right - slant, back), (right, front), (left, front))
    canvas.polygon(top, _cloth(rng))
    heap = rng.uniform(0.02, 0.09)
    raised = ((left + slant, back - heap), (right - slant, back - heap), (right - 0.01, front), (left + 0.01, front))
    _row(canvas, stalls, raised, rng)
    canvas.line((left, front), (right, front), (70, 75, 80), 0.008)


def _table(canvas: Canvas, at: tuple[float, float, float], rng: np.random.Generator) -> None:
    left, right, front = at
    for x in (left + 0.02, right - 0.02):
        canvas.line((x, front), (x, 0.985), (70, 75, 80), 0.014)
    low = rng.uniform(0.8, 0.97)
    count = 12
    hem = [(right - (right - left) * step / count, low + rng.uniform(-0.012, 0.012)) for step in range(count + 1)]
    canvas.polygon([(left, front), (right, front), *hem], _cloth(rng), shade=(1, 0.6))


def _cart(canvas: Canvas, at: tuple[float, float, float], rng: np.random.Generator) -> None:
    left, right, front = at
    canvas.polygon([(left, front), (right, front), (right, 0.86), (left, 0.86)], _cloth(rng), shade=(1, 0.7))
    canvas.polygon([(left, 0.86), (right, 0.86), (right, 0.89), (left, 0.89)], (50, 50, 52))
    for x in (left + 0.14, right - 0.14):
        canvas.wheel((x, 0.905), 0.085)


def _row(canvas: Canvas, stalls: Sequence[Image], corners: Sequence[Point], rng: np.random.Generator) -> None:
    """Lay three to six kinds of goods side by side."""
    upper_left, upper_right, lower_right, lower_left = (np.array(corner) for corner in corners)
    edges = np.linspace(0, 1, int(rng.integers(3, 7)))
    for start, end in pairwise(edges):
        upper = [tuple(upper_left + (upper_right - upper_left) * share) for share in (start, end)]
        lower = [tuple(lower_left + (lower_right - lower_left) * share) for share in (end, start)]
        canvas.texture([*upper, *lower], goods(stalls, rng), ragged=rng.uniform(0.05, 0.35), rng=rng)
        if rng.random() < 0.4:
            canvas.line(upper[0], lower[1], (90, 95, 100), 0.006)


def _parasol(canvas: Canvas, rng: np.random.Generator) -> None:
    first, second = _cloth(rng), _cloth(rng)
    if rng.random() < 0.5:
        second = first
    count, rim, peak = int(rng.integers(5, 9)), rng.uniform(0.24, 0.34), 0.02
    for index, (start, end) in enumerate(_pairs(-1, 1, count)):
        light = 1.08 - 0.45 * abs((start + end) / 2 + 0.25)
        sag = [(0.5 + 0.5 * x, rim - 0.06 * (1 - x * x) ** 0.5 + 0.02) for x in (start, end)]
        middle = (0.5 + 0.25 * (start + end), rim - 0.06 * (1 - ((start + end) / 2) ** 2) ** 0.5)
        colour = first if index % 2 else second
        canvas.polygon([(0.5, peak), sag[0], middle, sag[1]], colour, shade=(light * 1.1, light * 0.8))


def _tent(canvas: Canvas, stalls: Sequence[Image], rng: np.random.Generator) -> None:
    colour, flap = _cloth(rng), rng.uniform(0.2, 0.26)
    inset = rng.uniform(0.1, 0.45)
    canvas.polygon([(inset, 0.02), (1 - inset, 0.02), (0.99, 0.18), (0.01, 0.18)], colour, shade=(1.15, 0.95))
    hanging = _cloth(rng) if rng.random() < 0.4 else colour
    for index, (start, end) in enumerate(_pairs(0.01, 0.99, int(rng.integers(5, 12)))):
        share = 0.62 + 0.1 * (index % 2)
        low = flap + 0.012
        points = [(start, 0.18), (end, 0.18), (end, flap), ((start + end) / 2, low), (start, flap)]
        canvas.polygon(points, hanging, shade=(share + 0.2, share + 0.1))
    if rng.random() < 0.4:
        _row(canvas, stalls, ((0.12, flap), (0.88, flap), (0.88, flap + 0.14), (0.12, flap + 0.14)), rng)


def _pairs(start: float, end: float, count: int) -> list[tuple[float, float]]:
    edges = np.linspace(start, end, count + 1).tolist()
    return list(pairwise(edges))


def _weathered(stall: Cutout, rng: np.random.Generator) -> Cutout:
    """Give drawn cloth the folds, grain and slight tilt that real cloth has."""
    height, width = stall.image.shape[:2]
    folds = cv2.resize(rng.normal(0, 1, (7, 12)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    grain = rng.normal(0, 4, (height, width, 1))
    image = stall.image * (1 + 0.07 * folds[..., None]) + grain
    bowed = _bowed(np.dstack([image, stall.alpha * 255]).astype(np.float32), rng)
    pixels = np.clip(bowed[..., :3], 0, 255).astype(np.uint8)
    return Cutout(pixels, np.clip(bowed[..., 3] / 255, 0, 1).astype(np.float32), "built", stall.origin).trimmed()


def _bowed(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shear and squeeze a little, as when seen from the side."""
    height, width = pixels.shape[:2]
    margin = 0.08
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    moved = corners + rng.uniform(0, margin, (4, 2)) * (width, height) * ((1, 1), (-1, 1), (-1, -1), (1, -1))
    moved[2:, 1] = height - 1  # it stands on level ground
    turn = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    return cv2.warpPerspective(pixels, turn, (width, height), flags=cv2.INTER_LINEAR)
