"""A model looks at validation pictures; its classes' calibrations and thresholds come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.calibration import Fitted, Judged, Platt, calibrate, calibration_error, held_out
from detector.evaluation.classes import Classes, match_classes
from detector.evaluation.dataset import DataSet
from detector.evaluation.errors import DataError
from detector.evaluation.looking import Looked, Looking, OnPicture
from detector.evaluation.table import Table
from detector.manifest import Curve, Entry
from detector.model import Model
from detector.thresholds import Threshold, threshold

SURE = (0.75, 0.85)
"""Scores that are called "about 80 %"."""


@dataclass(frozen=True, slots=True)
class LabelFindings:
    """What was found out about one label.

    Parameters
    ----------
    label
        As the model calls it.
    boxes
        How many were labelled.
    fitted
        Its calibration.
    asked
        The precision asked for, 0..1.
    threshold
        Where it is reached, by calibrated score; None when there is too little to choose by.
    """

    label: str
    boxes: int
    fitted: Fitted
    asked: float
    threshold: Threshold | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found out about a model's scores.

    Parameters
    ----------
    pictures
        How many were looked at.
    labels
        One each; those that the data does not label are missing.
    error_before, error_after
        Expected calibration error over all labels together, the latter on held-out halves (see ``Fitted``).
    sure, sure_right
        How many held-out detections say about 80 % (``SURE``), and how many of them are right.
    """

    pictures: int
    labels: tuple[LabelFindings, ...]
    error_before: float
    error_after: float
    sure: int
    sure_right: int

    def into(self, entry: Entry) -> Entry:
        """Return the manifest's entry with these calibrations and thresholds, in place of any before."""
        curves = {each.label: each.fitted.curve for each in self.labels if each.fitted.curve}
        return Entry.model_validate(
            {
                **entry.model_dump(exclude_unset=True),
                "calibration": {
                    label: Curve(slope=round(curve.slope, 4), offset=round(curve.offset, 4))
                    for label, curve in curves.items()
                },
                "thresholds": {each.label: each.threshold.score for each in self.labels if each.threshold},
            }
        )


def findings(
    model: Model,
    data: DataSet,
    precisions: Mapping[str, float],
    *,
    tell: Callable[[str], None],
    on_picture: OnPicture = lambda *_: None,
) -> Findings:
    """Calibrate a model on labelled pictures, and choose thresholds that are as precise as asked.

    Pictures of sources that do not label a class say nothing of it, as ``sources:`` in the data file tells.

    Parameters
    ----------
    model
        With raw scores, from ``detector.calibration.FIT_FROM`` up.
    data
        Validation pictures: those that the model was trained on would flatter it.
    precisions
        By label, 0..1; each label of the model.
    tell
        Takes one sentence for each picture or label line that is left out.
    on_picture
        Called as pictures are done.

    Raises
    ------
    DataError
        When model and labels share no class, or no picture can be read.
    KeyboardInterrupt
        When it is broken off.
    """
    classes = match_classes(data.names or model.card.labels, model.card.labels, {})
    (look,) = Looking([model], [classes], tell, on_picture).at(data)
    if not look.complete:
        raise KeyboardInterrupt
    if not look.looked or not classes.measured:
        raise DataError(f"{data.path} has no readable pictures with labels that {model.card.id} knows")
    judged = judged_by_label(look.looked, classes, data.unlabelled)
    return _found(judged, precisions, len(look.looked))


def judged_by_label(
    looked: Sequence[Looked], classes: Classes, unlabelled: Mapping[str, frozenset[str]]
) -> dict[str, Judged]:
    """Return each label's detections held against the labels, at an overlap of 0.5.

    Parameters
    ----------
    unlabelled
        By source: names of classes that its pictures show but nobody labelled.
    """
    table, sources = Table.of(looked), np.array([each.source for each in looked])
    told = {}
    for number in classes.measured:
        name = classes.names[number]
        silent = [source for source, hidden in unlabelled.items() if name in hidden]
        view = table.of_class(number, ~np.isin(sources, silent))
        told[name] = Judged(view.found.scores, view.found.right[:, 0], view.found.picture, view.count)
    return told


def _found(judged: Mapping[str, Judged], precisions: Mapping[str, float], pictures: int) -> Findings:
    told = tuple(_of_label(label, each, precisions[label]) for label, each in judged.items())
    before = _joined(judged.values())
    after = _joined(held_out(each) or each for each in judged.values())
    sure = (after.scores >= SURE[0]) & (after.scores < SURE[1])
    return Findings(
        pictures=pictures,
        labels=told,
        error_before=calibration_error(before.scores, before.right),
        error_after=calibration_error(after.scores, after.right),
        sure=int(sure.sum()),
        sure_right=int(after.right[sure].sum()),
    )


def _of_label(label: str, judged: Judged, asked: float) -> LabelFindings:
    fitted = calibrate(judged)
    chosen = threshold(judged.calibrated(fitted.curve or Platt()), asked)
    return LabelFindings(label, judged.boxes, fitted, asked, chosen)


def _joined(all_judged: Iterable[Judged]) -> Judged:
    parts = list(all_judged)
    return Judged(
        np.concatenate([each.scores for each in parts]),
        np.concatenate([each.right for each in parts]),
        np.concatenate([each.pictures for each in parts]),
        sum(each.boxes for each in parts),
    )
