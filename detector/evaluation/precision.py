"""Average precision and its curve, computed as Ultralytics does.

Its ``compute_ap``: the precision at each recall is the best at that recall or above (the envelope), read off at 101
recalls by straight lines between the points, and integrated by trapezia.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_RECALLS = np.linspace(0, 1, 101)
_EPS = 1e-16


def average_precision(recall: Floats, precision: Floats) -> float:
    """Return the area under the envelope of a precision curve.

    Parameters
    ----------
    recall, precision
        ``(N,)`` after each detection, best score first.

    >>> round(average_precision(np.array([0.5, 0.5, 1.0]), np.array([1.0, 0.5, 2 / 3])), 4)
    0.8283
    """
    recalls = np.concatenate(([0.0], recall, [recall[-1] if len(recall) else 1.0], [1.0]))
    envelope = np.concatenate(([1.0], precision, [0.0], [0.0]))
    envelope = np.maximum.accumulate(envelope[::-1])[::-1]
    return float(np.trapezoid(np.interp(_RECALLS, recalls, envelope), _RECALLS))


def average_precisions(right: NDArray[np.bool_], labels: int) -> Floats:
    """Return the average precision at each overlap.

    Parameters
    ----------
    right
        ``(N, T)``: which detections of a class are right at each of T overlaps, best score first.
    labels
        So many things of the class there are; at least one.
    """
    if not len(right):
        return np.zeros(right.shape[1])
    hits = right.cumsum(axis=0)
    precision = hits / np.arange(1, len(right) + 1)[:, None]
    return np.array([average_precision(hits[:, t] / (labels + _EPS), precision[:, t]) for t in range(right.shape[1])])


@dataclass(frozen=True, slots=True)
class Operating:
    """How good a class, or a choice of pictures, is at one threshold.

    Parameters
    ----------
    threshold
        Scores from this up count; None where classes have their own.
    right, wrong, missed
        Counts: detections that are right, that are wrong, and labels (or pictures) that were not found.
    precision
        Share of what was found that is right; None where nothing was found.
    recall
        Share of what is there that was found; None where nothing is there.
    f1
        Harmonic mean of the two, 0 where either is 0; None where nothing is there.
    """

    threshold: float | None
    right: int
    wrong: int
    missed: int
    precision: float | None
    recall: float | None
    f1: float | None

    @classmethod
    def of(cls, threshold: float | None, right: int, wrong: int, missed: int) -> Operating:
        """Return it from its counts.

        >>> Operating.of(0.25, 3, 1, 3).recall
        0.5
        """
        there, found = right + missed, right + wrong
        f1 = 2 * right / (there + found) if there else None
        return cls(
            threshold, right, wrong, missed, right / found if found else None, right / there if there else None, f1
        )


def at_threshold(right: NDArray[np.bool_], scores: Floats, labels: int, threshold: float) -> Operating:
    """Return how good a class is when scores from ``threshold`` up count.

    Parameters
    ----------
    right, scores
        ``(N,)`` of the class's detections.
    labels
        So many things of the class there are.
    """
    counted = scores >= threshold
    hits = int(right[counted].sum())
    return Operating.of(threshold, hits, int(counted.sum()) - hits, labels - hits)


def best_f1(right: NDArray[np.bool_], scores: Floats, labels: int) -> Operating | None:
    """Return the threshold with the highest F1, or None without detections or labels.

    Parameters
    ----------
    right, scores
        ``(N,)`` of the class's detections, best score first.
    """
    if not len(scores) or not labels:
        return None
    f1 = 2 * right.cumsum() / (np.arange(1, len(scores) + 1) + labels)
    return at_threshold(right, scores, labels, float(scores[int(f1.argmax())]))


def at_recall(right: NDArray[np.bool_], scores: Floats, labels: int, least: float) -> Operating | None:
    """Return the highest threshold at which at least a share ``least`` is found, or None where no threshold does."""
    if not labels:
        return None
    enough = np.flatnonzero(right.cumsum() / labels >= least - 1e-9)
    if not len(enough):
        return None
    return at_threshold(right, scores, labels, float(scores[enough[0]]))
