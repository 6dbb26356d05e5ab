"""What a street does to a paper: creases, fading, stains, scribbles, tears, and scraping off."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from detector.training.posters.paper import Paper

CLOUD_PX = 512
SCRIBBLED = 0.05


@lru_cache(maxsize=1)
def _clouds() -> np.ndarray:
    # Smooth noise of five sizes, (4, 512, 512) float32 of mean 0 and spread 1: cut from, never made again.
    rng, layers = np.random.default_rng(20), []
    for _ in range(4):
        cloud = np.zeros((CLOUD_PX, CLOUD_PX), np.float32)
        for cells in (4, 8, 16, 32, 64, 128):
            noise = rng.standard_normal((cells, cells)).astype(np.float32)
            cloud += cv2.resize(noise, (CLOUD_PX, CLOUD_PX), interpolation=cv2.INTER_CUBIC) * (4 / cells) ** 0.7
        layers.append((cloud - cloud.mean()) / cloud.std())
    return np.stack(layers)


def cloud(rng: np.random.Generator, shape: tuple[int, int], *, zoom: float = 1.0) -> np.ndarray:
    """Cut smooth noise of ``shape`` (height, width), mean near 0 and spread near 1; a larger ``zoom`` is coarser."""
    height, width = shape
    side = int(np.clip(max(shape) / zoom, 24, CLOUD_PX - 1))
    y, x = rng.integers(0, CLOUD_PX - side, 2)
    return np.asarray(cv2.resize(_clouds()[rng.integers(4), y : y + side, x : x + side], (width, height)))


def weathered(rng: np.random.Generator, paper: Paper, *, age: float) -> Paper:
    """Age ``paper`` by ``age`` (0 fresh to 1 old): each trace may be there or not.

    One that was mostly scraped off is of the kind remnant.
    """
    bgr = paper.bgr.astype(np.float32)
    if paper.kind != "stamp":
        bgr = _creased(rng, bgr, age)
        bgr = _faded(rng, bgr, age)
        bgr = _stained(rng, bgr, age)
        bgr = _scribbled(rng, bgr) if rng.random() < SCRIBBLED else bgr
    kind, alpha = paper.kind, paper.alpha
    if paper.kind == "stamp":
        alpha = _worn(rng, alpha, age)
    elif rng.random() < 0.25 * age + 0.02:
        kind, alpha = "remnant", _scraped(rng, alpha)
    elif rng.random() < 0.75 * age:
        alpha = _torn(rng, alpha, age)
    if kind != "stamp" and alpha is not paper.alpha:
        bgr = _fibres(bgr, paper.alpha, alpha)
    return Paper(kind, np.clip(bgr, 0, 255).astype(np.uint8), alpha)


def _creased(rng: np.random.Generator, bgr: np.ndarray, age: float) -> np.ndarray:
    relief = cloud(rng, bgr.shape[:2], zoom=rng.uniform(0.6, 2))
    slope = cv2.Sobel(relief, cv2.CV_32F, 1, 1, ksize=5)
    shade = 1 + np.clip(slope / (slope.std() + 1e-3), -2.5, 2.5) * rng.uniform(0.005, 0.02 + 0.05 * age)
    if rng.random() < 0.4:
        _fold(rng, shade)
    return np.asarray(bgr * shade[..., None])


def _fold(rng: np.random.Generator, shade: np.ndarray) -> None:
    # A sheet that was carried in a pocket: one half catches a little more light.
    height, width = shade.shape
    if rng.random() < 0.5:
        shade[int(height * rng.uniform(0.3, 0.7)) :] *= rng.uniform(0.9, 1.05)
    else:
        shade[:, int(width * rng.uniform(0.3, 0.7)) :] *= rng.uniform(0.9, 1.05)


def _faded(rng: np.random.Generator, bgr: np.ndarray, age: float) -> np.ndarray:
    strength = rng.uniform(0, 0.65) * age**1.5
    patch = np.clip(0.7 + 0.3 * cloud(rng, bgr.shape[:2]), 0, 1)[..., None] * strength
    bleached = np.array([232, 234, 236], np.float32)
    return np.asarray(bgr * (1 - patch) + bleached * patch)


def _stained(rng: np.random.Generator, bgr: np.ndarray, age: float) -> np.ndarray:
    if rng.random() > 0.2 + 0.6 * age:
        return bgr
    dirt = np.clip(cloud(rng, bgr.shape[:2], zoom=rng.uniform(0.5, 2)) - rng.uniform(0, 1.2), 0, 1.5)[..., None]
    color = np.array(((90, 120, 140), (110, 115, 120), (60, 80, 100))[rng.integers(3)], np.float32)
    share = dirt * rng.uniform(0.1, 0.5)
    return bgr * (1 - share) + color * share


def _scribbled(rng: np.random.Generator, bgr: np.ndarray) -> np.ndarray:
    # Marker or spray over the paper, as over the wall around it.
    height, width = bgr.shape[:2]
    steps = np.cumsum(rng.normal(0, 0.18, (int(rng.integers(4, 12)), 2)), axis=0) + 0.5
    line = cv2.resize((steps * [width, height]).astype(np.float32), None, fx=1, fy=6, interpolation=cv2.INTER_CUBIC)
    colour = ((25, 25, 25), (40, 30, 170), (150, 70, 20), (215, 215, 215))[rng.integers(4)]
    ink = np.ascontiguousarray(np.clip(bgr, 0, 255).astype(np.uint8))
    thick = max(1, round(max(height, width) * rng.uniform(0.012, 0.05)))
    cv2.polylines(ink, [np.asarray(line).astype(np.int32)], isClosed=False, color=colour, thickness=thick)
    return ink.astype(np.float32)


def _torn(rng: np.random.Generator, alpha: np.ndarray, age: float) -> np.ndarray:
    # Far from the middle and with bad luck, the paper is gone: ragged edges, now and then a missing corner.
    height, width = alpha.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    far = np.maximum(np.abs(x), np.abs(y))
    rag = cloud(rng, alpha.shape, zoom=rng.uniform(0.4, 1.5)) * rng.uniform(0.02, 0.05 + 0.12 * age)
    keep = far + rag < rng.uniform(0.93, 1.0)
    if rng.random() < 0.5:
        turn = rng.uniform(0, 2 * np.pi)
        keep &= np.cos(turn) * x + np.sin(turn) * y + rag * 2 < rng.uniform(0.5, 1.2)
    return np.where(keep, alpha, 0)


def _scraped(rng: np.random.Generator, alpha: np.ndarray) -> np.ndarray:
    rag = cloud(rng, alpha.shape, zoom=rng.uniform(0.5, 1.4))
    height, width = alpha.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    keep = np.maximum(np.abs(x), np.abs(y)) * rng.uniform(0.3, 1) + rag * rng.uniform(0.3, 0.8) < rng.uniform(
        0.3, 0.8
    )
    keep = cv2.morphologyEx(keep.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    kept = np.where(_largest(keep), alpha, 0)
    return kept if (kept > 0).mean() > 0.15 else alpha


def _largest(keep: np.ndarray) -> np.ndarray:
    # Loose flakes further off would make the box larger than what anyone sees as the paper.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(keep)
    if count < 2:
        return keep > 0
    areas = stats[1:, cv2.CC_STAT_AREA]
    return np.isin(labels, 1 + np.flatnonzero(areas > 0.25 * areas.max()))


def _fibres(bgr: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    # Along a tear the white core of the paper shows.
    gone = ((before > 0) & (after == 0)).astype(np.uint8)
    if not gone.any():
        return bgr
    width = max(2, max(bgr.shape[:2]) // 45)
    near = np.asarray(cv2.dilate(gone, np.ones((width, width), np.uint8))).astype(np.float32)
    rim = np.asarray(cv2.GaussianBlur(near, (0, 0), 0.8))[..., None] * 0.8
    return np.asarray(bgr * (1 - rim) + 235 * rim)


def _worn(rng: np.random.Generator, alpha: np.ndarray, age: float) -> np.ndarray:
    holes = np.clip(1.2 - age * 0.8 + 0.5 * cloud(rng, alpha.shape, zoom=0.6), 0.15, 1)
    return (alpha * holes).astype(np.uint8)
