"""How alike two pictures look, from 64 bits each."""

from __future__ import annotations

import cv2
import numpy as np

from streams.frame import Image

NEAR_BITS = 6
"""Of 64: a street seen again minutes later differs by less, another street by some 32."""


def difference_hash(image: Image) -> int:
    """Return 64 bits: for each of 8 rows, which of 9 neighbouring squares is brighter than the next.

    Brightness as a whole does not count, so that dusk alone makes no new picture. The method is known as dHash.

    Parameters
    ----------
    image
        ``(H, W, 3)`` BGR.
    """
    small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (9, 8), interpolation=cv2.INTER_AREA)
    return int.from_bytes(np.packbits(small[:, 1:] > small[:, :-1]).tobytes(), "big")


def distance(one: int, other: int) -> int:
    """Return in how many of 64 bits two hashes differ.

    >>> distance(0b1011, 0b0010)
    2
    """
    return (one ^ other).bit_count()
