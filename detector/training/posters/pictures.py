"""Pictures: read from files, and made up for what is printed on a poster."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from detector.training.yolofolder import DatasetError


def read_picture(path: Path) -> np.ndarray:
    """Read a picture file as (H, W, 3) uint8 BGR.

    Raises
    ------
    DatasetError
        When it is no picture.
    """
    bgr = cv2.imread(str(path))
    if bgr is None:
        raise DatasetError(f"{path} is no readable picture; take it out of the dataset, or put it there again")
    return np.asarray(bgr, np.uint8)


def photo(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Make a picture of ``shape`` (height, width) that passes for a printed one seen from across the street, BGR."""
    height, width = shape
    base = _gradient(rng, height, width)
    for _ in range(int(rng.integers(0, 7))):
        _figure(rng, base)
    if rng.random() < 0.3:
        base[:] = base.mean(axis=2, keepdims=True).astype(np.uint8)
    return base


def _gradient(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    corners = rng.integers(0, 256, (2, 2, 3)).astype(np.float32)
    flat = corners.mean(axis=(0, 1))
    corners = flat + (corners - flat) * rng.uniform(0, 1)
    return np.asarray(cv2.resize(corners, (width, height))).astype(np.uint8)


def _figure(rng: np.random.Generator, sheet: np.ndarray) -> None:
    height, width = sheet.shape[:2]
    color = tuple(int(v) for v in rng.integers(0, 256, 3))
    x, y = int(rng.uniform(0.1, 0.9) * width), int(rng.uniform(0.15, 0.85) * height)
    size = max(2, int(rng.uniform(0.06, 0.3) * width))
    match int(rng.integers(4)):
        case 0:
            cv2.circle(sheet, (x, y), size, color, -1, cv2.LINE_AA)
        case 1:
            cv2.rectangle(sheet, (x - size, y - size // 2), (x + size, y + size), color, -1)
        case 2:
            corners = np.array([[x, y - size], [x - size, y + size], [x + size, y + size]], np.int32)
            cv2.fillPoly(sheet, [corners], color, cv2.LINE_AA)
        case _:
            _person(sheet, x, y, size)


def _person(sheet: np.ndarray, x: int, y: int, size: int) -> None:
    skin, cloth = (120, 160, 215), (60, 40, 30)
    cv2.ellipse(sheet, (x, y + 2 * size), (size, int(size * 1.5)), 0, 0, 360, cloth, -1, cv2.LINE_AA)
    cv2.ellipse(sheet, (x, y), (max(1, int(size * 0.55)), max(1, int(size * 0.7))), 0, 0, 360, skin, -1, cv2.LINE_AA)
    cv2.ellipse(
        sheet, (x, y - size // 3), (max(1, int(size * 0.6)), max(1, size // 2)), 0, 180, 360, cloth, -1, cv2.LINE_AA
    )
