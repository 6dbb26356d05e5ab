"""The pictures that a model is most wrong about, for people to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.detection import Box
from detector.evaluation.looking import Looked
from detector.evaluation.table import Table

MOST = 50


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A detection of nothing, at its class's threshold or above. ``box`` is in pixels of the picture."""

    picture: str
    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class Miss:
    """A label that was not found at its class's threshold.

    Parameters
    ----------
    best_score
        Of the detection that would have found it at a lower threshold; None where there is none.
    box
        Of the label, px of the picture.
    """

    picture: str
    label: str
    best_score: float | None
    box: Box


@dataclass(frozen=True, slots=True)
class Worst:
    """False alarms, surest first, and misses, the largest against their picture first."""

    false_alarms: tuple[FalseAlarm, ...]
    misses: tuple[Miss, ...]


def worst(
    table: Table, looked: Sequence[Looked], names: Sequence[str], thresholds: Mapping[int, float], most: int = MOST
) -> Worst:
    """Return the worst false alarms and misses, at most ``most`` of each.

    Parameters
    ----------
    looked
        The table's pictures.
    names
        Of all classes, by number.
    thresholds
        Of the classes to look at, by number.
    """
    least = np.array([thresholds.get(number, 2.0) for number in range(len(names))])
    wrong = np.flatnonzero((table.partner < 0) & (table.scores >= least[table.classes]))
    alarms = (
        FalseAlarm(
            looked[table.picture[place]].name,
            names[table.classes[place]],
            round(float(table.scores[place]), 4),
            _box(table.boxes[place]),
        )
        for place in wrong[:most]
    )
    score = np.full(len(table.labels), -1.0)
    taken = table.partner >= 0
    score[table.partner[taken]] = table.scores[taken]
    missed = np.flatnonzero(np.isin(table.label_class, list(thresholds)) & (score < least[table.label_class]))
    areas = np.prod(table.labels[:, 2:] - table.labels[:, :2], axis=1) / table.sizes.prod(axis=1)[table.label_picture]
    misses = (
        Miss(
            looked[table.label_picture[place]].name,
            names[table.label_class[place]],
            round(float(score[place]), 4) if score[place] >= 0 else None,
            _box(table.labels[place]),
        )
        for place in missed[np.argsort(-areas[missed], kind="stable")][:most]
    )
    return Worst(tuple(alarms), tuple(misses))


def _box(box: np.ndarray) -> Box:
    x1, y1, x2, y2 = np.round(box.astype(np.float64), 1).tolist()
    return x1, y1, x2, y2
