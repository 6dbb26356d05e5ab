"""A model whose scores are probabilities: any model, with the calibration its weights came with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from detector.calibration import Platt
from detector.detection import Detection
from detector.model import Image, Model, ModelCard

LEAST_RAW = 0.01
"""However low a calibrated score is asked for: below this a model answers with hundreds of boxes a picture."""
_AS_IT_IS = Platt()


class Calibrated:
    """A model that says how likely it is right; see ``detector.calibration``.

    Parameters
    ----------
    model
        Gives the scores; it must answer from ``raw_score(calibration, min_score)`` up.
    calibration
        By label; a label without one keeps its scores.
    min_score
        Detections whose calibrated score is above this are returned.
    """

    def __init__(self, model: Model, calibration: Mapping[str, Platt], min_score: float) -> None:
        self._model = model
        self._calibration = dict(calibration)
        self._min_score = min_score
        self._card = replace(model.card, calibrated=True)

    @property
    def card(self) -> ModelCard:
        """What is known of the weights."""
        return self._card

    def detect(self, images: Sequence[Image]) -> list[tuple[Detection, ...]]:
        """Return each image's detections, highest calibrated score first; see ``Model.detect``."""
        return [self._calibrated(found) for found in self._model.detect(images)]

    def close(self) -> None:
        """Give back memory and threads."""
        self._model.close()

    def _calibrated(self, found: Sequence[Detection]) -> tuple[Detection, ...]:
        told = [replace(each, score=self._curve(each.label)(each.score)) for each in found]
        kept = [each for each in told if each.score > self._min_score]
        return tuple(sorted(kept, key=lambda each: -each.score))

    def _curve(self, label: str) -> Platt:
        return self._calibration.get(label, _AS_IT_IS)


def raw_score(calibration: Mapping[str, Platt], labels: Sequence[str], min_score: float) -> float:
    """Return from which score of its own a model must answer, so that no calibrated one above ``min_score`` is lost.

    Parameters
    ----------
    calibration
        By label.
    labels
        All of the model's; one without calibration keeps its scores.
    min_score
        Calibrated, 0..1.

    >>> raw_score({"bin": Platt(1, -2)}, ["bin"], 0.05) > 0.05
    True
    >>> raw_score({"bin": Platt(1, -2)}, ["bin", "ad"], 0.05)
    0.05
    """
    least = min(calibration[label].back(min_score) if label in calibration else min_score for label in labels)
    return max(least, min(LEAST_RAW, min_score))
