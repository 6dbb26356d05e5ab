"""Small drawn streets with bins, and stalls to cut out of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

NAMES = ("garbage", "overflow", "bin", "graffiti", "ad", "stall")
GREEN, SIZE = (60, 140, 40), (400, 320)


def write_streets(root: Path, *, streets: int = 4, stalls: int = 2, bins: bool = True) -> Path:
    """Write streets (with a bin each), stalls, and one stall for validation; return the ``data.yaml``."""
    random = np.random.default_rng(3)
    for number in range(streets):
        picture = _street(random)
        label = ""
        if bins:
            cv2.rectangle(picture, (60, 150), (95, 205), GREEN, cv2.FILLED)
            label = _line(2, (60, 150, 96, 206))
        _write(root, f"train/street_{number:05d}", picture, label)
    for number in range(stalls):
        _write(root, f"train/stall_{number:05d}", *_stall(random, 110 + 20 * number))
    _write(root, "val/stall_99999", *_stall(random, 60))
    data = root / "data.yaml"
    data.write_text(f"train: images/train\nval: images/val\nnames: [{', '.join(NAMES)}]\n", encoding="utf-8")
    return data


def _street(random: np.random.Generator) -> np.ndarray:
    width, height = SIZE
    # Wall runs into ground over many rows: a sharp line from side to side is taken for the seam of a collage.
    light = np.interp(np.arange(height), (height * 0.4, height * 0.6), (150, 95))
    noise = random.normal(0, 25, (height, width, 3))
    return np.clip(light[:, None, None] + cv2.GaussianBlur(noise, (0, 0), 1.2), 0, 255).astype(np.uint8)


def _stall(random: np.random.Generator, left: int) -> tuple[np.ndarray, str]:
    picture = _street(random)
    goods = random.integers(0, 255, (12, 16, 3), dtype=np.uint8)
    picture[110:260, left : left + 170] = (30, 60, 210)
    picture[150:220, left : left + 170] = cv2.resize(goods, (170, 70), interpolation=cv2.INTER_NEAREST)
    return picture, _line(5, (left - 4, 106, left + 174, 264))


def _line(kind: int, corners: tuple[int, int, int, int]) -> str:
    (x1, y1, x2, y2), (width, height) = corners, SIZE
    shares = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
    return f"{kind} {' '.join(f'{share:.6f}' for share in shares)}\n"


def _write(root: Path, place: str, picture: np.ndarray, label: str) -> None:
    image, labels = root / "images" / f"{place}.png", root / "labels" / f"{place}.txt"
    for folder in (image.parent, labels.parent):
        folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(image), picture)
    labels.write_text(label, encoding="utf-8")
