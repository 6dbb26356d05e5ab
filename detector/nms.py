"""From a model's raw output to the boxes worth keeping.

The semantics are those of Ultralytics' ``non_max_suppression``: the best class of each candidate counts
(``multi_label=False``; its validator lets every class count), and of two boxes *of the same class* that overlap by
more than the threshold the better one stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.letterbox import Boxes

IOU = 0.7
MAX_DETECTIONS = 300
_MAX_CANDIDATES = 30_000
_FEW = 200
"""Up to so many boxes, comparing each with each at once is cheaper than one after another."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one model input, best score first.

    Parameters
    ----------
    boxes
        ``(N, 4) float32``: x1, y1, x2, y2 in pixels of the model's input.
    scores
        ``(N,) float32``, 0..1.
    classes
        ``(N,)`` integer class indices.
    """

    boxes: Boxes
    scores: NDArray[np.float32]
    classes: NDArray[np.intp]


def from_raw(output: NDArray[np.float32], min_score: float, iou: float = IOU, *, every_label: bool = False) -> Found:
    """Return what is left of raw candidates after threshold and class-wise suppression.

    Parameters
    ----------
    output
        ``(4 + classes, candidates)``: centre x, centre y, width, height in input pixels, then one score per class.
    min_score
        Candidates scoring above this stay.
    iou
        Overlap (intersection over union) above which the lesser box goes.
    every_label
        A candidate counts once for each class above the threshold, as in Ultralytics' validator; else for its best.
    """
    classes, candidates = _above(output[4:], min_score, every_label=every_label)
    scores = output[4 + classes, candidates]
    order = np.argsort(-scores, kind="stable")[:_MAX_CANDIDATES]
    classes, scores, boxes = classes[order], scores[order], _corners(output[:4, candidates[order]].T)
    kept = _survivors(boxes, classes, iou)
    return Found(boxes[kept], scores[kept], classes[kept])


def from_final(output: NDArray[np.float32], min_score: float) -> Found:
    """Return the rows above the threshold of an end-to-end model, which has suppressed overlaps itself.

    Parameters
    ----------
    output
        ``(N, 6)``: x1, y1, x2, y2 in input pixels, score, class index.
    min_score
        Rows scoring above this stay.
    """
    rows = output[output[:, 4] > min_score]
    rows = rows[np.argsort(-rows[:, 4], kind="stable")][:MAX_DETECTIONS]
    return Found(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.intp))


def overlap(box: Boxes, others: Boxes) -> NDArray[np.float32]:
    """Return the intersection over union ``(N,)`` of one box ``(4,)`` with others ``(N, 4)``; 0 where both are empty.

    Shapes before the last axis are broadcast, as numpy does.

    >>> overlap(np.float32([0, 0, 10, 10]), np.float32([[0, 0, 10, 5], [20, 20, 30, 30]])).tolist()
    [0.5, 0.0]
    """
    sides = np.minimum(box[..., 2:], others[..., 2:]) - np.maximum(box[..., :2], others[..., :2])
    shared = np.prod(np.maximum(sides, 0), axis=-1)
    union = (
        np.prod(box[..., 2:] - box[..., :2], axis=-1) + np.prod(others[..., 2:] - others[..., :2], axis=-1) - shared
    )
    shares: NDArray[np.float32] = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return shares


def _above(
    scores: NDArray[np.float32], min_score: float, *, every_label: bool
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return class and candidate of each score ``(classes, candidates)`` that counts."""
    if every_label:
        classes, candidates = np.nonzero(scores > min_score)
        return classes, candidates
    candidates = np.flatnonzero(scores.max(axis=0) > min_score)
    return scores[:, candidates].argmax(axis=0), candidates


def _corners(centred: Boxes) -> Boxes:
    half = centred[:, 2:] / 2
    return np.concatenate([centred[:, :2] - half, centred[:, :2] + half], axis=1)


def _survivors(boxes: Boxes, classes: NDArray[np.intp], iou: float) -> NDArray[np.intp]:
    """Return which boxes stay, given best first: each that stays removes the lesser ones it covers."""
    if len(boxes) <= _FEW:
        return _survivors_of_few(boxes, classes, iou)
    waiting = np.arange(len(boxes))
    kept: list[int] = []
    while waiting.size and len(kept) < MAX_DETECTIONS:
        first, rest = int(waiting[0]), waiting[1:]
        kept.append(first)
        covered = (classes[rest] == classes[first]) & (overlap(boxes[first], boxes[rest]) > iou)
        waiting = rest[~covered]
    return np.array(kept, np.intp)


def _survivors_of_few(boxes: Boxes, classes: NDArray[np.intp], iou: float) -> NDArray[np.intp]:
    """Return the same, with each box's overlap with each other computed at once: a street has some ten boxes."""
    same = classes[:, None] == classes[None, :]
    covers = same & (overlap(boxes[:, None, :], boxes[None, :, :]) > iou)
    gone = np.zeros(len(boxes), np.bool_)
    for index, covered in enumerate(covers):
        if not gone[index]:
            gone[index + 1 :] |= covered[index + 1 :]
    return np.flatnonzero(~gone)[:MAX_DETECTIONS]
