"""All labels and detections of a look in columns, matched: what every figure is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.looking import Looked
from detector.evaluation.matching import OVERLAPS, match
from detector.letterbox import Boxes

Mask = NDArray[np.bool_]
Numbers = NDArray[np.intp]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Table:
    """Labels and detections of many pictures.

    Parameters
    ----------
    sizes
        ``(P, 2)``: width and height of each picture, px.
    label_picture, label_class, labels
        ``(M,)``, ``(M,)`` and ``(M, 4)`` px.
    picture, classes, scores, boxes
        ``(N,)``, ``(N,)``, ``(N,)`` and ``(N, 4)`` px of the detections, best score of all first.
    right
        ``(N, 10)``: whether a detection is right at each overlap.
    partner
        ``(N,)``: position of the label that a detection took at an overlap of 0.5, or -1.
    """

    sizes: Numbers
    label_picture: Numbers
    label_class: Numbers
    labels: Boxes
    picture: Numbers
    classes: Numbers
    scores: NDArray[np.float64]
    boxes: Boxes
    right: Mask
    partner: Numbers

    @classmethod
    def of(cls, looked: Sequence[Looked]) -> Table:
        """Return the table of these pictures."""
        first_label = np.cumsum([0, *(len(each.labels) for each in looked)])
        matched = [match(each.label_classes, each.labels, each.classes, each.boxes) for each in looked]
        partner = [np.where(own >= 0, own + first, -1) for (_, own), first in zip(matched, first_label, strict=False)]
        table = cls(
            sizes=np.array([(each.width, each.height) for each in looked], np.intp).reshape(-1, 2),
            label_picture=np.repeat(np.arange(len(looked)), [len(each.labels) for each in looked]),
            label_class=_joined([each.label_classes for each in looked], np.zeros(0, np.intp)),
            labels=_joined([each.labels for each in looked], np.zeros((0, 4), np.float32)),
            picture=np.repeat(np.arange(len(looked)), [len(each.boxes) for each in looked]),
            classes=_joined([each.classes for each in looked], np.zeros(0, np.intp)),
            scores=_joined([each.scores for each in looked], np.zeros(0)),
            boxes=_joined([each.boxes for each in looked], np.zeros((0, 4), np.float32)),
            right=_joined([right for right, _ in matched], np.zeros((0, len(OVERLAPS)), bool)),
            partner=_joined(partner, np.zeros(0, np.intp)),
        )
        return table.found(np.argsort(-table.scores, kind="stable"))

    def found(self, which: Numbers | Mask) -> Table:
        """Return the table with these detections only, in this order; the labels stay."""
        return replace(
            self,
            picture=self.picture[which],
            classes=self.classes[which],
            scores=self.scores[which],
            boxes=self.boxes[which],
            right=self.right[which],
            partner=self.partner[which],
        )

    def of_class(self, number: int, pictures: Mask) -> ClassView:
        """Return a class's detections, and how many labels it has, in some of the pictures.

        Parameters
        ----------
        pictures
            ``(P,)``: which pictures count.
        """
        return ClassView(
            self.found((self.classes == number) & pictures[self.picture]),
            (self.label_class == number) & pictures[self.label_picture],
        )


@dataclass(frozen=True, slots=True)
class ClassView:
    """One class in some of the pictures.

    Parameters
    ----------
    found
        Its detections in these pictures.
    labels
        ``(M,)``: which of the table's labels are of this class and in these pictures.
    """

    found: Table
    labels: Mask

    @property
    def count(self) -> int:
        """How many labels there are."""
        return int(self.labels.sum())

    @property
    def pictures(self) -> int:
        """In how many pictures they are."""
        return len(np.unique(self.found.label_picture[self.labels]))


def as_patrolled(looked: Looked) -> Looked:
    """Return a picture with only the best class of each box, as a patrol would see it.

    A model that looks as a validator says of one box every class it may be.
    """
    _, first = np.unique(looked.boxes, axis=0, return_index=True)
    kept = np.sort(first)
    return replace(looked, classes=looked.classes[kept], scores=looked.scores[kept], boxes=looked.boxes[kept])


def _joined(parts: Sequence[NDArray[T]], empty: NDArray[T]) -> NDArray[T]:
    return np.concatenate([empty, *parts])
