"""Turns: the visits that were planned, each a feed and the time at which it was due.

A feed with an interval of 300 s is due each time its own place in those 300 s comes round on the wall clock, whether
a patrol runs or not. That place follows from the feed's id alone (``streams.feed.share_of``). So the turns of any
stretch of time can be counted afterwards from the roster, exactly, and never depend on what was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, zip_longest

import numpy as np
from numpy.typing import NDArray

from streams.openhours import Span
from streams.roster import Roster


@dataclass(frozen=True, slots=True)
class Stint:
    """A stretch of time in which one series (a feed, or a feed for one plan) was to be visited at one interval."""

    series: int
    share: float
    every_s: float
    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class Turns:
    """Planned visits, sorted by series and time; one element of each column a turn."""

    series: NDArray[np.int64]
    due_ms: NDArray[np.int64]
    every_ms: NDArray[np.int64]

    def __len__(self) -> int:
        """Return how many."""
        return len(self.series)

    def of(self, chosen: NDArray[np.bool_]) -> Turns:
        """Return the chosen ones."""
        return Turns(self.series[chosen], self.due_ms[chosen], self.every_ms[chosen])


def turns_of(stints: Iterable[Stint]) -> Turns:
    """Return every turn of the stints, which must not overlap within a series.

    >>> turns = turns_of([Stint(7, share=0.5, every_s=300, from_s=0, until_s=900)])
    >>> turns.due_ms.tolist(), turns.series.tolist()
    ([150000, 450000, 750000], [7, 7, 7])
    """
    told = sorted(stints, key=lambda stint: (stint.series, stint.from_s))
    every = np.array([stint.every_s for stint in told], np.float64)
    place = np.array([stint.share for stint in told], np.float64) * every
    first = np.ceil((np.array([stint.from_s for stint in told], np.float64) - place) / every)
    end = np.ceil((np.array([stint.until_s for stint in told], np.float64) - place) / every)
    count = np.maximum(end - first, 0).astype(np.int64)
    which = np.repeat(np.arange(len(told)), count)
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    due_s = place[which] + (first[which] + number) * every[which]
    series = np.array([stint.series for stint in told], np.int64)
    return Turns(series[which], np.rint(due_s * 1000).astype(np.int64), np.rint(every * 1000).astype(np.int64)[which])


def stretches(every_s: Mapping[str, float], opened: Mapping[str, Sequence[Span]]) -> Iterator[tuple[float, Span]]:
    """Yield the interval in force and from when until when, for a feed in several plans: the tightest that is open.

    >>> list(stretches({"slow": 600, "fast": 60}, {"slow": [(0, 9000)], "fast": [(3600, 7200)]}))
    [(600, (0, 3600)), (60, (3600, 7200)), (600, (7200, 9000))]
    """
    edges = sorted({edge for plan in every_s for span in opened[plan] for edge in span})
    held: tuple[float, Span] | None = None
    for span in pairwise(edges):
        every = min((every_s[plan] for plan in every_s if _covers(opened[plan], span)), default=None)
        if held is not None and held[0] == every:
            held = (held[0], (held[1][0], span[1]))
            continue
        if held is not None:
            yield held
        held = None if every is None else (every, span)
    if held is not None:
        yield held


def _covers(spans: Sequence[Span], part: Span) -> bool:
    return any(since <= part[0] and part[1] <= until for since, until in spans)


def reigns(rosters: Sequence[Roster], since: datetime, until: datetime) -> Iterator[tuple[Roster, Span]]:
    """Yield each roster with the part of the time in which it was in force."""
    for roster, following in zip_longest(rosters, rosters[1:]):
        end = until if following is None else min(following.at, until)
        span = (max(roster.at, since).timestamp(), end.timestamp())
        if span[0] < span[1]:
            yield roster, span
