"""Cameras made from stills: a fixed view with small jitter and changing light, or a pan as from a vehicle."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from streams.frame import Image

_JITTER_PX = 2
_LIGHT = 0.10
_VEHICLE_STEP_S = 1.0
Region = tuple[float, float, float, float]
"""Centre x, centre y, width, height, all 0..1 of the picture."""


def fixed_view(
    still: Image, frames: int, *, seed: int, clean_from: int | None, cleaned: Iterable[Region]
) -> list[Image]:
    """Return ``frames`` pictures of one view; from ``clean_from`` on the ``cleaned`` regions are painted over."""
    rng = np.random.default_rng(seed)
    clean = _painted_over(still, cleaned) if clean_from is not None else still
    return [
        _relit(_shifted(still if clean_from is None or index < clean_from else clean, rng), rng)
        for index in range(frames)
    ]


def pan(stills: Sequence[Image], frames_each: int, *, seed: int) -> Iterator[Image]:
    """Yield pictures that glide over each still from left to right, as a passing vehicle sees a street."""
    rng = np.random.default_rng(seed)
    for still in stills:
        height, width = still.shape[:2]
        window = int(width * 0.8)
        for left in np.linspace(0, width - window, frames_each).astype(int):
            yield _relit(np.ascontiguousarray(still[: int(height * 0.9), left : left + window]), rng)


def write_frames(
    pictures: Iterable[Image], folder: Path, *, suffix: str = ".jpg", start_s: float | None = None
) -> None:
    """Write pictures as ``000.jpg`` …; with ``start_s`` their times are set one second apart, as a recorder would."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, picture in enumerate(pictures):
        path = folder / f"{index:03d}{suffix}"
        encoded, data = cv2.imencode(suffix, picture, [cv2.IMWRITE_JPEG_QUALITY, 90] if suffix == ".jpg" else [])
        if not encoded:
            raise ValueError(f"OpenCV could not encode {path.name}")
        data.tofile(path)
        if start_s is not None:
            at = start_s + index * _VEHICLE_STEP_S
            os.utime(path, (at, at))


def _shifted(picture: Image, rng: np.random.Generator) -> Image:
    dx, dy = rng.integers(-_JITTER_PX, _JITTER_PX + 1, size=2)
    move = np.array([[1, 0, dx], [0, 1, dy]], dtype=np.float32)
    height, width = picture.shape[:2]
    moved = cv2.warpAffine(picture, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return moved.astype(np.uint8, copy=False)


def _relit(picture: Image, rng: np.random.Generator) -> Image:
    gain = 1 + rng.uniform(-_LIGHT, _LIGHT)
    noise = rng.normal(0, 2, picture.shape)
    return np.clip(picture * gain + noise, 0, 255).astype(np.uint8)


def _painted_over(picture: Image, regions: Iterable[Region]) -> Image:
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for x, y, w, h in regions:
        corners = [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height]
        left, top, right, bottom = (max(0, int(value)) for value in corners)
        mask[top:bottom, left:right] = 255
    return cv2.inpaint(picture, mask, 9, cv2.INPAINT_TELEA).astype(np.uint8, copy=False)
