"""Whether scores mean what they say: of the detections at 0.7, 70 % should be right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.precision import Floats

BINS = 10
FROM_SCORE = 0.05
"""Lower scores are left out: there are thousands, nearly all wrong and known to be, and they would hide the rest."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Detections with scores from ``low`` (included) to ``high``.

    Parameters
    ----------
    detections
        How many.
    mean_score, share_right
        None where there are none.
    """

    low: float
    high: float
    detections: int
    mean_score: float | None
    share_right: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far scores are from the share of detections that are right (overlap 0.5).

    Parameters
    ----------
    detections
        How many were counted, all scoring ``from_score`` or more.
    ece
        Expected calibration error: mean over the bins of |mean score - share right|, weighted by their detections.
    brier
        Mean of (score - right)².
    """

    from_score: float
    detections: int
    ece: float | None
    brier: float | None
    bins: tuple[Bin, ...]


def reliability(scores: Floats, right: NDArray[np.bool_], from_score: float = FROM_SCORE) -> Reliability:
    """Return how reliable the scores of some detections are.

    Parameters
    ----------
    scores, right
        ``(N,)``.

    >>> told = reliability(np.array([0.9, 0.9, 0.9, 0.9]), np.array([True, True, True, False]))
    >>> round(told.ece, 6), round(told.brier, 6)
    (0.15, 0.21)
    """
    counted = scores >= from_score
    scores, hits = scores[counted], right[counted].astype(np.float64)
    places = np.minimum((scores * BINS).astype(np.intp), BINS - 1)
    bins = tuple(_bin(place, scores[places == place], hits[places == place]) for place in range(BINS))
    if not len(scores):
        return Reliability(from_score, 0, None, None, bins)
    off = [abs((each.mean_score or 0) - (each.share_right or 0)) * each.detections for each in bins]
    return Reliability(from_score, len(scores), sum(off) / len(scores), float(((scores - hits) ** 2).mean()), bins)


def _bin(place: int, scores: Floats, hits: Floats) -> Bin:
    low, high = place / BINS, (place + 1) / BINS
    if not len(scores):
        return Bin(low, high, 0, None, None)
    return Bin(low, high, len(scores), float(scores.mean()), float(hits.mean()))
