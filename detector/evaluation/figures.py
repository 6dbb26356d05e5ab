"""All figures of one model on one set of labelled pictures, in the form in which they are written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from detector.evaluation.classes import Classes
from detector.evaluation.confusion import Confusion, confusion
from detector.evaluation.feeds import FeedFigures, feed_figures
from detector.evaluation.images import ImageFigures, image_figures
from detector.evaluation.looking import Looked
from detector.evaluation.precision import Operating, at_threshold, average_precisions, best_f1
from detector.evaluation.reliability import Reliability, reliability
from detector.evaluation.sizes import SizeFigures, by_area, by_share
from detector.evaluation.table import Mask, Table, as_patrolled
from detector.evaluation.worst import Worst, worst


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class.

    Parameters
    ----------
    name
        As the model calls it.
    pictures, labels
        How many pictures show it, and how many labels it has.
    ap50, ap50_95
        Average precision at an overlap of 0.5, and its mean over 0.50 to 0.95; None without labels.
    ap50_labelled
        The first one without pictures of sources that do not label the class; None where no source says so.
    at_threshold, best_f1
        At the threshold in use, and at that with the best F1 on these pictures.
    image
        Pictures that show the class told from those that do not.
    reliability
        Of its scores.
    by_size, by_share
        By area in the picture's pixels (COCO's bins), and by size against the picture.
    """

    name: str
    pictures: int
    labels: int
    ap50: float | None
    ap50_95: float | None
    ap50_labelled: float | None
    at_threshold: Operating
    best_f1: Operating | None
    image: ImageFigures
    reliability: Reliability
    by_size: tuple[SizeFigures, ...]
    by_share: tuple[SizeFigures, ...]


@dataclass(frozen=True, slots=True)
class SourceClass:
    """One class in the pictures of one source; ``unlabelled`` where the source does not label it."""

    name: str
    labels: int
    ap50: float | None
    at_threshold: Operating
    unlabelled: bool


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """The pictures of one source; ``map50`` is the mean over the classes that have labels in them."""

    name: str
    pictures: int
    labels: int
    map50: float | None
    classes: tuple[SourceClass, ...]


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A class that only the labels or only the model knows, and how many labels it has."""

    name: str
    labels: int
    why: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything measured.

    Parameters
    ----------
    pictures, labels, backgrounds
        How many pictures, labels of measured classes, and pictures without any label.
    map50, map50_95
        Means over the classes that have labels; None where none has.
    feeds
        Empty where nothing says which feeds the pictures came from.
    """

    pictures: int
    labels: int
    backgrounds: int
    map50: float | None
    map50_95: float | None
    classes: tuple[ClassFigures, ...]
    groups: tuple[ImageFigures, ...]
    sources: tuple[SourceFigures, ...]
    feeds: tuple[FeedFigures, ...]
    confusion: Confusion
    not_measured: tuple[NotMeasured, ...]
    worst: Worst

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Terms:
    """How to measure.

    Parameters
    ----------
    thresholds
        By class name: scores from there up count.
    groups
        Names of classes that are one question about a picture.
    unlabelled
        By source: names of classes that nobody labelled in its pictures.
    respect_sources
        Leave those pictures out of such a class's figures; else they are counted like all others.
    """

    thresholds: Mapping[str, float]
    groups: Sequence[Sequence[str]] = ()
    unlabelled: Mapping[str, frozenset[str]] | None = None
    respect_sources: bool = False


def measure(looked: Sequence[Looked], classes: Classes, terms: Terms) -> Figures:
    """Return all figures of a look.

    Average precisions and sizes are of everything the model found; thresholds, pictures, scores, confusion and the
    worst pictures of what a patrol would see: the best class of each box.

    Parameters
    ----------
    looked
        The pictures, with what was found in them.
    classes
        How classes are numbered.
    terms
        Thresholds, groups and sources.
    """
    return _Measure(looked, classes, terms).figures()


class _Measure:
    def __init__(self, looked: Sequence[Looked], classes: Classes, terms: Terms) -> None:
        self._looked, self._classes, self._terms = looked, classes, terms
        self._all = Table.of(looked)
        self._seen = Table.of([as_patrolled(each) for each in looked])
        self._least = {number: terms.thresholds[classes.names[number]] for number in classes.measured}
        self._sources = np.array([each.source for each in looked])

    def figures(self) -> Figures:
        classes, names = self._classes, self._classes.names
        told = tuple(self._of_class(number) for number in classes.measured)
        labelled = [each for each in told if each.labels]
        return Figures(
            pictures=len(self._looked),
            labels=sum(each.labels for each in told),
            backgrounds=sum(not len(each.labels) for each in self._looked),
            map50=_mean([each.ap50 for each in labelled]),
            map50_95=_mean([each.ap50_95 for each in labelled]),
            classes=told,
            groups=tuple(self._of_group(group) for group in self._terms.groups),
            sources=tuple(self._of_source(source) for source in dict.fromkeys(sorted(self._sources.tolist()))),
            feeds=feed_figures(self._seen, [each.feed for each in self._looked], self._least, self._labelled),
            confusion=confusion(
                self._seen, names, sorted(classes.in_data), sorted(classes.in_model), self._thresholds()
            ),
            not_measured=tuple(self._not_measured()),
            worst=worst(self._seen, self._looked, names, self._least),
        )

    def _of_class(self, number: int) -> ClassFigures:
        name, counted = self._classes.names[number], self._counted(number)
        everything, seen = self._all.of_class(number, counted), self._seen.of_class(number, counted)
        right, scores, count = seen.found.right[:, 0], seen.found.scores, everything.count
        precisions = average_precisions(everything.found.right, count) if count else None
        return ClassFigures(
            name=name,
            pictures=everything.pictures,
            labels=count,
            ap50=float(precisions[0]) if precisions is not None else None,
            ap50_95=float(precisions.mean()) if precisions is not None else None,
            ap50_labelled=self._labelled_ap50(number) if self._hidden(name) else None,
            at_threshold=at_threshold(right, scores, count, self._least[number]),
            best_f1=best_f1(right, scores, count),
            image=image_figures(self._seen, self._classes.names, [number], self._least, counted),
            reliability=reliability(scores, right),
            by_size=by_area(everything, self._least[number]),
            by_share=by_share(everything, self._least[number]),
        )

    def _labelled_ap50(self, number: int) -> float | None:
        return _ap50(self._all, number, self._labelled(number))

    def _of_group(self, group: Sequence[str]) -> ImageFigures:
        numbers = [self._classes.number(name) for name in group]
        counted = np.logical_and.reduce([self._counted(number) for number in numbers])
        return image_figures(self._seen, self._classes.names, numbers, self._least, counted)

    def _of_source(self, source: str) -> SourceFigures:
        here = self._sources == source
        told = tuple(self._of_source_class(source, number, here) for number in self._classes.measured)
        return SourceFigures(
            name=source,
            pictures=int(here.sum()),
            labels=sum(each.labels for each in told),
            map50=_mean([each.ap50 for each in told]),
            classes=told,
        )

    def _of_source_class(self, source: str, number: int, here: Mask) -> SourceClass:
        seen = self._seen.of_class(number, here)
        name = self._classes.names[number]
        return SourceClass(
            name=name,
            labels=seen.count,
            ap50=_ap50(self._all, number, here),
            at_threshold=at_threshold(seen.found.right[:, 0], seen.found.scores, seen.count, self._least[number]),
            unlabelled=source in self._hidden(name),
        )

    def _not_measured(self) -> list[NotMeasured]:
        names = self._classes.names
        counts = np.bincount(self._all.label_class, minlength=len(names))
        unknown = sorted(self._classes.in_data - self._classes.in_model)
        absent = sorted(self._classes.in_model - self._classes.in_data)
        return [
            *(NotMeasured(names[number], int(counts[number]), "the model does not know it") for number in unknown),
            *(NotMeasured(names[number], 0, "the data does not label it") for number in absent),
        ]

    def _counted(self, number: int) -> Mask:
        """Return which pictures count for a class."""
        if not self._terms.respect_sources:
            return np.ones(len(self._looked), bool)
        return self._labelled(number)

    def _labelled(self, number: int) -> Mask:
        """Return which pictures are of a source that labels a class."""
        return ~np.isin(self._sources, self._hidden(self._classes.names[number]))

    def _hidden(self, name: str) -> list[str]:
        """Return the sources that show a class without labelling it."""
        return [source for source, hidden in (self._terms.unlabelled or {}).items() if name in hidden]

    def _thresholds(self) -> dict[int, float]:
        known = {name: self._terms.thresholds.get(name) for name in self._classes.names}
        return {self._classes.number(name): least for name, least in known.items() if least is not None}


def _ap50(table: Table, number: int, pictures: Mask) -> float | None:
    view = table.of_class(number, pictures)
    return float(average_precisions(view.found.right[:, :1], view.count)[0]) if view.count else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
