"""What a model does feed by feed, for pictures that say which feed they came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.evaluation.precision import Operating, at_threshold
from detector.evaluation.table import Mask, Table


@dataclass(frozen=True, slots=True)
class FeedFigures:
    """The pictures of one feed.

    Parameters
    ----------
    name
        The feed's id.
    pictures, labels
        How many there are.
    at_threshold
        Over all classes, each at its own threshold; what a picture's source does not label counts neither way.
    """

    name: str
    pictures: int
    labels: int
    at_threshold: Operating


def feed_figures(
    seen: Table, feeds: Sequence[str | None], least: Mapping[int, float], labelled: Callable[[int], Mask]
) -> tuple[FeedFigures, ...]:
    """Return each feed's figures, by name.

    Parameters
    ----------
    seen
        The pictures as a patrol sees them.
    feeds
        Of each picture; None where nothing says it.
    least
        By class number: from which score it counts.
    labelled
        Class number to ``(P,)``: whose pictures' sources label it.
    """
    names = np.array([feed or "" for feed in feeds])
    return tuple(_of_feed(name, seen, names == name, least, labelled) for name in sorted(set(names.tolist()) - {""}))


def _of_feed(
    name: str, seen: Table, here: Mask, least: Mapping[int, float], labelled: Callable[[int], Mask]
) -> FeedFigures:
    views = [(number, seen.of_class(number, here & labelled(number))) for number in least]
    told = [
        at_threshold(view.found.right[:, 0], view.found.scores, view.count, least[number]) for number, view in views
    ]
    right, wrong, missed = (sum(getattr(each, key) for each in told) for key in ("right", "wrong", "missed"))
    labels = sum(view.count for _, view in views)
    return FeedFigures(name, int(here.sum()), labels, Operating.of(None, right, wrong, missed))
