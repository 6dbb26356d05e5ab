"""Boxes as people's tools write them, checked: inside the picture, larger than nothing, all numbers finite."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from configs.mistakes import Spot
from detector.detection import Box
from detector.labels.picture import LabelsError

_SLACK = 0.005
"""Tools round; so much of the picture's side outside is taken as its edge."""


def numbers(values: Sequence[Any], spot: Spot, *, count: int) -> tuple[float, ...]:
    """Return ``count`` finite numbers.

    Raises
    ------
    LabelsError
        When there are more or fewer, or one is none.
    """
    try:
        found = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        found = ()
    if len(found) != count or not all(math.isfinite(value) for value in found):
        shown = " ".join(str(value)[:20] for value in values)
        raise LabelsError(spot.mistake(f"{shown!r} is not {count} numbers", f"write {count} finite numbers"))
    return found


def unit_box(corners: Sequence[float], spot: Spot) -> Box:
    """Return ``(x1, y1, x2, y2)`` normalised 0..1 from corners that may be a hair outside.

    Raises
    ------
    LabelsError
        When the box lies outside the picture or has no area.
    """
    if any(value < -_SLACK or value > 1 + _SLACK for value in corners):
        raise LabelsError(spot.mistake("the box reaches outside the picture", "draw it inside, or mend the size"))
    x1, y1, x2, y2 = (min(1.0, max(0.0, float(value))) for value in corners)
    if x1 >= x2 or y1 >= y2:
        raise LabelsError(spot.mistake("the box has no area", "remove it, or draw it again"))
    return (x1, y1, x2, y2)


def centred(box: Box) -> tuple[float, float, float, float]:
    """Return ``(cx, cy, width, height)`` of corners.

    >>> centred((0.25, 0.0, 0.75, 0.5))
    (0.5, 0.25, 0.5, 0.5)
    """
    x1, y1, x2, y2 = box
    return ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)


def pixels(box: Box, width: int, height: int) -> Box:
    """Return a normalised box in px of a picture."""
    x1, y1, x2, y2 = box
    return (x1 * width, y1 * height, x2 * width, y2 * height)
