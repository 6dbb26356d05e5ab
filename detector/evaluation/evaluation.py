"""What was measured, of which model, on which pictures, and how: the whole of it, as it is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detector.evaluation.classes import match_classes
from detector.evaluation.dataset import DataSet
from detector.evaluation.errors import DataError
from detector.evaluation.figures import Figures, Terms, measure
from detector.evaluation.labels import Tell, Trouble
from detector.evaluation.looking import Look, Looking, OnPicture
from detector.model import Model, ModelCard

DEFAULT_GROUP = ("garbage", "overflow")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure on.

    Parameters
    ----------
    data
        The pictures.
    renamed
        What the model calls a class of the data; an empty name leaves it out.
    threshold
        One for all classes; None means each class's own, as the weights come with it.
    groups
        Names of classes that are one question about a picture; None means garbage or overflow, if both are measured.
    respect_sources
        Leave the pictures of sources that do not label a class out of that class's figures.
    """

    data: DataSet
    renamed: Mapping[str, str]
    threshold: float | None = None
    groups: Sequence[Sequence[str]] | None = None
    respect_sources: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of one model, with what they are of.

    Parameters
    ----------
    card
        The model.
    plan
        The pictures and terms.
    look
        What was seen, skipped and spent.
    figures
        All figures.
    trouble
        One sentence for each picture or line that was left out.
    """

    card: ModelCard
    plan: Plan
    look: Look
    figures: Figures
    trouble: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values: ``version, model, data, cost, trouble`` and the keys of ``Figures``.

        Counts stand beside every figure; what cannot be said (no labels, no detections) is null.
        """
        data = self.plan.data
        return {
            "version": 1,
            "model": {
                "id": self.card.id,
                "backend": self.card.backend,
                "input_px": self.card.input_px,
                "labels": list(self.card.labels),
                "sha256": self.card.sha256,
                "calibrated": self.card.calibrated,
            },
            "data": {
                "file": data.path.name,
                "split": data.split,
                "pictures_found": len(data.pictures),
                "pictures_skipped": self.look.skipped,
                "complete": self.look.complete,
                "mapped": dict(self.plan.renamed),
                "sources_respected": self.plan.respect_sources,
            },
            "cost": {"cpu_ms_per_picture": self.look.cpu_ms_per_picture},
            "trouble": list(self.trouble),
            **self.figures.as_json(),
        }


def evaluate(model: Model, plan: Plan, tell: Tell, on_picture: OnPicture) -> Evaluation:
    """Measure a model on labelled pictures.

    Parameters
    ----------
    model
        Loaded so that it answers from a low score up, 0.001 for figures that compare with others'.
    plan
        Pictures and terms.
    tell
        Takes one sentence for each picture or line that is left out.
    on_picture
        Called as pictures are done.

    Raises
    ------
    DataError
        When the model and the labels share no class, a class that is named does not exist, or no picture could be
        used.
    """
    trouble = Trouble(tell)
    classes = match_classes(plan.data.names or model.card.labels, model.card.labels, plan.renamed)
    if not classes.measured:
        raise DataError(
            f"{plan.data.path} labels {', '.join(plan.data.names or ())}, none of which {model.card.id} knows; "
            f"it knows {', '.join(model.card.labels)}: say with --map THEIRS=OURS which are the same"
        )
    groups = groups_of(plan.groups, [classes.names[number] for number in classes.measured])
    (look,) = Looking([model], [classes], trouble, on_picture).at(plan.data)
    if not look.looked:
        raise DataError(f"{plan.data.path}: none of its {len(plan.data.pictures)} pictures was looked at")
    terms = Terms(thresholds_of(model.card, plan.threshold), groups, plan.data.unlabelled, plan.respect_sources)
    return Evaluation(model.card, plan, look, measure(look.looked, classes, terms), tuple(trouble.sentences))


def thresholds_of(card: ModelCard, stated: float | None) -> dict[str, float]:
    """Return from which score each label of a model counts."""
    return {label: card.threshold(label) if stated is None else stated for label in card.labels}


def groups_of(groups: Sequence[Sequence[str]] | None, measured: Sequence[str]) -> Sequence[Sequence[str]]:
    """Return the groups that are asked for, or the usual one if it is measured.

    Raises
    ------
    DataError
        When a class that is asked for is not measured.
    """
    if groups is None:
        return [DEFAULT_GROUP] if set(DEFAULT_GROUP) <= set(measured) else []
    for name in (name for group in groups for name in group):
        if name not in measured:
            raise DataError(f"--group: class {name!r} is not measured; measured are: {', '.join(measured)}")
    return groups
