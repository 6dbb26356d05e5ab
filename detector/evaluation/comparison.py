"""Two models side by side on the same pictures, and whether they differ beyond chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from detector.evaluation.bootstrap import RESAMPLES, Difference, draw, drawn_ap50, mean_of
from detector.evaluation.classes import Classes, match_classes
from detector.evaluation.errors import DataError
from detector.evaluation.evaluation import Plan, groups_of, thresholds_of
from detector.evaluation.figures import Figures, Terms, measure
from detector.evaluation.labels import Tell, Trouble
from detector.evaluation.looking import Look, Looking, OnPicture
from detector.evaluation.precision import Floats, average_precisions
from detector.evaluation.table import Mask, Numbers, Table
from detector.model import Model, ModelCard


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two models."""

    card: ModelCard
    look: Look
    classes: Classes
    figures: Figures

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "id": self.card.id,
            "backend": self.card.backend,
            "input_px": self.card.input_px,
            "sha256": self.card.sha256,
            "cpu_ms_per_picture": self.look.cpu_ms_per_picture,
            "map50": self.figures.map50,
            "map50_95": self.figures.map50_95,
            "classes": [
                {"name": each.name, "ap50_95": each.ap50_95, "at_threshold": asdict(each.at_threshold)}
                for each in self.figures.classes
            ],
            "groups": [
                {"classes": list(each.classes), "at_threshold": asdict(each.at_threshold)}
                for each in self.figures.groups
            ],
            "feeds": [{"name": each.name, "at_threshold": asdict(each.at_threshold)} for each in self.figures.feeds],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models A and B side by side; every difference is B minus A, of average precision at an overlap of 0.5.

    Parameters
    ----------
    a, b
        The models.
    mean
        Over the classes that both know and that have labels.
    classes, sources, feeds
        By class; and the mean over classes, by source and by feed (none where nothing says the pictures' feeds).
    not_compared
        Names of classes in the labels that one of the two does not know.
    resamples, seed
        Of the bootstrap.
    trouble
        One sentence for each picture or line that was left out.
    """

    a: Side
    b: Side
    mean: Difference
    classes: tuple[Difference, ...]
    sources: tuple[Difference, ...]
    feeds: tuple[Difference, ...]
    not_compared: tuple[str, ...]
    resamples: int
    seed: int
    trouble: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values: the fields' names, and ``version``, ``pictures``, ``complete``."""
        return {
            "version": 1,
            "pictures": len(self.a.look.looked),
            "pictures_skipped": self.a.look.skipped,
            "complete": self.a.look.complete,
            "a": self.a.as_json(),
            "b": self.b.as_json(),
            "mean": asdict(self.mean),
            "classes": [asdict(each) for each in self.classes],
            "sources": [asdict(each) for each in self.sources],
            "feeds": [asdict(each) for each in self.feeds],
            "not_compared": list(self.not_compared),
            "resamples": self.resamples,
            "seed": self.seed,
            "trouble": list(self.trouble),
        }


def compare(
    models: tuple[Model, Model],
    plan: Plan,
    *,
    tell: Tell,
    on_picture: OnPicture,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Let two models look at the same pictures in turn, and say what differs beyond chance.

    Parameters
    ----------
    models
        A and B.
    plan
        Pictures and terms; label files without class names are not enough here.
    tell, on_picture
        As for ``evaluate``.
    resamples, seed
        Of the bootstrap: the same seed gives the same numbers.

    Raises
    ------
    DataError
        When the three have no class in common, or no picture could be used.
    """
    names = plan.data.names or models[0].card.labels
    both = [match_classes(names, model.card.labels, plan.renamed) for model in models]
    shared = _shared(both, models, plan)
    trouble = Trouble(tell)
    looks = Looking(models, both, trouble, on_picture).at(plan.data)
    if not looks[0].looked:
        raise DataError(f"{plan.data.path}: none of its {len(plan.data.pictures)} pictures was looked at")
    pair = _Pair(looks, both, shared, _hidden(plan), draws=(resamples, seed))
    everything = np.arange(len(looks[0].looked))
    a, b = (_side(*each, plan) for each in zip(models, looks, both, strict=True))
    return Comparison(
        a=a,
        b=b,
        mean=pair.mean("mean", everything),
        classes=pair.by_class(everything),
        sources=pair.by_source(),
        feeds=pair.by_feed(),
        not_compared=tuple(
            both[0].names[number] for number in sorted(both[0].in_data) if both[0].names[number] not in shared
        ),
        resamples=resamples,
        seed=seed,
        trouble=tuple(trouble.sentences),
    )


def _shared(both: Sequence[Classes], models: Sequence[Model], plan: Plan) -> list[str]:
    measured = [{each.names[number] for number in each.measured} for each in both]
    shared = [name for name in both[0].names if all(name in known for known in measured)]
    if not shared:
        raise DataError(
            f"{plan.data.path}, {models[0].card.id} and {models[1].card.id} have no class in common; "
            "say with --map THEIRS=OURS which are the same"
        )
    return shared


def _side(model: Model, look: Look, classes: Classes, plan: Plan) -> Side:
    groups = groups_of(plan.groups, [classes.names[number] for number in classes.measured])
    terms = Terms(thresholds_of(model.card, plan.threshold), groups, plan.data.unlabelled, plan.respect_sources)
    return Side(model.card, look, classes, measure(look.looked, classes, terms))


def _hidden(plan: Plan) -> Mapping[str, list[str]]:
    """Return by class which sources' pictures are left out of it."""
    stated = plan.data.unlabelled if plan.respect_sources else {}
    names = {name for hidden in stated.values() for name in hidden}
    return {name: [source for source, hidden in stated.items() if name in hidden] for name in names}


class _Pair:
    """Both looks as tables, and the draws of their pictures."""

    def __init__(
        self,
        looks: Sequence[Look],
        classes: Sequence[Classes],
        shared: Sequence[str],
        hidden: Mapping[str, list[str]],
        *,
        draws: tuple[int, int],
    ) -> None:
        self._tables = [Table.of(look.looked) for look in looks]
        self._classes = classes
        self._shared = shared
        self._sources = np.array([each.source for each in looks[0].looked])
        self._feeds = np.array([each.feed or "" for each in looks[0].looked])
        self._hidden = hidden
        self._resamples, self._seed = draws

    def by_class(self, chosen: Numbers) -> tuple[Difference, ...]:
        draws = draw(len(chosen), self._resamples, self._seed)
        return tuple(self._of_class(name, chosen, self._drawn(name, chosen, draws)) for name in self._shared)

    def by_source(self) -> tuple[Difference, ...]:
        names = sorted(set(self._sources.tolist()))
        return tuple(self.mean(name, np.flatnonzero(self._sources == name)) for name in names)

    def by_feed(self) -> tuple[Difference, ...]:
        names = sorted(set(self._feeds.tolist()) - {""})
        return tuple(self.mean(name, np.flatnonzero(self._feeds == name)) for name in names)

    def mean(self, name: str, chosen: Numbers) -> Difference:
        """Return the difference of the means over the classes that have labels in some of the pictures."""
        labelled = [each for each in self._shared if self._labels(each, chosen)]
        counts = len(chosen), sum(self._labels(each, chosen) for each in labelled)
        if not labelled:
            return Difference.of(name, counts, None, None, np.zeros(0))
        draws = draw(len(chosen), self._resamples, self._seed)
        drawn = [self._drawn(each, chosen, draws) for each in labelled]
        a, b = (float(np.mean([self._ap50(side, each, chosen) for each in labelled])) for side in (0, 1))
        return Difference.of(name, counts, a, b, mean_of(drawn))

    def _of_class(self, name: str, chosen: Numbers, drawn: Floats) -> Difference:
        count = self._labels(name, chosen)
        a, b = (self._ap50(side, name, chosen) if count else None for side in (0, 1))
        return Difference.of(name, (len(chosen), count), a, b, drawn)

    def _drawn(self, name: str, chosen: Numbers, draws: np.ndarray[Any, np.dtype[np.float32]]) -> Floats:
        counted = self._labelled(name)[chosen]
        a, b = (
            drawn_ap50(table, classes.number(name), chosen[counted], draws[:, counted])
            for table, classes in zip(self._tables, self._classes, strict=True)
        )
        return b - a

    def _ap50(self, side: int, name: str, chosen: Numbers) -> float:
        view = self._tables[side].of_class(self._classes[side].number(name), self._mask(name, chosen))
        return float(average_precisions(view.found.right[:, :1], view.count)[0])

    def _labels(self, name: str, chosen: Numbers) -> int:
        return self._tables[0].of_class(self._classes[0].number(name), self._mask(name, chosen)).count

    def _mask(self, name: str, chosen: Numbers) -> Mask:
        mask = np.zeros(len(self._sources), bool)
        mask[chosen] = True
        return mask & self._labelled(name)

    def _labelled(self, name: str) -> Mask:
        """Return which pictures count for a class: all, or those whose source labels it."""
        return ~np.isin(self._sources, self._hidden.get(name, []))
