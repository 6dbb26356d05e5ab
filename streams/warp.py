"""Whether a look is the known view zoomed or tilted over: another zoom, or a camera that hangs askew.

Such a view agrees with the known one nowhere and at no shift, so the look is brought back by each of a few zooms and
rolls and compared again. That costs as much as ten looks and is done only for looks that are not recognised.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from streams.fingerprint import HIGH, WIDE, Field, Grey, compared, field_of


@dataclass(frozen=True, slots=True)
class Warp:
    """One way in which a view may have changed.

    Parameters
    ----------
    zoom
        So many times larger than before things are; below 1 smaller.
    roll_deg
        So far the picture is turned, clockwise.
    """

    zoom: float = 1.0
    roll_deg: float = 0.0

    @property
    def words(self) -> str:
        """What happened, to go on after "the view"."""
        if self.roll_deg:
            return f"hangs about {abs(self.roll_deg):.0f}° askew"
        return f"is zoomed {'in' if self.zoom > 1 else 'out'}, about {max(self.zoom, 1 / self.zoom):.1f} times"


WARPS = (
    *(Warp(zoom) for zoom in (1.18, 1.4, 1.7, 2.0, 0.85, 0.72, 0.6, 0.5)),
    *(Warp(roll_deg=roll) for roll in (-14.0, -7.0, 7.0, 14.0)),
)


def best_warp(known: Field, grey: Grey) -> tuple[float, Warp]:
    """Return the warp that explains a look best, and how well it then agrees: 1 the same, about 0 nothing in common.

    Parameters
    ----------
    known
        The field of a known look.
    grey
        The sampled picture of the look in question.
    """
    scored = ((_agreement(known, grey, warp), warp) for warp in WARPS)
    return max(scored, key=lambda one: one[0])


def _agreement(known: Field, grey: Grey, warp: Warp) -> float:
    height, width = grey.shape
    move = cv2.getRotationMatrix2D((width / 2, height / 2), warp.roll_deg, 1 / warp.zoom)
    back = cv2.warpAffine(grey, move, (width, height), flags=cv2.INTER_AREA, borderValue=float(grey.mean()))
    seen = field_of(np.asarray(back, np.uint8))
    if warp.zoom > 1:
        return compared(*(_inner(field, warp.zoom) for field in (known, seen))).here
    return compared(known, seen).here


def _inner(field: Field, zoom: float) -> Field:
    """Return the field with all but the middle taken out: around it a shrunk look has nothing, and a seam."""
    wide, high = (int(side * (1 - 1 / zoom) / 2) + 1 for side in (WIDE, HIGH))
    inner = np.zeros_like(field)
    inner[high:-high, wide:-wide] = field[high:-high, wide:-wide]
    return inner
