"""Whether one model is better than another, or the pictures just happened to suit it: the paired bootstrap.

Pictures are drawn anew with replacement, the same draw for both models, and everything is computed again. Of the
differences so found the middle 95 % are the interval. Source: Efron and Tibshirani, An Introduction to the Bootstrap.
Of twenty classes one lies outside its interval by chance.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.precision import Floats, average_precision
from detector.evaluation.table import Numbers, Table

RESAMPLES = 1000
_CHUNK = 50
"""Draws at a time: memory for so many columns of detections."""

Verdict = Literal["better", "worse", "no clear difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of models A and B on the same pictures.

    Parameters
    ----------
    name
        Of the class, the source, or ``mean``.
    pictures, labels
        So many the figure is of.
    a, b
        The figure; None where it cannot be said.
    difference
        B minus A.
    low, high
        Its 95 % interval.
    p
        Two-sided: how often chance alone would make at least such a difference.
    verdict
        Of B against A: better or worse when the interval is all on one side of 0.
    """

    name: str
    pictures: int
    labels: int
    a: float | None
    b: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    verdict: Verdict

    @classmethod
    def of(cls, name: str, counts: tuple[int, int], a: float | None, b: float | None, draws: Floats) -> Difference:
        """Return it from both figures and the differences ``(R,)`` of the draws; nan where a draw had no label."""
        known = draws[~np.isnan(draws)]
        if a is None or b is None or not len(known):
            return cls(name, *counts, a, b, None, None, None, None, "no clear difference")
        low, high = (float(each) for each in np.percentile(known, [2.5, 97.5]))
        one_sided = min(int((known <= 0).sum()), int((known >= 0).sum()))
        p = min(1.0, 2 * (one_sided + 1) / (len(known) + 1))
        verdict: Verdict = "better" if low > 0 else "worse" if high < 0 else "no clear difference"
        return cls(name, *counts, a, b, b - a, low, high, p, verdict)


def draw(pictures: int, resamples: int, seed: int) -> NDArray[np.float32]:
    """Return how often each picture is in each draw, ``(resamples, pictures)``."""
    if not pictures:
        return np.zeros((resamples, 0), np.float32)
    shares = np.full(pictures, 1 / pictures)
    return np.random.default_rng(seed).multinomial(pictures, shares, size=resamples).astype(np.float32)


def drawn_ap50(table: Table, number: int, chosen: Numbers, draws: NDArray[np.float32]) -> Floats:
    """Return a class's average precision (overlap 0.5) in each draw; nan in those without a label of it.

    Parameters
    ----------
    number
        Of the class.
    chosen
        ``(C,)`` positions of the pictures that are drawn from.
    draws
        ``(R, C)``: how often each of these is in each draw.
    """
    place = np.full(len(table.sizes), -1)
    place[chosen] = np.arange(len(chosen))
    found = table.found((table.classes == number) & (place[table.picture] >= 0))
    right = found.right[:, 0]
    # What comes after the last right detection changes no average precision.
    last = int(np.flatnonzero(right)[-1]) + 1 if right.any() else 0
    right, column = right[:last], place[found.picture[:last]]
    shown = place[table.label_picture[table.label_class == number]]
    labels = draws @ np.bincount(shown[shown >= 0], minlength=len(chosen)).astype(np.float32)
    parts = [
        _precisions(draws[start : start + _CHUNK][:, column], right, labels[start : start + _CHUNK])
        for start in range(0, len(draws), _CHUNK)
    ]
    return np.concatenate(parts)


def _precisions(weights: NDArray[np.float32], right: NDArray[np.bool_], labels: NDArray[np.float32]) -> Floats:
    found = weights.cumsum(axis=1, dtype=np.float64)
    hits = (weights * right).cumsum(axis=1, dtype=np.float64)
    precision = np.divide(hits, found, out=np.zeros_like(hits), where=found > 0)
    return np.array(
        [
            average_precision(hit / there, each) if there and len(each) else (0.0 if there else np.nan)
            for hit, each, there in zip(hits, precision, labels.astype(np.float64), strict=True)
        ]
    )


def mean_of(columns: Sequence[Floats]) -> Floats:
    """Return the mean over classes of each draw, over those that have labels in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a draw without any label is nan, and left out later
        return np.asarray(np.nanmean(np.stack(columns), axis=0))
