"""Coverage: what became of every planned visit.

- **Planned** is a *turn*: a feed's place in its interval came round while one of its plans was open, by the roster
  of that time. Turns are counted whether a patrol ran or not.
- A visit serves the turn whose due time is nearest to the visit's own, no further off than half the interval. So the
  schedule takes them too: it makes no visit within half an interval of the last one.
- **Done** is a turn with at least one visit: **seen** when one of them saw the street; else **blind**, by the outcome
  of the last. Of these, **late** are those none of whose visits began within a tenth of the interval after it was
  due.
- Not done is **backing off** when the feed's last visit before it had failed no longer ago than the patrol leaves a
  failing feed alone; else it is **missed**: no patrol ran, or it did not keep up.
- **Extra** are visits beyond one a turn: follow-ups, retries, first visits after a start.

So planned = seen + blind + backing off + missed, always. A turn without a visit is left out while it can still be
visited in time and told of: a tenth of the interval and ``GRACE`` from its due time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from detector.turns import Turns
from detector.visitlog import Visits
from streams.visit import Outcome

LATE_SHARE = 0.1
"""A visit is late when it began more than this share of the interval after it was due."""
GRACE = timedelta(minutes=2)
"""A visit is in the log no later than this after it was due in time: what it takes, and the log's writing."""
MISSED, BACKING_OFF, LATE, EXTRA = "missed", "backing_off", "late", "extra"
_SEEING = frozenset(outcome.value for outcome in Outcome if outcome.seeing)
_FAILED = frozenset(outcome.value for outcome in Outcome if outcome.failed)
_NOT_BLIND = {MISSED, BACKING_OFF, LATE, EXTRA, *_SEEING}
_SPAN = 1 << 44
"""More ms than since 1970: a series and a time in one sortable number."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of planned visits, and how many more were made."""

    seen: int = 0
    blind: Mapping[str, int] | None = None
    backing_off: int = 0
    missed: int = 0
    late: int = 0
    extra: int = 0

    @property
    def done(self) -> int:
        """Turns that were visited."""
        return self.seen + sum((self.blind or {}).values())

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Tally:
        """Return the tally of counts by name: outcomes as the log has them, and the fates beside them."""
        return cls(
            seen=sum(counts.get(name, 0) for name in _SEEING),
            blind={name: count for name, count in sorted(counts.items()) if name not in _NOT_BLIND},
            backing_off=counts.get(BACKING_OFF, 0),
            missed=counts.get(MISSED, 0),
            late=counts.get(LATE, 0),
            extra=counts.get(EXTRA, 0),
        )

    @property
    def planned(self) -> int:
        """Turns that there were."""
        return self.done + self.backing_off + self.missed

    @property
    def seen_share(self) -> float | None:
        """Share of the planned that was seen, 0 to 1; None when nothing was planned."""
        return self.seen / self.planned if self.planned else None

    def as_json(self) -> dict[str, object]:
        """Return it with what follows from it."""
        return {
            "planned": self.planned,
            "done": self.done,
            "seen": self.seen,
            "blind": dict(self.blind or {}),
            "backing_off": self.backing_off,
            "missed": self.missed,
            "late": self.late,
            "extra": self.extra,
            "seen_share": None if self.seen_share is None else round(self.seen_share, 4),
        }


@dataclass(frozen=True, slots=True)
class Fates:
    """What became of each turn, and the visits beyond those.

    Parameters
    ----------
    turns
        The turns.
    fate
        Of each turn, an index into ``names``.
    late
        Of each turn, whether it was done late.
    extra
        Indices of the visits beyond one a turn.
    names
        The log's outcomes, then ``missed`` and ``backing_off``.
    """

    turns: Turns
    fate: NDArray[np.int64]
    late: NDArray[np.bool_]
    extra: NDArray[np.int64]
    names: tuple[str, ...]

    @property
    def done(self) -> NDArray[np.bool_]:
        """Of each turn, whether it was visited."""
        visited: NDArray[np.bool_] = self.fate < len(self.names) - 2
        return visited


def fates_of(turns: Turns, visits: Visits, series: NDArray[np.int64], *, alone_s: float) -> Fates:
    """Return what became of the turns.

    Parameters
    ----------
    turns
        All turns of some time, and of half an interval around it.
    visits
        At least those due in that time, and half an interval and ``alone_s`` before it.
    series
        Of each visit; a series without turns is fine.
    alone_s
        So long at most a failing feed is left alone.
    """
    names = (*visits.outcomes, MISSED, BACKING_OFF)
    serves = _nearest(turns, series, visits.due_ms)
    serving = serves >= 0
    fate = np.full(len(turns), len(visits.outcomes), np.int64)
    fate[serves[serving]] = visits.outcome[serving]
    saw = serving & np.isin(visits.outcome, _indices(visits.outcomes, _SEEING))
    fate[serves[saw]] = visits.outcome[saw]
    done = fate < len(visits.outcomes)
    late = done & ~_in_time(turns, visits, serves)
    resting = _backing_off(turns, visits, series, np.flatnonzero(~done), round(alone_s * 1000))
    fate[resting] = len(visits.outcomes) + 1
    return Fates(turns, fate, late, _beyond_one(serves, len(turns)), names)


def decided(turns: Turns, done: NDArray[np.bool_], as_of: datetime) -> NDArray[np.bool_]:
    """Return which turns were visited or can no more be visited in time."""
    heard_ms = int((as_of - GRACE).timestamp() * 1000)
    over: NDArray[np.bool_] = turns.due_ms + LATE_SHARE * turns.every_ms <= heard_ms
    return over | done


def _nearest(turns: Turns, series: NDArray[np.int64], due_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each visit the index of the turn it serves, or -1."""
    if not len(turns):
        return np.full(len(series), -1, np.int64)
    keys, asked = turns.series * _SPAN + turns.due_ms, series * _SPAN + due_ms
    after = np.searchsorted(keys, asked, side="right")
    best = np.clip(after - 1, 0, len(turns) - 1)
    following = np.clip(after, 0, len(turns) - 1)
    # Of another series the distance is beyond every interval.
    best = np.where(np.abs(keys[following] - asked) < np.abs(keys[best] - asked), following, best)
    near = 2 * np.abs(keys[best] - asked) <= turns.every_ms[best]
    return np.where(near, best, -1)


def _in_time(turns: Turns, visits: Visits, serves: NDArray[np.int64]) -> NDArray[np.bool_]:
    serving = np.flatnonzero(serves >= 0)
    turn = serves[serving]
    waited = visits.started_ms[serving] - visits.due_ms[serving]
    in_time = np.zeros(len(turns), np.bool_)
    in_time[turn[waited <= LATE_SHARE * turns.every_ms[turn]]] = True
    return in_time


def _backing_off(
    turns: Turns, visits: Visits, series: NDArray[np.int64], undone: NDArray[np.int64], alone_ms: int
) -> NDArray[np.int64]:
    """Return which of the undone turns fell while their feed was left alone after a failed visit."""
    if not len(undone) or not len(series):
        return undone[:0]
    keys = series * _SPAN + visits.started_ms
    order = np.argsort(keys, kind="stable")
    last = np.searchsorted(keys[order], turns.series[undone] * _SPAN + turns.due_ms[undone], side="right") - 1
    visit = order[np.clip(last, 0, None)]
    since_ms = turns.due_ms[undone] - visits.started_ms[visit]
    failed = np.isin(visits.outcome[visit], _indices(visits.outcomes, _FAILED))
    alone_for = np.maximum(alone_ms, turns.every_ms[undone])
    own = (last >= 0) & (series[visit] == turns.series[undone])
    resting: NDArray[np.bool_] = own & failed & (since_ms <= alone_for)
    return undone[np.flatnonzero(resting)]


def _beyond_one(serves: NDArray[np.int64], turns: int) -> NDArray[np.int64]:
    """Return the visits that are not the first one of a turn; a feed's visits come as they were begun."""
    serving = np.flatnonzero(serves >= 0)
    first = np.full(turns, -1, np.int64)
    first[serves[serving][::-1]] = serving[::-1]  # the last one written is the first one made
    extra = np.ones(len(serves), np.bool_)
    extra[first[first >= 0]] = False
    return np.flatnonzero(extra)


def _indices(outcomes: Sequence[str], wanted: frozenset[str]) -> list[int]:
    return [index for index, name in enumerate(outcomes) if name in wanted]
