"""Light, blur and noise of a background picture, so that what is pasted shares them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

_PAPER_OVER_WALL = 1.28  # white paper is about so much brighter than the bright parts of a picture


@dataclass(frozen=True, slots=True)
class Light:
    """What a camera would make of a paper.

    Parameters
    ----------
    white
        (H, W) float32: how bright white paper would be at each pixel, 0 to 255.
    tint
        (3,) BGR, mean 1: the light's colour.
    black
        How bright black ink would be.
    noise
        Spread of the sensor's noise, in grey levels.
    soft_px
        Blur of sharp edges (sigma).
    """

    white: np.ndarray
    tint: np.ndarray
    black: float
    noise: float
    soft_px: float


def lighting(bgr: np.ndarray) -> Light:
    """Measure the light of a picture, (H, W, 3) uint8.

    A wall's brightness is light times paint, and one picture cannot tell them apart: half of a dark patch is held to
    be shadow (the square root), so paper on black marble stays bright and paper in shade turns dark.
    """
    gray = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY))
    small = cv2.resize(gray, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA).astype(np.float32)
    bright = max(float(np.percentile(small, 88)), 40)
    wide = cv2.GaussianBlur(small, (0, 0), max(small.shape) / 14)
    white = np.clip(np.sqrt(np.clip(wide, 12, 255) * bright) * _PAPER_OVER_WALL, 45, 255)
    return Light(
        white=np.asarray(cv2.resize(white, (gray.shape[1], gray.shape[0]))),
        tint=_tint(bgr),
        black=float(np.percentile(small, 2)) * 0.7,
        noise=_noise(gray),
        soft_px=_softness(gray),
    )


def _tint(bgr: np.ndarray) -> np.ndarray:
    # The mean colour of the greyer half is mostly the lamp's; half of it is taken.
    pixels = bgr[::6, ::6].reshape(-1, 3).astype(np.float32)
    spread = np.ptp(pixels, axis=1)
    mean = pixels[spread <= np.median(spread)].mean(axis=0)
    return np.asarray((mean / max(float(mean.mean()), 1)) ** 0.5)


def _noise(gray: np.ndarray) -> float:
    fine = gray.astype(np.float32) - cv2.medianBlur(gray, 3)
    return float(np.clip(np.median(np.abs(fine[::3, ::3])) * 1.2, 0.4, 5))


def _softness(gray: np.ndarray) -> float:
    # Edges of a sharp picture lose much when blurred a little; those of a soft one nothing.
    values = gray.astype(np.float32)
    before, after = (_steepness(each) for each in (values, cv2.GaussianBlur(values, (0, 0), 0.8)))
    return float(np.clip((after / max(before, 1) - 0.2) * 2.2, 0.15, 1.6))


def _steepness(values: np.ndarray) -> float:
    return float(np.percentile(np.abs(cv2.Laplacian(values, cv2.CV_32F)[::2, ::2]), 99))
