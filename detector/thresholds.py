"""Thresholds: from which score a class' detections are as precise as was asked."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.calibration import Flags, Floats, Judged

Counts = NDArray[np.intp]

LEAST_COUNT = 10
"""A precision measured on fewer detections is taken for chance."""
_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Threshold:
    """A class' least score, and what was measured at it.

    Parameters
    ----------
    score
        Detections from this score (0..1) up count.
    precision, recall
        Share of those that are right; share of the labelled boxes that they find.
    precision_low
        The lower end of the precision's 95 % interval, as Wilson gives it.
    count
        How many detections reach it.
    reached
        Whether the precision that was asked is reached; else this is the score of the best F1.
    """

    score: float
    precision: float
    precision_low: float
    recall: float
    count: int
    reached: bool


def threshold(judged: Judged, precision: float, *, least: int = LEAST_COUNT) -> Threshold | None:
    """Return the lowest score from which up detections are right as often as asked, or else that of the best F1.

    Parameters
    ----------
    judged
        A class' detections with the scores that are to be compared with the threshold.
    precision
        Asked, 0..1.
    least
        So many detections must reach a threshold.

    Returns
    -------
    None when fewer than ``least`` detections or no labelled box is there to choose by.
    """
    if len(judged.scores) < least or not judged.boxes:
        return None
    order = np.argsort(-judged.scores, kind="stable")
    scores, found = judged.scores[order], np.cumsum(judged.right[order].astype(np.intp))
    counts = np.arange(1, len(scores) + 1, dtype=np.intp)
    # Between equal scores there is no threshold; only the last of them may be one.
    possible = np.append(scores[1:] < scores[:-1], [True]) & (counts >= least)
    right = found / counts
    enough = np.flatnonzero(possible & (right >= precision))
    best = enough[-1] if enough.size else _best_f1(found, counts, judged.boxes, possible)
    return _at(scores, found, judged.boxes, int(best), reached=bool(enough.size))


def _best_f1(found: Counts, counts: Counts, boxes: int, possible: Flags) -> int:
    return int(np.argmax(np.where(possible, 2 * found / (counts + boxes), -1)))


def _at(scores: Floats, found: Counts, boxes: int, place: int, *, reached: bool) -> Threshold:
    count, right = place + 1, int(found[place])
    return Threshold(
        # Downwards, so that the detection it was measured at still reaches it.
        score=math.floor(float(scores[place]) * 1000) / 1000,
        precision=right / count,
        precision_low=wilson_low(right, count),
        recall=right / boxes,
        count=count,
        reached=reached,
    )


def wilson_low(right: int, count: int) -> float:
    """Return the lower end of the 95 % interval of a share (Wilson 1927).

    >>> round(wilson_low(9, 10), 3), round(wilson_low(90, 100), 3)
    (0.596, 0.826)
    """
    share, z2 = right / count, _Z95**2
    spread = _Z95 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2))
    return max(0.0, (share + z2 / (2 * count) - spread) / (1 + z2 / count))
