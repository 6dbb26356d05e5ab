"""Goods: small pieces of real stalls, the raw material of stalls that never were."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from detector.model import Image

_TRIES = 14
_LEAST_PX = 150


def goods(stalls: Sequence[Image], rng: np.random.Generator) -> Image:
    """Return a piece of one of the stalls' lower parts, where the goods lie: of several tries the most colourful.

    Parameters
    ----------
    stalls
        Insides of stall boxes, ``(H, W, 3) uint8`` BGR.
    rng
        Chooses.
    """
    sharp = [stall for stall in stalls if min(stall.shape[:2]) >= _LEAST_PX] or stalls
    stall = sharp[int(rng.integers(len(sharp)))]
    pieces = [_piece(stall, rng) for _ in range(_TRIES)]
    return _hue_shifted(max(pieces, key=_colourful), float(rng.normal(0, 6)))


def _piece(stall: Image, rng: np.random.Generator) -> Image:
    height, width = stall.shape[:2]
    tall, wide = int(height * rng.uniform(0.18, 0.35)), int(width * rng.uniform(0.25, 0.6))
    top = int(rng.uniform(0.35, 0.95 - tall / height) * height)
    left = int(rng.uniform(0, 1 - wide / width) * width)
    return stall[top : top + tall, left : left + wide]


def _colourful(piece: Image) -> float:
    """Return how much colours vary (Hasler and Suesstrunk, 2003) plus how fine the texture is."""
    blue, green, red = (piece[..., channel].astype(np.float32) for channel in range(3))
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = float(np.hypot(red_green.std(), yellow_blue.std()))
    mean = float(np.hypot(red_green.mean(), yellow_blue.mean()))
    return spread + 0.3 * mean + float(cv2.Laplacian(green, cv2.CV_32F).std())


def _hue_shifted(piece: Image, degrees: float) -> Image:
    colours = cv2.cvtColor(piece, cv2.COLOR_BGR2HSV)
    colours[..., 0] = ((colours[..., 0].astype(np.int16) + round(degrees / 2)) % 180).astype(np.uint8)
    return cv2.cvtColor(colours, cv2.COLOR_HSV2BGR).astype(np.uint8)
