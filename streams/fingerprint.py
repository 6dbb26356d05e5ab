"""A fingerprint: how the whole of a view looks, small enough to keep, and of use for nothing but comparing.

A picture is brought to 48 × 32 places, each with the direction of its edges relative to the strength of the edges
around: as a vector of twice the angle, so that a bright thing on dark is the same as a dark thing on bright
(orientation correlation; Fitch, Kadyrov, Christmas and Kittler 2002). Light, contrast, noise, compression, rain and
things that come and go leave most of them as they are; another direction of the camera leaves none. Two
fingerprints are compared at every shift at once, through Fourier transforms, so that a camera that was turned is told
from one that sees nothing it knows. It holds no pixels.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.frame import Image

Grey = NDArray[np.uint8]
Field = NDArray[np.float32]
"""``(32, 48, 2)``: the vector of each place."""

WIDE, HIGH = 48, 32
_SAMPLED = 8
"""Each place is made of 8 × 8 sampled pixels."""
_NOISE = 2.0
"""Grey levels per pixel: edges weaker than this are noise, and count for less."""
_STRONGEST = 2.0
_FRAME_PX = 2
"""The outermost of 96 × 64 pixels: black borders and the edges they make."""
_STEADY_X, _STEADY_Y = 2, 2
"""Places (4 % and 6 % of the picture) that a view may lie beside its known place: wind, a mast that trembles."""
_LEAST_SHARED = 0.4
"""A shift that leaves less in common than this is not looked for: anything fits there."""
_CELLS = (12, 8)
_UPPER = 72
"""Of 96 cells, the one that begins the upper quarter: a clock or a name is sharp on any lens, but small."""
_VERSION = "1:"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two looks are of one view.

    Parameters
    ----------
    here
        How well they agree where they lie: 1 the same, about 0 nothing in common.
    shifted
        How well they agree at the best shift beyond what wind does, made up for what has left the picture.
    across, down
        That shift, as a share of the picture's width and height: positive when things moved right and down.
    """

    here: float
    shifted: float
    across: float
    down: float


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How a view looks.

    Parameters
    ----------
    code
        1536 bytes, one per place, row by row: four bits for either part of its vector.
    sharpness
        How strong fine edges are beside coarse ones; 0.6 to 1.5 for a street, a third of its own when out of focus.
    """

    code: bytes
    sharpness: float

    def __post_init__(self) -> None:
        if len(self.code) != WIDE * HIGH:
            raise ValueError(f"a fingerprint has {WIDE * HIGH} bytes, not {len(self.code)}")

    @property
    def text(self) -> str:
        """The fingerprint as some 2060 characters of plain text; ``of_text`` is the way back."""
        return f"{_VERSION}{self.sharpness:.3f}:{base64.b64encode(self.code).decode()}"

    @classmethod
    def of_text(cls, text: str) -> Fingerprint:
        """Return what ``text`` wrote.

        Raises
        ------
        ValueError
            When it is no fingerprint, or one of another version: the two could not be compared.
        """
        if not text.startswith(_VERSION):
            raise ValueError("the text is no fingerprint of this version")
        sharpness, _, code = text.removeprefix(_VERSION).partition(":")
        try:
            return cls(base64.b64decode(code, validate=True), float(sharpness))
        except binascii.Error as error:
            raise ValueError("the text is no fingerprint") from error

    @classmethod
    def of(cls, grey: Grey) -> Fingerprint:
        """Return the fingerprint of a picture that ``sampled`` made small."""
        small = _small(grey)
        return cls(_packed(_field_of(small)), _sharpness(grey, small))

    @property
    def field(self) -> Field:
        """The vectors of its places, ``(32, 48, 2)``, the strongest part 1."""
        codes = np.frombuffer(self.code, np.uint8).reshape(HIGH, WIDE)
        parts = np.stack((codes >> 4, codes & 15), axis=2).astype(np.float32)
        return np.asarray((parts - 8) / 7, np.float32)

    def likeness(self, other: Fingerprint) -> Likeness:
        """Compare how this view looks with a later look.

        >>> edges = Fingerprint.of(np.indices((256, 384)).prod(0).astype(np.uint8))
        >>> round(edges.likeness(edges).here, 2)
        1.0
        """
        return compared(self.field, other.field)


def sampled(image: Image) -> Grey:
    """Return ``image`` as 384 × 256 grey pixels, whatever its size and shape were.

    Sub-stream and main stream of a camera differ in both and show the same view.
    """
    small = cv2.resize(image, (WIDE * _SAMPLED, HIGH * _SAMPLED), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)


def field_of(grey: Grey) -> Field:
    """Return the vectors of a sampled picture's places, ``(32, 48, 2)``; their mean is nothing."""
    return _field_of(_small(grey))


def _small(grey: Grey) -> Grey:
    return np.asarray(cv2.resize(grey, (2 * WIDE, 2 * HIGH), interpolation=cv2.INTER_AREA), np.uint8)


def _field_of(small: Grey) -> Field:
    smooth = cv2.GaussianBlur(small, (0, 0), 1.0).astype(np.float32)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order) / 8 for order in ((1, 0), (0, 1)))
    strength = across**2 + down**2
    around = cv2.GaussianBlur(strength, (0, 0), 4) + _NOISE**2
    weight = np.minimum(np.sqrt(strength / around), _STRONGEST) / (strength + 1e-9)
    vectors = np.stack(((across**2 - down**2) * weight, 2 * across * down * weight), axis=2)
    inner = np.zeros_like(vectors)
    inside = slice(_FRAME_PX, -_FRAME_PX)
    inner[inside, inside] = vectors[inside, inside]
    soft = cv2.resize(cv2.GaussianBlur(inner, (0, 0), 1.0), (WIDE, HIGH), interpolation=cv2.INTER_AREA)
    return np.asarray(soft - soft.mean(axis=(0, 1)), np.float32)


def compared(known: Field, seen: Field) -> Likeness:
    """Compare two fields at every shift that leaves enough of them in common."""
    agreement = _agreement(known, seen)
    near = np.roll(agreement, (_STEADY_Y, _STEADY_X), (0, 1))[: 2 * _STEADY_Y + 1, : 2 * _STEADY_X + 1]
    made_up = agreement[_SHIFTS_DOWN, _SHIFTS_ACROSS] / _SHARED
    best = int(made_up.argmax())
    return Likeness(
        here=float(near.max()),
        shifted=float(made_up[best]),
        across=float(_SHIFTS_ACROSS[best]) / WIDE,
        down=float(_SHIFTS_DOWN[best]) / HIGH,
    )


def _shifts() -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Return the shifts beyond what wind does that leave enough in common (places down, across), and how much."""
    down, across = np.mgrid[-HIGH + 1 : HIGH, -WIDE + 1 : WIDE]
    shared = (1 - np.abs(down) / HIGH) * (1 - np.abs(across) / WIDE)
    looked_for = ((np.abs(across) > _STEADY_X + 1) | (np.abs(down) > _STEADY_Y + 1)) & (shared > _LEAST_SHARED)
    return down[looked_for], across[looked_for], shared[looked_for].astype(np.float32)


_SHIFTS_DOWN, _SHIFTS_ACROSS, _SHARED = _shifts()


def _agreement(known: Field, seen: Field) -> NDArray[np.float32]:
    """Return the correlation of two fields at each shift, ``(64, 96)``, the unshifted one first."""
    spectra = cv2.mulSpectrums(_spectrum(seen), _spectrum(known), 0, conjB=True)
    product = cv2.dft(spectra, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE)[..., 0]
    energy = float((known**2).sum()) * float((seen**2).sum())
    return np.asarray(product / np.sqrt(energy + 1e-9), np.float32)


def _spectrum(field: Field) -> Any:
    # Twice the size: what leaves on one side must not come in again on the other.
    return cv2.dft(cv2.copyMakeBorder(field, 0, HIGH, 0, WIDE, cv2.BORDER_CONSTANT), flags=cv2.DFT_COMPLEX_OUTPUT)


def _packed(field: Field) -> bytes:
    parts = np.round(field / max(float(np.abs(field).max()), 1e-9) * 7).astype(np.int16) + 8
    return ((parts[..., 0] << 4) | parts[..., 1]).astype(np.uint8).tobytes()


def _sharpness(grey: Grey, small: Grey) -> float:
    """Return how strong the fine edges are beside the coarse ones, which the light does not change."""
    fine, coarse = (np.sort(_edges(each), axis=None)[_UPPER] for each in (grey, small))
    return float(fine / (coarse + 0.3))


def _edges(grey: Grey) -> NDArray[np.float64]:
    """Return each cell's mean edge strength in grey levels."""
    edges = cv2.convertScaleAbs(cv2.Laplacian(cv2.GaussianBlur(grey, (3, 3), 0), cv2.CV_16S))
    (across, down), (height, width) = _CELLS, grey.shape
    # A cell's sum is the difference of four corners of the sums up to there: a third of the time of shrinking floats.
    corners = cv2.integral(edges)[:: height // down, :: width // across]
    cells = np.diff(np.diff(corners, axis=0), axis=1)
    return np.asarray(cells / (height // down * (width // across)), np.float64)
