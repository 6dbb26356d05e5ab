"""How well vending is seen, picture by picture: by the rule alone, by the learned class alone, and by both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from configs.context import context_of
from configs.settings import VendingSettings
from detector.detection import Box, Detection
from detector.evaluation.classes import match_classes
from detector.evaluation.dataset import DataSet
from detector.evaluation.errors import DataError
from detector.evaluation.looking import Looked, Looking
from detector.model import Model
from gridmap.vending import STALL, VendingRule, sees_vending

WAYS = ("rule", "learned", "both")
"""By the rule without the learned class, by the learned class without the rule, and by both as the patrol does it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One picture.

    Parameters
    ----------
    name, source
        Its file, and where it comes from.
    labelled
        False where stalls in pictures of this source were not labelled: what is found there may be right.
    vending
        Whether a stall is labelled in it.
    seen
        By way: whether a stall was seen.
    """

    name: str
    source: str
    labelled: bool
    vending: bool
    seen: Mapping[str, bool]


@dataclass(slots=True)
class Tally:
    """Pictures of one source (or of several), by one way of seeing."""

    pictures: int = 0
    vending: int = 0
    found: int = 0
    false_alarms: int = 0
    missed_names: list[str] = field(default_factory=list)
    false_names: list[str] = field(default_factory=list)

    def add(self, judged: Judged, way: str) -> None:
        """Count one picture."""
        seen = judged.seen[way]
        self.pictures += 1
        self.vending += judged.vending
        self.found += judged.vending and seen
        self.false_alarms += seen and not judged.vending
        if seen != judged.vending:
            (self.missed_names if judged.vending else self.false_names).append(judged.name)

    @property
    def recall(self) -> float | None:
        """Share of the pictures with stalls in which one was seen; None without any."""
        return self.found / self.vending if self.vending else None

    @property
    def precision(self) -> float | None:
        """Share of the pictures in which a stall was seen that show one; None where none was seen."""
        seen = self.found + self.false_alarms
        return self.found / seen if seen else None

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 where nothing was found."""
        return 2 * self.found / max(1, self.vending + self.found + self.false_alarms)

    def as_json(self) -> dict[str, Any]:
        """Return counts, shares and the names of the pictures that were judged wrongly."""
        return {
            "pictures": self.pictures,
            "with_stalls": self.vending,
            "found": self.found,
            "false_alarms": self.false_alarms,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "missed": self.missed_names,
            "false": self.false_names,
        }


@dataclass(frozen=True, slots=True)
class Trial:
    """All pictures, judged."""

    model_id: str
    by_rule: bool
    by_class: bool
    judged: Sequence[Judged]

    def tally(self, way: str, *, source: str | None = None) -> Tally:
        """Return the counts of one source, or of all sources whose stalls are labelled."""
        tally = Tally()
        for each in self.judged:
            if each.labelled if source is None else each.source == source:
                tally.add(each, way)
        return tally

    @property
    def sources(self) -> list[str]:
        """Every source, by name."""
        return sorted({each.source for each in self.judged})

    @property
    def learned_helps(self) -> bool | None:
        """Whether both together have a higher F1 than the rule alone; None where there is nothing to compare."""
        if not (self.by_class and self.by_rule and any(each.vending for each in self.judged)):
            return None
        return self.tally("both").f1 > self.tally("rule").f1

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        ways = {way: {"all": self.tally(way).as_json()} for way in WAYS}
        for source in self.sources:
            for way in WAYS:
                ways[way][source] = self.tally(way, source=source).as_json()
        return {
            "model": self.model_id,
            "by_rule": self.by_rule,
            "by_class": self.by_class,
            "learned_helps": self.learned_helps,
            **ways,
        }


def try_vending(
    model: Model,
    data: Iterable[DataSet],
    settings: VendingSettings,
    *,
    min_score: float,
    tell: Callable[[str], None],
    on_picture: Callable[[int, int], None] = lambda *_: None,
) -> Trial:
    """Let a model look at labelled pictures and judge each by the three ways.

    Parameters
    ----------
    model
        Gives detections from a low score up.
    data
        Pictures whose stalls are labelled as class ``stall``.
    settings
        Of the rule.
    min_score
        A stall of at least this score is seen, 0..1.
    tell
        Takes one sentence for each picture or line that cannot be used.
    on_picture
        Takes how many pictures of a data set are done, and of how many.

    Raises
    ------
    DataError
        The data has no class ``stall``, or none of its pictures can be looked at.
    KeyboardInterrupt
        When it is broken off: half a trial says nothing.
    """
    labels = model.card.labels
    judge = _Judge(settings, min_score, by_rule=sees_vending(labels))
    judged = [each for one in data for each in _judged(model, one, judge, tell, on_picture)]
    return Trial(model.card.id, judge.by_rule, STALL in labels, judged)


def _judged(
    model: Model,
    data: DataSet,
    judge: _Judge,
    tell: Callable[[str], None],
    on_picture: Callable[[int, int], None],
) -> Iterator[Judged]:
    if STALL not in (data.names or ()):
        raise DataError(f"{data.path} has no class {STALL!r}; name it under names: and label pictures with it")
    classes = match_classes(data.names or (), model.card.labels, {})
    (look,) = Looking([model], [classes], tell, on_picture).at(data)
    if not look.complete:
        raise KeyboardInterrupt
    if not look.looked:
        raise DataError(f"{data.path}: {data.split}: none of its {len(data.pictures)} pictures can be looked at")
    for looked in look.looked:
        yield Judged(
            name=looked.name,
            source=looked.source,
            labelled=STALL not in data.unlabelled.get(looked.source, ()),
            vending=classes.names.index(STALL) in looked.label_classes,
            seen=judge.seen(_detections(looked, classes.names, model.card.id)),
        )


def _detections(looked: Looked, names: Sequence[str], model_id: str) -> list[Detection]:
    rows = zip(looked.classes.tolist(), looked.scores.tolist(), looked.boxes.tolist(), strict=True)
    return [Detection(context_of(names[number]), score, _box(box), model_id) for number, score, box in rows]


def _box(values: Sequence[float]) -> Box:
    x1, y1, x2, y2 = values
    return (x1, y1, x2, y2)


class _Judge:
    """Says of one picture's detections by which ways a stall is seen."""

    def __init__(self, settings: VendingSettings, min_score: float, *, by_rule: bool) -> None:
        weights = settings.weights.model_copy(update={STALL: 0.0})
        self._rules = {
            "rule": VendingRule(settings.model_copy(update={"weights": weights})),
            "both": VendingRule(settings),
        }
        self._min_score = min_score
        self.by_rule = by_rule

    def seen(self, detections: Sequence[Detection]) -> dict[str, bool]:
        learned = [each for each in detections if each.label == STALL]
        return {way: self._any(self._stalls(way, detections, learned)) for way in WAYS}

    def _stalls(self, way: str, detections: Sequence[Detection], learned: Sequence[Detection]) -> Iterable[Detection]:
        if way == "learned" or not self.by_rule:
            return () if way == "rule" else learned
        return self._rules[way].composites(detections)

    def _any(self, stalls: Iterable[Detection]) -> bool:
        return any(stall.score >= self._min_score for stall in stalls)
