"""Drawn scenes for a machine without network: a street, things on it, and the truth about where they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np

from streams.frame import Image

_WIDTH, _HEIGHT = 704, 576
_BAG_COLOURS = ((60, 60, 200), (200, 120, 40), (230, 230, 230), (40, 40, 40), (60, 180, 60))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn picture and what is on it: ``(label, (x1, y1, x2, y2))`` px."""

    picture: Image
    truth: tuple[tuple[str, tuple[int, int, int, int]], ...]

    @property
    def key(self) -> str:
        """The sha256 of the pixels, under which the scripted detector knows the truth."""
        return hashlib.sha256(self.picture.tobytes()).hexdigest()


def drawn_scene(thing: str | None, *, seed: int, frame: int) -> Drawn:
    """Return one picture of the scene ``seed`` with ``thing`` (a label, or None) on it; frames differ in noise."""
    layout = np.random.default_rng(seed)
    picture = _street(layout)
    truth: tuple[tuple[str, tuple[int, int, int, int]], ...] = ()
    if thing is not None:
        x, y = int(layout.integers(80, _WIDTH - 260)), int(layout.integers(330, 430))
        truth = ((thing, _DRAW[thing](picture, x, y, layout)),)
    noise = np.random.default_rng([seed, frame]).integers(-4, 5, picture.shape)
    return Drawn(np.clip(picture.astype(np.int16) + noise, 0, 255).astype(np.uint8), truth)


def _street(rng: np.random.Generator) -> Image:
    picture = np.zeros((_HEIGHT, _WIDTH, 3), np.uint8)
    picture[:200] = (235, 206, 170)
    picture[200:330] = (150, 150, 155)
    picture[330:] = (105, 105, 110)
    x = 0
    while x < _WIDTH:
        width, top = int(rng.integers(70, 150)), int(rng.integers(20, 130))
        colour = tuple(int(value) for value in rng.integers(120, 210, 3))
        cv2.rectangle(picture, (x, top), (x + width, 260), colour, -1)
        for wx in range(x + 10, x + width - 15, 25):
            for wy in range(top + 12, 240, 34):
                cv2.rectangle(picture, (wx, wy), (wx + 13, wy + 18), (90, 70, 50), -1)
        x += width
    cv2.line(picture, (0, 332), (_WIDTH, 332), (190, 190, 190), 5)
    return picture


def _garbage(picture: Image, x: int, y: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    box = (x, y, x + 170, y + 80)
    for _ in range(26):
        centre = (int(rng.integers(x + 22, x + 148)), int(rng.integers(y + 18, y + 62)))
        colour = _BAG_COLOURS[int(rng.integers(len(_BAG_COLOURS)))]
        cv2.ellipse(picture, centre, (int(rng.integers(9, 22)), int(rng.integers(7, 17))), 0, 0, 360, colour, -1)
    return box


def _overflow(picture: Image, x: int, y: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    box = (x, y - 60, x + 96, y + 80)
    cv2.rectangle(picture, (x + 8, y - 20), (x + 88, y + 80), (50, 110, 40), -1)
    for _ in range(9):
        centre = (int(rng.integers(x + 16, x + 80)), int(rng.integers(y - 46, y - 18)))
        cv2.circle(picture, centre, 13, _BAG_COLOURS[int(rng.integers(len(_BAG_COLOURS)))], -1)
    return box


def _stall(picture: Image, x: int, y: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    box = (x, y - 110, x + 190, y + 70)
    colour = tuple(int(value) for value in rng.integers(60, 255, 3))
    canopy = np.array([(x, y - 70), (x + 95, y - 110), (x + 190, y - 70)], np.int32)
    cv2.fillPoly(picture, [canopy], colour)
    for leg in (x + 8, x + 182):
        cv2.line(picture, (leg, y - 70), (leg, y + 70), (60, 60, 60), 4)
    cv2.rectangle(picture, (x + 12, y), (x + 178, y + 45), (70, 110, 160), -1)
    return box


def _ad(picture: Image, x: int, y: int, _rng: np.random.Generator) -> tuple[int, int, int, int]:
    box = (x, y - 170, x + 54, y - 96)
    cv2.rectangle(picture, box[:2], box[2:], (235, 245, 250), -1)
    for line in range(4):
        cv2.line(picture, (x + 8, y - 156 + line * 15), (x + 46, y - 156 + line * 15), (40, 40, 190), 4)
    return box


_DRAW = {"garbage": _garbage, "overflow": _overflow, "stall": _stall, "ad": _ad}
