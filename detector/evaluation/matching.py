"""Which detections are right: each is compared with the labels of its class, best score first.

The rules are those of Ultralytics' ``BaseValidator.match_predictions``: at each of ten overlaps a detection takes the
label it covers best among those nobody took, if it covers it enough. So that a hair's breadth decides alike, overlaps
are single precision with the same small number in the divisor.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.letterbox import Boxes

OVERLAPS = np.linspace(0.5, 0.95, 10, dtype=np.float32)
"""Intersections over union from which a detection counts as right: 0.50, 0.55 … 0.95."""

Numbers = NDArray[np.intp]


def overlaps(labels: Boxes, boxes: Boxes) -> NDArray[np.float32]:
    """Return the intersection over union ``(M, N)`` of each label ``(M, 4)`` with each box ``(N, 4)``.

    >>> overlaps(np.float32([[0, 0, 10, 10]]), np.float32([[0, 0, 10, 5], [20, 20, 30, 30]])).tolist()
    [[0.5, 0.0]]
    """
    sides = np.minimum(labels[:, None, 2:], boxes[None, :, 2:]) - np.maximum(labels[:, None, :2], boxes[None, :, :2])
    shared = np.prod(np.maximum(sides, 0), axis=2)
    areas = [np.prod(each[:, 2:] - each[:, :2], axis=1) for each in (labels, boxes)]
    union = areas[0][:, None] + areas[1][None] - shared + np.float32(1e-7)
    shares: NDArray[np.float32] = (shared / union).astype(np.float32)
    return shares


def match(label_classes: Numbers, labels: Boxes, classes: Numbers, boxes: Boxes) -> tuple[NDArray[np.bool_], Numbers]:
    """Return which detections of a picture are right, and which label each of them took at an overlap of 0.5.

    Parameters
    ----------
    label_classes, labels
        ``(M,)`` class numbers and ``(M, 4)`` boxes of the labels.
    classes, boxes
        ``(N,)`` and ``(N, 4)`` of the detections, best score first.

    Returns
    -------
    right
        ``(N, 10)`` by overlap.
    partner
        ``(N,)`` position of the label, -1 where a detection took none.
    """
    right = np.zeros((len(boxes), len(OVERLAPS)), bool)
    partner = np.full(len(boxes), -1, np.intp)
    if not len(labels) or not len(boxes):
        return right, partner
    shares = overlaps(labels, boxes) * (label_classes[:, None] == classes[None])
    taken = np.zeros((len(labels), len(OVERLAPS)), bool)
    columns = np.arange(len(OVERLAPS))
    for place in np.flatnonzero((shares >= OVERLAPS[0]).any(axis=0)):
        free = np.where(taken, 0, shares[:, place, None])
        best = free.argmax(axis=0)
        right[place] = free[best, columns] >= OVERLAPS
        taken[best, columns] |= right[place]
        partner[place] = best[0] if right[place, 0] else -1
    return right, partner
