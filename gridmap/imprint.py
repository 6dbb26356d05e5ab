"""An imprint: how a patch of a view looks, small enough to send along, and of use for nothing but comparing.

The patch (a box and a quarter of its sides around it) is brought to 64 x 64 grey pixels, and each of 8 x 8 cells
keeps how strong its edges are in each of 8 directions, relative to the cells around it: histograms of oriented
gradients (Dalal and Triggs 2005), without a sign and softened by half a cell. Brightness, contrast, noise,
compression and a picture that trembles by a few pixels hardly change it; another thing, or the thing moved, does.
It holds no pixels, and what lies in a privacy zone is made flat before.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detection import Box
from streams.frame import Image

Ring = tuple[tuple[float, float], ...]
_AROUND = 0.25
_SIDE_PX, _CELLS, _DIRECTIONS = 64, 8, 8
_CELL_PX = _SIDE_PX // _CELLS
_BYTES = _CELLS * _CELLS * _DIRECTIONS
_SMOOTH_PX, _SOFT_PX = 1.2, 0.4 * _CELL_PX
_NOISE = 0.8
"""Grey levels per pixel of edge that a plain wall shows through a camera's noise: weaker cells stay near nothing."""
_PLAIN = 0.7 * 255
"""A cell of a street is about 1.0 * 255 strong. Patches weaker than this are compared as if they had it: noise."""
_WORST = _CELLS * _CELLS // 4
"""Another thing covers some cells, never all: the quarter that differs most says whether something changed."""
_VERSION = "1:"

Histograms = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Imprint:
    """How a patch looks.

    Parameters
    ----------
    code
        512 bytes: per cell, row by row, the strength of each direction, 255 the most.
    """

    code: bytes

    def __post_init__(self) -> None:
        if len(self.code) != _BYTES:
            raise ValueError(f"an imprint has {_BYTES} bytes, not {len(self.code)}")

    @property
    def text(self) -> str:
        """The imprint as 686 characters of plain text; ``of_text`` is the way back."""
        return _VERSION + base64.b64encode(self.code).decode()

    @classmethod
    def of_text(cls, text: str) -> Imprint:
        """Return what ``text`` wrote.

        Raises
        ------
        ValueError
            When it is no imprint, or one of another version: the two could not be compared.
        """
        if not text.startswith(_VERSION):
            raise ValueError("the text is no imprint of this version")
        try:
            return cls(base64.b64decode(text.removeprefix(_VERSION), validate=True))
        except binascii.Error as error:
            raise ValueError("the text is no imprint") from error

    def unlike(self, other: Imprint) -> float:
        """Return how different two patches look: 0 the same, about 1 nothing in common; at most 2.

        It is the mean, over the quarter of cells that differ most, of the distance of their histograms, as a share of
        the mean strength of a cell; patches that are both nearly plain are alike. What light, noise and changes come
        to is in ``tests/gridmap/test_imprint.py``.

        >>> plain = Imprint(bytes(512))
        >>> plain.unlike(plain)
        0.0
        """
        first, second = self._histograms(), other._histograms()
        strength = np.maximum(np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1)).mean()
        apart = np.sort(np.linalg.norm(first - second, axis=1))[-_WORST:]
        return min(2.0, float(apart.mean() / max(strength, _PLAIN)))

    def _histograms(self) -> Histograms:
        return np.frombuffer(self.code, np.uint8).reshape(-1, _DIRECTIONS).astype(np.float32)


def imprint(image: Image, box: Box, *, hidden: Iterable[Ring] = ()) -> Imprint | None:
    """Return the imprint of the patch around ``box``, or None when nothing of it lies in the picture.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8`` BGR; left as it is.
    box
        ``(x1, y1, x2, y2)`` normalised 0..1.
    hidden
        Rings (normalised 0..1) whose inside is not to be looked at: privacy zones.
    """
    patch = _patch(image, box, hidden)
    if patch is None:
        return None
    strengths = _relative(_oriented(patch))
    return Imprint(np.clip(strengths * 255, 0, 255).round().astype(np.uint8).tobytes())


def _patch(image: Image, box: Box, hidden: Iterable[Ring]) -> NDArray[np.uint8] | None:
    """Return the patch as 64 x 64 grey pixels."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box
    wide, high = _AROUND * (x2 - x1), _AROUND * (y2 - y1)
    left, right = _span(x1 - wide, x2 + wide, width)
    top, bottom = _span(y1 - high, y2 + high, height)
    if right <= left or bottom <= top:
        return None
    grey = cv2.cvtColor(image[top:bottom, left:right], cv2.COLOR_BGR2GRAY)
    rings = [np.array([(x * width - left, y * height - top) for x, y in ring]).round() for ring in hidden]
    if rings:
        cv2.fillPoly(grey, [ring.astype(np.int32) for ring in rings], (float(grey.mean()),))
    shrinks = min(grey.shape) >= _SIDE_PX
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (_SIDE_PX, _SIDE_PX), interpolation=way), np.uint8)


def _span(low: float, high: float, size: int) -> tuple[int, int]:
    return max(0, int(np.floor(low * size))), min(size, int(np.ceil(high * size)))


def _oriented(patch: NDArray[np.uint8]) -> Histograms:
    """Return each cell's mean edge strength per direction, ``(8, 8, 8)``, in grey levels per pixel."""
    smooth = cv2.GaussianBlur(patch, (0, 0), _SMOOTH_PX).astype(np.float32)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order) / 8 for order in ((1, 0), (0, 1)))
    strength, turn = np.hypot(across, down), np.arctan2(down, across) % np.pi / np.pi * _DIRECTIONS
    lower = np.floor(turn)
    share = turn - lower
    lower = lower.astype(np.int64) % _DIRECTIONS
    # An edge between two directions counts for both, as in the paper; it would jump from one to the other else.
    directions = np.arange(_DIRECTIONS)
    maps = np.where(lower[..., None] == directions, (strength * (1 - share))[..., None], 0)
    maps += np.where((lower[..., None] + 1) % _DIRECTIONS == directions, (strength * share)[..., None], 0)
    soft = cv2.GaussianBlur(maps.astype(np.float32), (0, 0), _SOFT_PX)
    cells = soft.reshape(_CELLS, _CELL_PX, _CELLS, _CELL_PX, _DIRECTIONS).mean((1, 3))
    return np.asarray(cells, np.float32)


def _relative(cells: Histograms) -> Histograms:
    """Return the cells relative to the strength of the 3 x 3 cells around each: what light does not change."""
    around = cv2.blur(np.sum(cells**2, axis=2), (3, 3))
    return np.asarray(cells / np.sqrt(around + _NOISE**2)[..., None], np.float32)
