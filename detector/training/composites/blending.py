"""Setting a cut-out into a picture so that light, colour, sharpness and ground agree."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Image
from detector.training.composites.cutout import Alpha, Cutout, PixelBox, foreground


def blend(
    street: Image, stall: Cutout, box: PixelBox, before: Sequence[PixelBox], rng: np.random.Generator
) -> tuple[Image, Alpha]:
    """Return the street with the stall in it, and how much of each pixel is now stall.

    Parameters
    ----------
    street
        ``(H, W, 3) uint8`` BGR; left as it is.
    stall
        What to set in.
    box
        Where, in pixels of the street; may reach over its edges.
    before
        Boxes of things that stand nearer and stay in front.
    rng
        Chooses how closely light and sharpness follow the street's.
    """
    fitted = stall.resized((box[2] - box[0], box[3] - box[1]))
    image, alpha = _on_full_canvas(fitted, box, street.shape[:2])
    around = _surroundings(street, box)
    image = _sharp_as(_lit_as(image, alpha, around, rng), alpha, around)
    for nearer in before:
        alpha = _behind(alpha, street, nearer)
    ground = _shadowed(street, box, before, rng)
    mixed = image * alpha[..., None] + ground * (1 - alpha[..., None])
    return _as_jpeg(np.clip(mixed, 0, 255).astype(np.uint8), rng), alpha


def _on_full_canvas(stall: Cutout, box: PixelBox, shape: tuple[int, ...]) -> tuple[Image, Alpha]:
    height, width = shape
    image, alpha = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.float32)
    x1, y1, x2, y2 = max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])
    left, top = x1 - box[0], y1 - box[1]
    image[y1:y2, x1:x2] = stall.image[top : top + y2 - y1, left : left + x2 - x1]
    alpha[y1:y2, x1:x2] = stall.alpha[top : top + y2 - y1, left : left + x2 - x1]
    return image, alpha


def _surroundings(street: Image, box: PixelBox) -> Image:
    height, width = street.shape[:2]
    rim = max(20, (box[2] - box[0]) // 3)
    return street[max(0, box[1] - rim) : min(height, box[3] + rim), max(0, box[0] - rim) : min(width, box[2] + rim)]


def _lit_as(image: Image, alpha: Alpha, around: Image, rng: np.random.Generator) -> Image:
    """Move mean and spread of the stall's Lab colours part of the way to the street's (after Reinhard et al., 2001).

    Only part of it: a stall may be more colourful than its street, and its colours are what it is known by.
    """
    own = cv2.cvtColor(image, cv2.COLOR_BGR2LAB).astype(np.float32)
    there = cv2.cvtColor(around, cv2.COLOR_BGR2LAB).astype(np.float32).reshape(-1, 3)
    chosen = own[alpha > 0.5]
    if not len(chosen):
        return image
    share = np.array([rng.uniform(0.45, 0.8), *[rng.uniform(0.25, 0.5)] * 2])
    mean, spread = chosen.mean(axis=0), chosen.std(axis=0) + 1
    moved = mean + share * (there.mean(axis=0) - mean)
    wider = 1 + np.array([0.5, 0, 0]) * (np.clip((there.std(axis=0) + 1) / spread, 0.6, 1.4) - 1)
    lit = np.clip((own - mean) * wider + moved, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(lit, cv2.COLOR_LAB2BGR), np.uint8)


def _sharp_as(image: Image, alpha: Alpha, around: Image) -> Image:
    """Blur the stall when it is clearly sharper than the street."""
    own, there = _sharpness(image, alpha > 0.9), _sharpness(around)
    if own <= 1.5 * there:
        return image
    sigma = min(1.2, 0.4 * float(np.sqrt(own / max(there, 1.0))))
    return cv2.GaussianBlur(image, (0, 0), sigma).astype(np.uint8)


def _sharpness(image: Image, mask: NDArray[np.bool_] | None = None) -> float:
    fine = cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.CV_32F)
    inside = fine if mask is None else fine[mask]
    return float(np.abs(inside).mean()) if inside.size else 0.0


def _behind(alpha: Alpha, street: Image, nearer: PixelBox) -> Alpha:
    """Take from the stall what a nearer thing hides of it."""
    x1, y1, x2, y2 = nearer
    mask = foreground(street, nearer)
    if not 0.4 <= mask.mean() <= 0.98:
        mask = np.ones((y2 - y1, x2 - x1), np.bool_)
    hides = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.2, borderType=cv2.BORDER_CONSTANT)
    left = alpha.copy()
    left[y1:y2, x1:x2] *= 1 - hides
    return left


def _shadowed(street: Image, box: PixelBox, before: Sequence[PixelBox], rng: np.random.Generator) -> np.ndarray:
    """Return the street, darker where the stall stands: a thin dark line of contact in a wide faint pool."""
    x1, y1, x2, y2 = box
    wide, tall = x2 - x1, y2 - y1
    shade = np.zeros(street.shape[:2], np.float32)
    slope = rng.uniform(-0.12, 0.12) * wide
    for depth, reach, strength in ((0.06, 1.02, 0.3), (0.018, 0.94, 0.4)):
        part = np.zeros_like(shade)
        centre = (int((x1 + x2) / 2 + slope), int(y2 - depth * tall * 0.5))
        axes = (max(2, int(reach * wide / 2)), max(2, int(depth * tall)))
        cv2.ellipse(part, centre, axes, 0, 0, 360, 1, cv2.FILLED)
        shade = np.maximum(shade, strength * cv2.GaussianBlur(part, (0, 0), max(1.0, depth * tall / 2)))
    for left, top, right, bottom in before:
        shade[top:bottom, left:right] = 0
    return street * (1 - rng.uniform(0.7, 1.2) * shade[..., None])


def _as_jpeg(image: Image, rng: np.random.Generator) -> Image:
    """Return the picture as a camera's compression would leave it, over old and new alike."""
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(72, 95))])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
