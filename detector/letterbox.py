"""Fitting a picture into a model's input without changing its aspect, and getting boxes back out.

The arithmetic is that of Ultralytics' ``LetterBox(auto=True, stride=32)``, so that weights see at run time exactly
what they saw in validation: one scale factor, each side rounded, padding (grey 114) only up to the next multiple of
32, split over both sides with the odd pixel at the bottom and right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.model import Image

STRIDE_PX = 32
PADDING = (114, 114, 114)

Boxes = NDArray[np.float32]
"""``(N, 4) float32``: x1, y1, x2, y2 in pixels."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a picture lies in the model's input.

    Parameters
    ----------
    height, width
        Of the picture, px.
    inner_height, inner_width
        Of the resized picture, px.
    top, bottom, left, right
        Padding around it, px.
    """

    height: int
    width: int
    inner_height: int
    inner_width: int
    top: int
    bottom: int
    left: int
    right: int

    @property
    def input_shape(self) -> tuple[int, int]:
        """``(height, width)`` of the model's input, both multiples of 32."""
        return self.top + self.inner_height + self.bottom, self.left + self.inner_width + self.right

    def to_picture(self, boxes: Boxes) -> Boxes:
        """Return boxes of the model's input as boxes of the picture, clipped to it.

        Parameters
        ----------
        boxes
            ``(N, 4)``: x1, y1, x2, y2 in pixels of the model's input.
        """
        offset = np.array([self.left, self.top] * 2, np.float32)
        gain = np.array([self.inner_width / self.width, self.inner_height / self.height] * 2, np.float32)
        limit = np.array([self.width, self.height] * 2, np.float32)
        inside: Boxes = np.clip((boxes - offset) / gain, 0, limit)
        return inside


def fit(height: int, width: int, input_px: int) -> Fit:
    """Return where a picture of this size lies in an input whose long side is ``input_px``.

    >>> fit(1080, 1920, 640).input_shape
    (384, 640)
    >>> fit(576, 704, 512).input_shape
    (448, 512)
    """
    ratio = min(input_px / height, input_px / width)
    inner_height, inner_width = max(round(height * ratio), 1), max(round(width * ratio), 1)
    top, bottom = _split((input_px - inner_height) % STRIDE_PX)
    left, right = _split((input_px - inner_width) % STRIDE_PX)
    return Fit(height, width, inner_height, inner_width, top, bottom, left, right)


def fit_with_margin(height: int, width: int, input_px: int) -> Fit:
    """Return where Ultralytics' validator (``rect=True``, pictures one by one) puts a picture of this size.

    The sides are rounded up, and half a stride is added to each before that is rounded up to the next multiple of 32.

    >>> fit_with_margin(1080, 1920, 640).input_shape
    (384, 672)
    """
    ratio, aspect = input_px / max(height, width), height / width
    inner_height, inner_width = (min(math.ceil(side * ratio), input_px) for side in (height, width))
    # In this order of operations, because a last binary digit decides what is rounded up.
    shares = (aspect, 1) if aspect < 1 else (1, 1 / aspect)
    padded = [math.ceil(share * input_px / STRIDE_PX + 0.5) * STRIDE_PX for share in shares]
    return Fit(
        height,
        width,
        inner_height,
        inner_width,
        *_split(padded[0] - inner_height),
        *_split(padded[1] - inner_width),
    )


def _split(padding_px: int) -> tuple[int, int]:
    half = padding_px / 2
    return round(half - 0.1), round(half + 0.1)


def letterbox(image: Image, input_px: int, *, margin: bool = False) -> tuple[Image, Fit]:
    """Return the model's input ``(1, H, W, 3) uint8`` BGR for a picture, and where the picture lies in it.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8`` BGR; a grey picture ``(H, W)`` or ``(H, W, 1)`` is taken as BGR with equal channels.
    input_px
        Long side of the input, a multiple of 32.
    margin
        Pad as Ultralytics' validator does; see ``fit_with_margin``.

    Raises
    ------
    ValueError
        When the array is no picture.
    """
    picture = as_bgr(image)
    placed = (fit_with_margin if margin else fit)(picture.shape[0], picture.shape[1], input_px)
    inner = (placed.inner_width, placed.inner_height)
    if picture.shape[1::-1] != inner:
        picture = np.asarray(cv2.resize(picture, inner, interpolation=cv2.INTER_LINEAR), np.uint8)
    border = (placed.top, placed.bottom, placed.left, placed.right)
    padded = cv2.copyMakeBorder(picture, *border, cv2.BORDER_CONSTANT, value=PADDING)
    return np.asarray(padded, np.uint8)[None], placed


def as_bgr(image: Image) -> Image:
    """Return a picture as ``(H, W, 3) uint8`` BGR, whether it was that already or grey.

    Raises
    ------
    ValueError
        When the array is no picture; the text has its shape and type.
    """
    if image.dtype != np.uint8 or image.size == 0:
        raise ValueError(f"a picture is a non-empty (H, W, 3) uint8 array, not {image.shape} {image.dtype}")
    if image.ndim == 3 and image.shape[2] == 3:
        return image
    if image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 1):
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_GRAY2BGR), np.uint8)
    raise ValueError(f"a picture is (H, W, 3) or (H, W), not {image.shape}")
