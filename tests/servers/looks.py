"""Drawn places and how they look, for tests that need no picture of the real world."""

from __future__ import annotations

import cv2
import numpy as np

from gridmap.imprint import imprint

BOX = (0.3, 0.4, 0.5, 0.7)


def place(kind: int = 0, *, light: float = 1.0, noise: float = 2.0, seed: int = 0) -> np.ndarray:
    """A drawn view, ``(270, 480, 3) uint8`` BGR, with another thing in ``BOX`` for each kind."""
    chance = np.random.default_rng(kind)
    view = np.full((270, 480, 3), 110, np.uint8)
    for _ in range(30):
        x, y = chance.integers(0, 480), chance.integers(0, 270)
        corner = (int(x + chance.integers(15, 70)), int(y + chance.integers(15, 70)))
        cv2.rectangle(view, (int(x), int(y)), corner, tuple(int(c) for c in chance.integers(30, 220, 3)), -1)
    dirt = np.random.default_rng(seed).normal(0, noise, view.shape)
    return np.clip(view * light + dirt, 0, 255).astype(np.uint8)


def look_of(kind: int = 0, box=BOX) -> str:
    """The text of the imprint of a drawn place."""
    found = imprint(place(kind), box)
    assert found is not None
    return found.text
