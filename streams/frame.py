"""A frame: one picture, when it was taken, and for a vehicle where."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""``(H, W, 3) uint8``, BGR (OpenCV's order)."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a vehicle was when a frame was taken.

    Parameters
    ----------
    lon, lat
        Degrees, WGS-84.
    accuracy_m
        Radius in metres within which the true place very likely lies.
    age_s
        Seconds to the nearest recorded position.
    heading_deg
        Clockwise from north, or None when standing or unknown.
    speed_mps
        Metres per second, or None.
    """

    lon: float
    lat: float
    accuracy_m: float
    age_s: float
    heading_deg: float | None = None
    speed_mps: float | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8`` BGR.
    captured_at
        Aware UTC.
    digest
        Hex digest of the content (of the JPEG bytes, or of the decoded pixels): equal digests are equal pictures.
    name
        File name when it came from a folder, else empty.
    index
        0-based position in a run of frames.
    fix
        Position fix of a vehicle's frame.
    encoded
        The JPEG itself when ``image`` was decoded at a reduced size: enough to look at, evidence is made from this.
    """

    image: Image
    captured_at: datetime
    digest: str
    name: str = ""
    index: int = 0
    fix: Fix | None = None
    encoded: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError(f"a frame is (H, W, 3) uint8, not {self.image.shape} {self.image.dtype}")
        if self.captured_at.tzinfo is None:
            raise ValueError("captured_at must be an aware time")

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.image.shape[0])
