"""The coverage report: planned visits and what became of them, by plan, feed, cell, hour and day.

``detector.coverage`` says what the words mean. The log is read a day at a time and counted some feeds at a time, so
that a report over a month of a large city needs the memory of one day's visits as numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

from detector.coverage import Tally
from detector.coveragecount import By, Counting, Key, Piece, Question
from detector.visitlog import let_go, read_visits
from streams.roster import Roster, read_rosters

_PIECE = timedelta(days=1)
_BLOCK = 2000
"""So many feeds are counted at once."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The answer.

    Parameters
    ----------
    question
        What was asked.
    recorded_since
        From when on it is known what was planned; None when nothing is.
    total
        Over all feeds, each once, at the tightest interval that was open (or over the plan asked for).
    rows
        By the values of ``question.by``, in their order.
    names
        Of the feeds.
    plans
        All that were planned in this time.
    """

    question: Question
    recorded_since: datetime | None
    total: Tally
    rows: Mapping[Key, Tally]
    names: Mapping[str, str]
    plans: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the answer as one JSON document."""
        return {
            "since": self.question.since.isoformat(),
            "until": self.question.until.isoformat(),
            "recorded_since": self.recorded_since and self.recorded_since.isoformat(),
            "plans": list(self.plans),
            "plan": self.question.plan,
            "by": list(self.question.by),
            "total": self.total.as_json(),
            "rows": [self.named(key) | tally.as_json() for key, tally in self.rows.items()],
        }

    def worst_first(self) -> list[tuple[Key, Tally]]:
        """Return the rows, those of which most was not seen first; hours and days stay in their order."""
        if any(by in (By.HOUR, By.DAY) for by in self.question.by):
            return list(self.rows.items())
        return sorted(self.rows.items(), key=lambda row: (row[1].seen_share is None, row[1].seen_share, row[0]))

    def named(self, key: Key) -> dict[str, str]:
        """Return a row's values by what they are of, with the feed's name when it is told by feed."""
        named = dict(zip((by.value for by in self.question.by), key, strict=True))
        return named | ({"name": self.names.get(named[By.FEED], "")} if By.FEED in named else {})


def coverage_of(log: Path, question: Question) -> Coverage:
    """Return what became of the visits planned in a time.

    Parameters
    ----------
    log
        The log's folder, which any number of patrol processes wrote into.
    question
        What is asked.

    Raises
    ------
    OSError
        When a part of the log cannot be read.
    """
    try:
        return _coverage_of(log, question)
    finally:
        let_go()


def _coverage_of(log: Path, question: Question) -> Coverage:
    rosters = read_rosters(log, question.since, question.until)
    whole, plans = Counting(question, plans=False), Counting(question, plans=True)
    wanted = [plans] if question.plan is not None else [whole, plans] if question.of_plans else [whole]
    blocks = [*_blocks(rosters)]
    for piece in _pieces(question.since, question.until):
        around = _around(piece, rosters)
        visits = read_visits(log, *around)
        for first, after, of_block in blocks:
            for counting in wanted:
                counting.count(piece, around, of_block, visits.of_feeds(first, after))
    answer = plans if question.of_plans else whole
    return Coverage(
        question=question,
        recorded_since=rosters[0].at if rosters else None,
        total=Tally.of(wanted[0].total),
        rows={key: Tally.of(answer.counts[key]) for key in sorted(answer.counts)},
        names={feed.id: feed.name for roster in rosters for feed in roster.feeds},
        plans=tuple(sorted({plan for roster in rosters for feed in roster.feeds for plan in feed.every_s})),
    )


def _pieces(since: datetime, until: datetime) -> Iterator[Piece]:
    at = since
    while at < until:
        yield at, min(at + _PIECE, until)
        at += _PIECE


def _around(piece: Piece, rosters: Sequence[Roster]) -> Piece:
    """Return a piece and so much time around it that every turn finds its visits, and the failure before it."""
    every_s = [every for roster in rosters for feed in roster.feeds for every in feed.every_s.values()]
    longest_s = max(every_s, default=0.0)
    before_s = max([longest_s, *(roster.backoff_limit_s for roster in rosters)])
    return piece[0] - timedelta(seconds=before_s), piece[1] + timedelta(seconds=longest_s)


def _blocks(rosters: Sequence[Roster]) -> Iterator[tuple[str, str | None, list[Roster]]]:
    """Yield blocks of feeds: the first id, that after the last, and the rosters of those between.

    A feed that is on no roster falls into a block too: its visits are extra.
    """
    ids = sorted({feed.id for roster in rosters for feed in roster.feeds})
    firsts = ["", *ids[_BLOCK::_BLOCK]]
    for first, after in zip_longest(firsts, firsts[1:]):
        inside = [
            replace(
                roster,
                feeds=tuple(feed for feed in roster.feeds if first <= feed.id and (after is None or feed.id < after)),
            )
            for roster in rosters
        ]
        yield first, after, inside
