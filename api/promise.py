"""The promise: each camera of a plan is seen within a time. Checked continuously; a breach is an alarm.

A look that saw nothing does not keep it: a camera that is dark, frozen or dead for longer than the time breaks it as
surely as one that was forgotten. The alarm ends by itself when every camera was seen again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from api.board import Board
from api.http.feedshapes import FeedReport, PromiseStatus, Unseen
from gridmap.errors import LedgerError
from gridmap.ledger import FeedMemory, Ledger

_log = structlog.get_logger()
DEFAULT_INTERVALS = 2.2
"""Where no time is stated, two intervals are promised, and the tenth by which each look may be late: one look that
saw nothing is no alarm yet."""
_EVERY_S = 5.0
_KEEP_EVERY = 12
_MOST_TOLD = 10
_SEEN = "*seen"
"""Under this key the ledger remembers when each feed was last seen; no feed id starts with a star."""


@dataclass(frozen=True, slots=True)
class Promised:
    """What a plan promises.

    Parameters
    ----------
    plan
        Its id.
    within_s
        By feed: within how many seconds it is seen.
    open_since
        Since when the plan is open, aware; None while it is closed.
    """

    plan: str
    within_s: Mapping[str, float]
    open_since: datetime | None


class Promises:
    """Checks what the plans promise against when each feed was last seen.

    Parameters
    ----------
    plans
        Asked at each check, as plans change and open and close.
    board
        Knows when each feed was seen, and is told of breaches.
    ledger
        Remembers over a restart when each feed was seen: a start excuses nothing.
    now
        Aware UTC clock, for what is shown and remembered.
    wait
        ``wait(seconds)`` sleeps, or returns True at once when the patrol stops.
    running_s
        A clock in seconds that only runs forward; ages are measured on it, so that setting the wall clock is no
        alarm.
    """

    def __init__(
        self,
        plans: Callable[[], Sequence[Promised]],
        board: Board,
        ledger: Ledger,
        *,
        now: Callable[[], datetime],
        wait: Callable[[float], bool],
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plans = plans
        self._board = board
        self._ledger = ledger
        self._now = now
        self._wait = wait
        self._running_s = running_s
        self._checked_s = running_s()
        self._seen_s: dict[str, float] = {}
        self._told: dict[str, datetime | None] = {}
        self._broken_since: dict[str, datetime] = {}
        self.statuses: list[PromiseStatus] = []

    def restore(self) -> None:
        """Remember when each feed was seen before the patrol's start."""
        known = json.loads(self._ledger.feed_memory().get(_SEEN, "{}"))
        now, at_s = self._now(), self._running_s()
        for feed_id, seen_at in known.items():
            self._seen_s[feed_id] = at_s - max(0.0, (now - datetime.fromisoformat(seen_at)).total_seconds())

    def run(self) -> None:
        """Check every few seconds until ``wait`` says stop."""
        checks = 0
        while not self._wait(_EVERY_S):
            self.check()
            checks += 1
            if checks % _KEEP_EVERY == 0:
                self.keep()
        self.keep()

    def check(self) -> None:
        """Look whether every plan keeps its promise, and tell of those that do not."""
        lines = {line.id: line for line in self._board.lines()}
        at_s = self._running_s()
        for line in lines.values():
            self._note(line, at_s)
        self._checked_s = at_s
        promised = self._plans()
        self.statuses = [self._status(plan, lines, at_s) for plan in promised]
        for status in self.statuses:
            self._tell(status)
        for gone in self._broken_since.keys() - {plan.plan for plan in promised}:
            self._kept(gone)

    def keep(self) -> None:
        """Write down when each feed was seen; while the ledger cannot be written, what it knew stays."""
        now, at_s = self._now(), self._running_s()
        seen = {feed: (now - timedelta(seconds=at_s - seen_s)).isoformat() for feed, seen_s in self._seen_s.items()}
        try:
            self._ledger.commit((), (), [FeedMemory(_SEEN, json.dumps(seen))])
        except LedgerError as error:
            _log.warning("seen_not_written", reason=str(error))

    def _note(self, line: FeedReport, at_s: float) -> None:
        """Take over when a feed was seen; one that was never seen counts from when it became known."""
        self._seen_s.setdefault(line.id, at_s)
        if line.last_seen_at is not None and line.last_seen_at != self._told.get(line.id):
            ago_s = (self._now() - line.last_seen_at).total_seconds()
            self._seen_s[line.id] = at_s - min(max(0.0, ago_s), at_s - self._checked_s)
        self._told[line.id] = line.last_seen_at

    def _status(self, promised: Promised, lines: Mapping[str, FeedReport], at_s: float) -> PromiseStatus:
        unseen = self._unseen(promised, at_s)
        now = self._now()
        over_s = max((age_s - promised.within_s[feed_id] for age_s, feed_id in unseen), default=0.0)
        return PromiseStatus(
            plan=promised.plan,
            within_s=max(promised.within_s.values(), default=1.0),
            open=promised.open_since is not None,
            feeds=len(promised.within_s),
            broken=len(unseen),
            broken_since=now - timedelta(seconds=over_s) if unseen else None,
            longest=[_unseen(feed_id, age_s, lines.get(feed_id)) for age_s, feed_id in unseen[:_MOST_TOLD]],
        )

    def _unseen(self, promised: Promised, at_s: float) -> list[tuple[float, str]]:
        """Return the feeds not seen in time and for how many seconds, the longest first."""
        if promised.open_since is None:
            return []
        open_s = (self._now() - promised.open_since).total_seconds()
        ages = ((min(at_s - self._seen_s.get(feed, at_s), open_s), feed) for feed in promised.within_s)
        return sorted(((age, feed) for age, feed in ages if age > promised.within_s[feed]), reverse=True)

    def _tell(self, status: PromiseStatus) -> None:
        if not status.broken:
            self._kept(status.plan)
            return
        sentence = _sentence(status)
        self._board.tell(_where(status.plan), sentence)
        if status.plan not in self._broken_since:
            self._broken_since[status.plan] = self._now()
            _log.warning("promise_broken", plan=status.plan, broken=status.broken, of=status.feeds, why=sentence)

    def _kept(self, plan: str) -> None:
        self._board.tell(_where(plan), None)
        since = self._broken_since.pop(plan, None)
        if since is not None:
            _log.info("promise_kept_again", plan=plan, broken_for_s=round((self._now() - since).total_seconds()))


def _where(plan: str) -> str:
    return f"promise {plan}"


def _unseen(feed_id: str, age_s: float, line: FeedReport | None) -> Unseen:
    name, outcome = (line.name, line.outcome) if line else (feed_id, None)
    return Unseen(feed_id=feed_id, name=name, unseen_s=round(age_s, 1), outcome=outcome)


def _sentence(status: PromiseStatus) -> str:
    worst = status.longest[0]
    why = f"; its last look was {worst.outcome}" if worst.outcome else ""
    return (
        f"promise of plan {status.plan} broken: {status.broken} of {status.feeds} feeds were not seen within "
        f"{span(status.within_s)}; for longest {worst.name} ({worst.feed_id}), {span(worst.unseen_s)}{why}"
    )


def span(seconds: float) -> str:
    """Return a time as people say it.

    >>> span(90), span(660), span(9000), span(200_000)
    ('90 s', '11 min', '2.5 h', '2.3 days')
    """
    for unit_s, unit, least in ((86_400, "days", 2), (3600, "h", 2), (60, "min", 2)):
        if seconds >= least * unit_s:
            return f"{round(seconds / unit_s, 1):g} {unit}"
    return f"{seconds:.0f} s"
