"""The question a city asks: does a picture show anything of these classes, and is it flagged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.evaluation.precision import Operating, at_recall, best_f1
from detector.evaluation.table import Mask, Table

LEAST_RECALL = 0.80
_CURVE_POINTS = 50


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Precision and recall of pictures when scores from ``threshold`` up flag them."""

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class ImageFigures:
    """How well pictures that show a group of classes are told from those that do not.

    Parameters
    ----------
    classes
        A picture is positive when it has any label of these, flagged when it has any detection of these.
    pictures, positive
        How many pictures counted, and how many of them show something.
    at_threshold
        With each class's own threshold.
    best_f1, at_recall_80
        With one threshold for the group: the best F1, and the highest at which 80 % of the positives are flagged.
    curve
        From the highest threshold to the lowest.
    """

    classes: tuple[str, ...]
    pictures: int
    positive: int
    at_threshold: Operating
    best_f1: Operating | None
    at_recall_80: Operating | None
    curve: tuple[CurvePoint, ...]


def image_figures(
    table: Table, names: Sequence[str], group: Sequence[int], thresholds: Mapping[int, float], pictures: Mask
) -> ImageFigures:
    """Return how well the pictures that show any class of a group are flagged.

    Parameters
    ----------
    names
        Of all classes, by number.
    group
        Class numbers.
    thresholds
        By class number.
    pictures
        ``(P,)``: which pictures count.
    """
    positive = _shown(table, group)[pictures]
    least = np.array([thresholds.get(number, 2.0) for number in range(len(names))])
    of_group = np.isin(table.classes, group)
    flagged = np.zeros(len(table.sizes), bool)
    flagged[table.picture[of_group & (table.scores >= least[table.classes])]] = True
    best = np.zeros(len(table.sizes))
    np.maximum.at(best, table.picture[of_group], table.scores[of_group])
    own = {thresholds[number] for number in group}
    flags, scores = flagged[pictures], best[pictures]
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > 0]
    ranked, sure = positive[order], scores[order]
    there = int(positive.sum())
    right = int((flags & positive).sum())
    return ImageFigures(
        classes=tuple(names[number] for number in group),
        pictures=int(pictures.sum()),
        positive=there,
        at_threshold=Operating.of(
            own.pop() if len(own) == 1 else None, right, int(flags.sum()) - right, there - right
        ),
        best_f1=best_f1(ranked, sure, there),
        at_recall_80=at_recall(ranked, sure, there, LEAST_RECALL),
        curve=_curve(ranked, sure, there),
    )


def _shown(table: Table, group: Sequence[int]) -> Mask:
    shown = np.zeros(len(table.sizes), bool)
    shown[table.label_picture[np.isin(table.label_class, group)]] = True
    return shown


def _curve(ranked: Mask, scores: np.ndarray[tuple[int], np.dtype[np.float64]], there: int) -> tuple[CurvePoint, ...]:
    if not there or not len(ranked):
        return ()
    hits = ranked.cumsum()
    places = np.unique(np.linspace(0, len(ranked) - 1, _CURVE_POINTS).round().astype(np.intp))
    return tuple(
        CurvePoint(float(scores[place]), float(hits[place] / (place + 1)), float(hits[place] / there))
        for place in places
    )
