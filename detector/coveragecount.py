"""Counting planned visits by plan, feed, cell, hour and day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from detector.coverage import EXTRA, LATE, decided, fates_of
from detector.turns import Stint, Turns, reigns, stretches, turns_of
from detector.visitlog import Visits
from streams.feed import share_of
from streams.openhours import Span
from streams.roster import Enrolled, Roster

_QUARTER_MS = 15 * 60 * 1000
"""Every zone's hours begin on a quarter of an hour in UTC."""
_FEW = 1 << 22
"""So many different codes are counted in a table; more are sorted."""
Piece = tuple[datetime, datetime]
"""Aware times; the end exclusive."""
Key = tuple[str, ...]
Codes = NDArray[np.int64]


class By(StrEnum):
    """What a report is told by."""

    PLAN = "plan"
    FEED = "feed"
    CELL = "cell"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Parameters
    ----------
    since, until
        Aware times; a planned visit counts by the time at which it was due.
    as_of
        The aware time of asking: visits of the last minutes may not be known yet.
    by
        One row is told for each combination.
    plan
        Only this plan, at its own interval.
    zone
        The city's; hours and days are in it.
    """

    since: datetime
    until: datetime
    as_of: datetime
    by: tuple[By, ...] = (By.PLAN,)
    plan: str | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    @property
    def of_plans(self) -> bool:
        """Whether plans are told apart: then a feed counts for each of its plans, at that plan's interval."""
        return self.plan is not None or By.PLAN in self.by


class Series:
    """What is to be visited: feeds, or with ``plans`` each feed for each of its plans.

    Parameters
    ----------
    rosters
        Who was to be visited; oldest first.
    plans
        Whether plans are told apart.
    only
        The only plan that counts, if plans are told apart.
    """

    def __init__(self, rosters: Sequence[Roster], *, plans: bool, only: str | None = None) -> None:
        self._rosters = rosters
        self._plans = plans
        self._only = only
        self._cells = {feed.id: feed.cell or "" for roster in rosters for feed in roster.feeds}
        self._numbers: dict[tuple[str, str], int] = {}
        self._of_feed: dict[str, list[int]] = defaultdict(list)
        for roster in rosters:
            for feed in roster.feeds:
                for plan in self._plans_of(feed):
                    self._number(feed.id, plan)

    def visited(self, visits: Visits) -> tuple[Codes, Codes]:
        """Return visits and the series that each counts for; a visit counts for each of its feed's plans."""
        present = np.unique(visits.feed)
        of_feed: list[list[int]] = [[] for _ in visits.feeds]
        for index in present.tolist():
            of_feed[index] = self._of_known(visits.feeds[index])
        count = np.array([len(series) for series in of_feed], np.int64)
        flat = np.array([number for series in of_feed for number in series], np.int64)
        if not len(flat):
            return flat, flat
        first, times = np.cumsum(count) - count, count[visits.feed]
        which = np.repeat(np.arange(len(visits.feed)), times)
        nth = np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)
        return which, flat[first[visits.feed[which]] + nth]

    def turns(self, piece: Piece) -> Turns:
        """Return all turns of a time."""
        return turns_of(
            stint for roster, span in reigns(self._rosters, *piece) for stint in self._stints(roster, span)
        )

    def values(self, by: By) -> list[str]:
        """Return each series' plan, feed or cell, by its number."""
        if by is By.CELL:
            return [self._cells.get(feed_id, "") for feed_id, _ in self._numbers]
        return [series[by is By.PLAN] for series in self._numbers]

    def _stints(self, roster: Roster, span: Span) -> Iterator[Stint]:
        known: dict[tuple[Any, ...], list[tuple[float, Span]]] = {}
        for feed in roster.feeds:
            share = share_of(feed.id)
            for plan in self._plans_of(feed):
                every_s = {plan: feed.every_s[plan]} if self._plans else feed.every_s
                alike = (feed.owner, *every_s.items())
                if alike not in known:
                    opened = {each: roster.open_spans(each, feed.owner, *span) for each in every_s}
                    known[alike] = list(stretches(every_s, opened))
                for every, (from_s, until_s) in known[alike]:
                    yield Stint(self._number(feed.id, plan), share, every, from_s, until_s)

    def _plans_of(self, feed: Enrolled) -> Iterable[str]:
        if not self._plans:
            return ("",)
        return [plan for plan in feed.every_s if self._only in (None, plan)]

    def _of_known(self, feed_id: str) -> list[int]:
        if feed_id not in self._of_feed and not self._plans:
            self._number(feed_id, "")
        return self._of_feed.get(feed_id, [])

    def _number(self, feed_id: str, plan: str) -> int:
        key = (feed_id, plan)
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers)
            self._of_feed[feed_id].append(self._numbers[key])
        return self._numbers[key]


class Counting:
    """Counts what became of turns, in all and by what is asked.

    Parameters
    ----------
    question
        What is asked.
    plans
        Whether plans are told apart.
    """

    def __init__(self, question: Question, *, plans: bool) -> None:
        self._question = question
        self._plans = plans
        self.total: Counter[str] = Counter()
        self.counts: dict[Key, Counter[str]] = defaultdict(Counter)

    def count(self, piece: Piece, around: Piece, rosters: Sequence[Roster], visits: Visits) -> None:
        """Count the turns that were due in a piece of time.

        Parameters
        ----------
        piece, around
            The time, and the time that visits are known of.
        rosters, visits
            Of some feeds.
        """
        series = Series(rosters, plans=self._plans, only=self._question.plan)
        which, of_series = series.visited(visits)
        made = visits.at(which)
        turns = series.turns(around)
        fates = fates_of(turns, made, of_series, alone_s=max((each.backoff_limit_s for each in rosters), default=0.0))
        counted = _within(turns.due_ms, piece) & decided(turns, fates.done, self._question.as_of)
        extra = np.zeros(len(of_series), np.bool_)
        extra[fates.extra] = True
        for codes, due_ms, fate, chosen, names in (
            (turns.series, turns.due_ms, fates.fate, counted, fates.names),
            (turns.series, turns.due_ms, None, counted & fates.late, (LATE,)),
            (of_series, made.due_ms, None, extra & _within(made.due_ms, piece), (EXTRA,)),
        ):
            self._add(series, codes[chosen], due_ms[chosen], None if fate is None else fate[chosen], names)

    def _add(self, series: Series, of_series: Codes, due_ms: Codes, fate: Codes | None, names: Sequence[str]) -> None:
        if not len(of_series):
            return
        codes, most, label = self._keyed(series, of_series, due_ms)
        pairs = codes if fate is None else codes * len(names) + fate
        for pair, count in zip(*_counted(pairs, most * len(names)), strict=True):
            name = names[pair % len(names)]
            self.total[name] += count
            self.counts[label(pair // len(names))][name] += count

    def _keyed(self, series: Series, of_series: Codes, due_ms: Codes) -> tuple[Codes, int, Callable[[int], Key]]:
        """Return a number for each element's key, how many there may be, and what tells the key from the number."""
        columns = [self._column(by, series, of_series, due_ms) for by in self._question.by]
        codes, most = np.zeros(len(of_series), np.int64), 1
        for column, values in columns:
            codes, most = codes * len(values) + column, most * len(values)

        def label(code: int) -> Key:
            key: list[str] = []
            for _, values in reversed(columns):
                code, place = divmod(code, len(values))
                key.append(values[place])
            return tuple(reversed(key))

        return codes, most, label

    def _column(self, by: By, series: Series, of_series: Codes, due_ms: Codes) -> tuple[Codes, Sequence[str]]:
        if by in (By.HOUR, By.DAY):
            return _dated(due_ms, by, self._question.zone)
        distinct, place = np.unique(np.array(series.values(by), np.str_), return_inverse=True)
        return place[of_series], distinct.tolist()


def _counted(codes: Codes, most: int) -> tuple[list[int], list[int]]:
    """Return which codes there are, and how many of each."""
    if most > _FEW:
        there, times = np.unique(codes, return_counts=True)
        return there.tolist(), times.tolist()
    table = np.bincount(codes)
    there = np.flatnonzero(table)
    return there.tolist(), table[there].tolist()


def _within(due_ms: Codes, piece: Piece) -> NDArray[np.bool_]:
    since, until = (int(at.timestamp() * 1000) for at in piece)
    within: NDArray[np.bool_] = (due_ms >= since) & (due_ms < until)
    return within


def _dated(due_ms: Codes, by: By, zone: ZoneInfo) -> tuple[Codes, Sequence[str]]:
    """Return each time's hour or day in the city: an hour with its offset, as one comes twice when clocks go back."""
    quarter = due_ms // _QUARTER_MS
    first = int(quarter.min())
    labels = [_label(number * _QUARTER_MS, by, zone) for number in range(first, int(quarter.max()) + 1)]
    place = {label: index for index, label in enumerate(dict.fromkeys(labels))}
    return np.array([place[label] for label in labels], np.int64)[quarter - first], list(place)


def _label(at_ms: int, by: By, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    if by is By.DAY:
        return local.date().isoformat()
    return local.replace(minute=0, second=0, microsecond=0).isoformat(timespec="minutes")
