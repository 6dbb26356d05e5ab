"""An evaluation as tables of text, for a terminal and for a report alike: every figure beside its counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detector.evaluation.bootstrap import Difference
from detector.evaluation.comparison import Comparison
from detector.evaluation.evaluation import Evaluation
from detector.evaluation.feeds import FeedFigures
from detector.evaluation.figures import ClassFigures, Figures, SourceFigures
from detector.evaluation.images import ImageFigures
from detector.evaluation.precision import Operating
from detector.evaluation.reliability import Reliability
from detector.evaluation.sizes import SizeFigures

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table; the first column is names, the others are figures."""

    title: str
    head: Row
    rows: tuple[Row, ...]


def headline(told: Evaluation) -> str:
    """Return what was measured, in one sentence."""
    figures, look, data = told.figures, told.look, told.plan.data
    skipped = f", {look.skipped} left out" if look.skipped else ""
    return (
        f"{told.card.id} ({told.card.backend}, {told.card.input_px} px) on {data.path.name} {data.split}: "
        f"mAP50 {share(figures.map50)}, mAP50-95 {share(figures.map50_95)} over "
        f"{sum(each.labels > 0 for each in figures.classes)} classes; "
        f"{figures.pictures} pictures{skipped}{'' if look.complete else ', broken off'}, "
        f"{figures.labels} labels, {figures.backgrounds} pictures without any; "
        f"{look.cpu_ms_per_picture} ms CPU a picture"
    )


def sections(told: Evaluation) -> Iterator[Section]:
    """Return every table, most important first; empty ones are left out."""
    figures = told.figures
    yield _classes(figures)
    yield _pictures(figures)
    yield _sizes(figures)
    yield _sources(figures)
    if figures.feeds:
        yield _feeds(figures)
    yield _confusion(figures)
    yield _reliability(figures)
    if figures.not_measured:
        rows = tuple((each.name, str(each.labels), each.why) for each in figures.not_measured)
        yield Section("Not measured", ("class", "labels", "why"), rows)


def share(value: float | None) -> str:
    """Return a share with three digits, or a dash where there is none.

    >>> share(0.5), share(None)
    ('0.500', '-')
    """
    return "-" if value is None else f"{value:.3f}"


def _of(value: float | None, part: int, whole: int) -> str:
    return f"{share(value)} ({part}/{whole})" if whole else "-"


def _precision(at: Operating) -> str:
    return _of(at.precision, at.right, at.right + at.wrong)


def _recall(at: Operating) -> str:
    return _of(at.recall, at.right, at.right + at.missed)


def _classes(figures: Figures) -> Section:
    labelled = any(each.ap50_labelled is not None for each in figures.classes)
    head = ("class", "pictures", "labels", "AP50", "AP50-95", *(("AP50 where labelled",) if labelled else ()))
    at = ("threshold", "precision", "recall", "F1", "best F1")
    return Section("Classes", (*head, *at), tuple(_class(each, labelled=labelled) for each in figures.classes))


def _class(told: ClassFigures, *, labelled: bool) -> Row:
    at, best = told.at_threshold, told.best_f1
    where = (share(told.ap50_labelled),) if labelled else ()
    return (
        *(told.name, str(told.pictures), str(told.labels), share(told.ap50), share(told.ap50_95), *where),
        *(share(at.threshold), _precision(at), _recall(at), share(at.f1)),
        f"{share(best.f1)} at {share(best.threshold)}" if best else "-",
    )


def _pictures(figures: Figures) -> Section:
    head = ("pictures that show", "positive", "threshold", "precision", "recall", "F1", "precision at recall 0.80")
    every = (*figures.groups, *(each.image for each in figures.classes))
    return Section("Whole pictures", head, tuple(_picture(each) for each in every))


def _picture(told: ImageFigures) -> Row:
    at, enough = told.at_threshold, told.at_recall_80
    return (
        " or ".join(told.classes),
        f"{told.positive}/{told.pictures}",
        "own" if at.threshold is None else share(at.threshold),
        *(_precision(at), _recall(at), share(at.f1)),
        f"{_precision(enough)} at {share(enough.threshold)}" if enough else "not reached",
    )


def _sizes(figures: Figures) -> Section:
    every = [(each.name, size) for each in figures.classes for size in (*each.by_size, *each.by_share)]
    rows = tuple(_size(name, size) for name, size in every if size.labels)
    return Section(
        "Sizes (area in px², side against the picture)", ("class", "size", "labels", "AP50", "recall"), rows
    )


def _size(name: str, told: SizeFigures) -> Row:
    return name, told.size, str(told.labels), share(told.ap50), share(told.recall)


def _sources(figures: Figures) -> Section:
    head = ("source", "pictures", "labels", "mAP50", "class", "labels of it", "AP50", "precision", "recall")
    rows = tuple(row for source in figures.sources for row in _source(source))
    return Section("Sources", head, rows)


def _source(told: SourceFigures) -> Iterator[Row]:
    start: Row = (told.name, str(told.pictures), str(told.labels), share(told.map50))
    shown = [each for each in told.classes if each.labels or each.at_threshold.wrong]
    if not shown:
        yield *start, "-", "0", "-", "-", "-"
    for place, each in enumerate(shown):
        at = each.at_threshold
        name = f"{each.name} (not labelled)" if each.unlabelled else each.name
        figures = (name, str(each.labels), share(each.ap50), _precision(at), _recall(at))
        yield (*(start if place == 0 else ("", "", "", "")), *figures)


def _feeds(figures: Figures) -> Section:
    head = ("feed", "pictures", "labels", "precision", "recall")
    rows = tuple(
        (each.name, str(each.pictures), str(each.labels), _precision(each.at_threshold), _recall(each.at_threshold))
        for each in figures.feeds
    )
    return Section("Feeds (all classes, at the thresholds)", head, rows)


def _confusion(figures: Figures) -> Section:
    told = figures.confusion
    rows = tuple((name, *map(str, counts)) for name, counts in zip(told.labels, told.counts, strict=True))
    return Section("What is taken for what (labels down, detections across)", ("label", *told.found), rows)


def _reliability(figures: Figures) -> Section:
    bins = figures.classes[0].reliability.bins if figures.classes else ()
    head = ("share right", "detections", "ECE", "Brier", *(f"{each.low:.1f}-{each.high:.1f}" for each in bins))
    return Section(
        "Scores: share right by score", head, tuple(_trust(each.name, each.reliability) for each in figures.classes)
    )


def _trust(name: str, told: Reliability) -> Row:
    bins = (
        f"{each.share_right:.2f} ({each.detections})" if each.share_right is not None else "-" for each in told.bins
    )
    return name, str(told.detections), share(told.ece), share(told.brier), *bins


def compared(told: Comparison) -> Iterator[Section]:
    """Return every table of a comparison."""
    head = ("AP50", "pictures", "labels", "A", "B", "B - A", "95 % interval", "p", "B is")
    rows = tuple(_difference(each) for each in (*told.classes, told.mean))
    yield Section(f"Classes: A is {told.a.card.id}, B is {told.b.card.id}", head, rows)
    yield Section("Sources (mean AP50 over classes)", ("source", *head[1:]), tuple(map(_difference, told.sources)))
    if told.feeds:
        yield _feeds_compared(told, head)
    at = ("class", "labels", "A precision", "B precision", "A recall", "B recall")
    theirs = {each.name: each for each in told.b.figures.classes}
    rows = tuple(_beside(each, theirs[each.name]) for each in told.a.figures.classes if each.name in theirs)
    yield Section("At the thresholds", at, rows)


def _feeds_compared(told: Comparison, head: Row) -> Section:
    beside = zip(told.a.figures.feeds, told.b.figures.feeds, strict=True)
    rows = tuple((*_difference(each), change(a, b)) for each, (a, b) in zip(told.feeds, beside, strict=True))
    return Section("Feeds (mean AP50 over classes)", ("feed", *head[1:], "B at the thresholds"), rows)


def change(a: FeedFigures, b: FeedFigures) -> str:
    """Return what is better and worse with B than with A on a feed, as counts at the thresholds.

    >>> before, after = Operating(None, 1, 3, 1, 0.25, 0.5, 1 / 3), Operating(None, 2, 1, 0, 0.5, 1.0, 2 / 3)
    >>> change(FeedFigures("gate", 4, 2, before), FeedFigures("gate", 4, 2, after))
    'better: finds 1 more, false alarms 3 to 1'
    """
    found = b.at_threshold.right - a.at_threshold.right
    before, after = a.at_threshold.wrong, b.at_threshold.wrong
    alarms = f"false alarms {before} to {after}"
    told = {
        "better": [f"finds {found} more"] * (found > 0) + [alarms] * (after < before),
        "worse": [f"finds {-found} fewer"] * (found < 0) + [alarms] * (after > before),
    }
    return "; ".join(f"{how}: {', '.join(what)}" for how, what in told.items() if what) or "as A"


def verdict(told: Comparison) -> str:
    """Return who won, in one sentence, with what it costs."""
    mean, spent = told.mean, [side.look.cpu_ms_per_picture for side in (told.a, told.b)]
    left_out = f"; not compared: {', '.join(told.not_compared)}" if told.not_compared else ""
    by = "" if mean.difference is None else f" ({mean.difference:+.3f}, {_interval(mean)}, p {mean.p:.3f})"
    return (
        f"{told.b.card.id} is {mean.verdict} than {told.a.card.id}{by}"
        if mean.verdict != "no clear difference"
        else f"no clear difference between {told.a.card.id} and {told.b.card.id}{by}"
    ) + f"; CPU a picture {spent[0]} and {spent[1]} ms{left_out}"


def _difference(told: Difference) -> Row:
    figures = (share(told.a), share(told.b))
    counts = (told.name, str(told.pictures), str(told.labels))
    if told.difference is None:
        return *counts, *figures, "-", "-", "-", "-"
    return *counts, *figures, f"{told.difference:+.3f}", _interval(told), share(told.p), told.verdict


def _interval(told: Difference) -> str:
    return f"{told.low:+.3f} to {told.high:+.3f}"


def _beside(a: ClassFigures, b: ClassFigures) -> Row:
    precision = (_precision(a.at_threshold), _precision(b.at_threshold))
    return a.name, str(a.labels), *precision, _recall(a.at_threshold), _recall(b.at_threshold)
