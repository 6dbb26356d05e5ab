"""Calibrated scores: 0.8 shall mean that about 80 % of such detections are right.

Each class has its own curve (Platt's): ``sigmoid(slope * logit(score) + offset)``. It rises, so ranking and average
precision stay as they are. It is fitted to detections held against labelled pictures, by Newton's method on the
likelihood with a Gaussian prior around "the score as it is", so that a class seen a few times is moved a little only.

Sources: J. Platt, Probabilistic outputs for support vector machines (1999); expected calibration error as in Guo et
al., On calibration of modern neural networks (2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST_RIGHT = 5
"""With fewer right or fewer wrong detections a class keeps the model's own scores."""
FIT_FROM = 0.05
"""Detections are fitted from this score up; below it there are hundreds of boxes a picture that nobody acts on."""
BINS = 10
_PRIOR = np.diag([1.0, 0.25])
"""Inverse variances of slope and offset around 1 and 0."""
_LEAST_SLOPE = 0.05
_FARTHEST = 1e-6


@dataclass(frozen=True, slots=True)
class Platt:
    """One class' curve from the model's score to the calibrated one.

    Parameters
    ----------
    slope
        Above 0: the curve rises.
    offset
        Added on the logit scale.
    """

    slope: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if self.slope <= 0:
            raise ValueError(f"a calibration rises, so its slope is above 0, not {self.slope}")

    def __call__(self, score: float) -> float:
        """Return the calibrated score of a score, both 0..1.

        >>> Platt()(0.3), round(Platt(2, -1)(0.8), 3)
        (0.3, 0.855)
        """
        kept = min(max(score, _FARTHEST), 1 - _FARTHEST)
        return (
            score if self == Platt() else 1 / (1 + math.exp(-self.slope * math.log(kept / (1 - kept)) - self.offset))
        )

    def of(self, scores: Floats) -> Floats:
        """Return the calibrated scores ``(N,)`` of scores ``(N,)``."""
        return _sigmoid(self.slope * _logit(scores) + self.offset)

    def back(self, score: float) -> float:
        """Return the model's score that a calibrated one comes from.

        >>> round(Platt(2, -1).back(0.855), 3)
        0.8
        """
        return float(_sigmoid((_logit(np.array([score])) - self.offset) / self.slope)[0])


@dataclass(frozen=True, slots=True)
class Judged:
    """All detections of one class in labelled pictures, held against the labels.

    Parameters
    ----------
    scores
        ``(N,)``, 0..1.
    right
        ``(N,)``: whether each one matched a labelled box that no better one had.
    pictures
        ``(N,)`` integer: which picture each one is of.
    boxes
        How many labelled boxes of the class there are.
    """

    scores: Floats
    right: Flags
    pictures: NDArray[np.intp]
    boxes: int

    def of_pictures(self, pictures: NDArray[np.intp]) -> Judged:
        """Return the detections of these pictures alone; ``boxes`` stays."""
        kept = np.isin(self.pictures, pictures)
        return Judged(self.scores[kept], self.right[kept], self.pictures[kept], self.boxes)

    def calibrated(self, curve: Platt) -> Judged:
        """Return the same detections with calibrated scores."""
        return Judged(curve.of(self.scores), self.right, self.pictures, self.boxes)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A class' curve, and what it is worth on pictures that it was not fitted to.

    Parameters
    ----------
    curve
        Fitted to all pictures; None when there is too little to fit to.
    error_before, error_after
        Expected calibration error (0..1) of the model's own and of calibrated scores. Each half of the pictures is
        judged by the curve of the other half, so neither figure flatters.
    detections, right
        How many the curve was fitted to, and how many of them are right.
    """

    curve: Platt | None
    error_before: float
    error_after: float
    detections: int
    right: int


def calibrate(judged: Judged, *, seed: int = 0) -> Fitted:
    """Fit a class' curve, and judge it on held-out halves.

    Parameters
    ----------
    judged
        The class' detections from a low score up, such as 0.05.
    seed
        Splits the pictures into two halves, the same way every time.
    """
    before = calibration_error(judged.scores, judged.right)
    right = int(judged.right.sum())
    told = held_out(judged, seed=seed)
    if told is None:
        return Fitted(None, before, before, len(judged.right), right)
    after = calibration_error(told.scores, told.right)
    return Fitted(fit(judged.scores, judged.right), before, after, len(judged.right), right)


def held_out(judged: Judged, *, seed: int = 0) -> Judged | None:
    """Return the detections with calibrated scores: those of each half of the pictures by the other half's curve.

    None when there is too little to fit to.
    """
    right = int(judged.right.sum())
    if min(right, len(judged.right) - right) < LEAST_RIGHT:
        return None
    pictures = np.random.default_rng(seed).permutation(np.unique(judged.pictures))
    first, second = (judged.of_pictures(half) for half in np.array_split(pictures, 2))
    told = [other.calibrated(fit(one.scores, one.right)) for one, other in ((first, second), (second, first))]
    return Judged(
        np.concatenate([each.scores for each in told]),
        np.concatenate([each.right for each in told]),
        np.concatenate([each.pictures for each in told]),
        judged.boxes,
    )


def fit(scores: Floats, right: Flags) -> Platt:
    """Return the curve that makes these scores (0..1) most likely; see the module's text for method and prior."""
    x = np.column_stack([_logit(scores), np.ones(len(scores))])
    start = np.array([1.0, 0.0])
    now = start
    for _ in range(50):
        step = np.asarray(np.linalg.solve(*_curvature_and_slope(x, right, now, start)), np.float64)
        now, before = _least_loss(x, right, now, step, start), now
        if np.abs(now - before).max() < 1e-9:
            break
    slope, offset = now.tolist()
    return Platt(max(slope, _LEAST_SLOPE), offset)


def _curvature_and_slope(x: Floats, right: Flags, at: Floats, prior: Floats) -> tuple[Floats, Floats]:
    said = _sigmoid(x @ at)
    curvature = x.T @ (x * (said * (1 - said))[:, None]) + _PRIOR
    return np.asarray(curvature), np.asarray(x.T @ (right - said) - _PRIOR @ (at - prior))


def _least_loss(x: Floats, right: Flags, at: Floats, step: Floats, prior: Floats) -> Floats:
    """Return the first of the whole step, half, a quarter … that does not make it worse."""
    limit = _loss(x, right, at, prior)
    for halvings in range(30):
        there = at + step / 2**halvings
        if _loss(x, right, there, prior) <= limit:
            return np.asarray(there)
    return at


def _loss(x: Floats, right: Flags, at: Floats, prior: Floats) -> float:
    z = x @ at
    away = at - prior
    return float(np.logaddexp(0, np.where(right, -z, z)).sum() + away @ _PRIOR @ away / 2)


def calibration_error(scores: Floats, right: Flags, bins: int = BINS) -> float:
    """Return the expected calibration error: by how much scores differ from shares that are right, on average.

    Parameters
    ----------
    scores
        ``(N,)``, 0..1; without any the error is 0.
    right
        ``(N,)``.
    bins
        Equal intervals of the score within which the two are compared; each counts by how many fall into it.

    >>> calibration_error(np.array([0.9, 0.9, 0.9, 0.9]), np.array([True, True, False, False]))
    0.4
    """
    if not len(scores):
        return 0.0
    place = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = np.bincount(place, scores, bins) - np.bincount(place, right, bins)
    return float(round(np.abs(gaps).sum() / len(scores), 12))


def _logit(scores: Floats) -> Floats:
    kept = np.clip(scores, _FARTHEST, 1 - _FARTHEST)
    return np.asarray(np.log(kept / (1 - kept)))


def _sigmoid(z: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(z, -40, 40))))
