"""What is taken for what, and for background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.evaluation.matching import overlaps
from detector.evaluation.table import Table

BACKGROUND = "(background)"
OVERLAP = 0.45
"""As in Ultralytics' confusion matrix."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of labels (rows) by what was detected there (columns), scores at the thresholds and above.

    Parameters
    ----------
    overlap
        Intersection over union above which a detection is of a label, whatever their classes.
    labels, found
        Names of rows and columns; the last of each is the background: detections of nothing, labels not found.
    counts
        ``counts[row][column]``.
    """

    overlap: float
    labels: tuple[str, ...]
    found: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


def confusion(
    table: Table, names: Sequence[str], rows: Sequence[int], columns: Sequence[int], thresholds: Mapping[int, float]
) -> Confusion:
    """Return the confusion: each detection, best score first, takes the free label that it covers best.

    Parameters
    ----------
    names
        Of all classes, by number.
    rows, columns
        Class numbers of the labels, and of the detections, to count.
    thresholds
        By class number; classes without one are not counted.
    """
    least = np.array([thresholds.get(number, 2.0) for number in range(len(names))])
    table = table.found(np.isin(table.classes, columns) & (table.scores >= least[table.classes]))
    row_of = {number: place for place, number in enumerate(rows)}
    column_of = {number: place for place, number in enumerate(columns)}
    counts = np.zeros((len(rows) + 1, len(columns) + 1), int)
    taken = np.full(len(table.labels), -1)
    for picture in range(len(table.sizes)):
        labels = np.flatnonzero((table.label_picture == picture) & np.isin(table.label_class, rows))
        for place, label in _pairs(table, np.flatnonzero(table.picture == picture), labels):
            column = column_of[int(table.classes[place])]
            counts[row_of[int(table.label_class[label])] if label >= 0 else len(rows), column] += 1
            if label >= 0:
                taken[label] = place
    for label in np.flatnonzero((taken < 0) & np.isin(table.label_class, rows)).tolist():
        counts[row_of[int(table.label_class[label])], len(columns)] += 1
    return Confusion(
        OVERLAP,
        (*(names[number] for number in rows), BACKGROUND),
        (*(names[number] for number in columns), BACKGROUND),
        tuple(tuple(map(int, row)) for row in counts),
    )


def _pairs(table: Table, found: np.ndarray, labels: np.ndarray) -> list[tuple[int, int]]:
    """Return each detection of a picture with the label it takes, or -1."""
    shares = overlaps(table.labels[labels], table.boxes[found])
    pairs = []
    for column, place in enumerate(found):
        row = int(shares[:, column].argmax()) if len(labels) else -1
        taken = row >= 0 and shares[row, column] > OVERLAP
        pairs.append((int(place), int(labels[row]) if taken else -1))
        if taken:
            shares[row] = 0
    return pairs
