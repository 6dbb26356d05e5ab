"""Figures by how large things are: in the picture's own pixels, and against the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.evaluation.precision import Floats, average_precisions
from detector.evaluation.table import ClassView, Table
from detector.letterbox import Boxes

COCO = (("small", 0, 32**2), ("medium", 32**2, 96**2), ("large", 96**2, np.inf))
"""By area in square pixels, as COCO bins them."""
SHARES = (("under 5 %", 0, 0.05), ("5-10 %", 0.05, 0.1), ("10-25 %", 0.1, 0.25), ("over 25 %", 0.25, np.inf))
"""By the root of the share of the picture's area: about a thing's side against the picture's."""


@dataclass(frozen=True, slots=True)
class SizeFigures:
    """A class's things of one size.

    Parameters
    ----------
    size
        Name of the bin.
    labels
        How many there are.
    ap50
        Average precision at an overlap of 0.5; None where there are none. As COCO does, neither other labels, nor
        detections that took those, nor wrong detections of another size, count.
    recall
        Share of them found at the threshold; None where there are none.
    """

    size: str
    labels: int
    ap50: float | None
    recall: float | None


def by_area(view: ClassView, threshold: float) -> tuple[SizeFigures, ...]:
    """Return a class's figures by COCO's areas."""
    return _by(view, threshold, COCO, _areas(view.found.labels), _areas(view.found.boxes))


def by_share(view: ClassView, threshold: float) -> tuple[SizeFigures, ...]:
    """Return a class's figures by size against the picture."""
    table = view.found
    labels = np.sqrt(_areas(table.labels) / _whole(table)[table.label_picture])
    boxes = np.sqrt(_areas(table.boxes) / _whole(table)[table.picture])
    return _by(view, threshold, SHARES, labels, boxes)


def _by(
    view: ClassView, threshold: float, bins: tuple[tuple[str, float, float], ...], labels: Floats, boxes: Floats
) -> tuple[SizeFigures, ...]:
    return tuple(
        _figures(
            view, name, threshold, (labels >= low) & (labels < high) & view.labels, (boxes >= low) & (boxes < high)
        )
        for name, low, high in bins
    )


def _figures(view: ClassView, name: str, threshold: float, own: np.ndarray, alike: np.ndarray) -> SizeFigures:
    count = int(own.sum())
    if not count:
        return SizeFigures(name, 0, None, None)
    table = view.found
    right = table.partner >= 0
    # A position of -1 reads the last label, but counts only where there is a partner.
    counted = np.where(right, own[table.partner], alike)
    ap = average_precisions(table.right[counted][:, :1], count)[0]
    found = int((right & counted & (table.scores >= threshold)).sum())
    return SizeFigures(name, count, float(ap), found / count)


def _areas(boxes: Boxes) -> Floats:
    return np.asarray(np.prod((boxes[:, 2:] - boxes[:, :2]).astype(np.float64), axis=1))


def _whole(table: Table) -> Floats:
    return np.asarray(table.sizes.astype(np.float64).prod(axis=1))
