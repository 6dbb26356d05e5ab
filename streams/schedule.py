"""The schedule: which feed is due when.

Each feed has its own place in its interval, taken from a hash of its id, so that visits spread evenly and a restart
changes nobody's turn. Due times are kept on a clock that only runs forward; the wall clock is read for the record
alone, so that setting it neither stalls the patrol nor makes it burst.
"""

from __future__ import annotations

import hashlib
import heapq
import math
import random
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from streams.backoff import Backoff
from streams.feed import Feed
from streams.visit import Kind, Outcome

_START_S_PER_FEED = 0.2
"""At the start the first visits are spread over so much per feed, if that is less than the interval."""
_LATE = 0.1
"""A feed is late when it is overdue by more than this share of its interval."""


@dataclass(frozen=True, slots=True)
class Due:
    """A feed whose turn it is, and the wall-clock time at which its turn came."""

    feed_id: str
    due_at: datetime
    failing: bool = False
    """Whether its last visit failed."""
    kind: Kind = Kind.ROTATION
    plan: tuple[str, ...] = ()
    """Ids of the plans that are open for it."""

    def as_record(self) -> dict[str, Any]:
        """Return plain JSON values; ``from_record`` is the way back."""
        return {
            "feed_id": self.feed_id,
            "due_at": self.due_at.isoformat(),
            "failing": self.failing,
            "kind": self.kind,
            "plan": list(self.plan),
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return what ``as_record`` wrote; what is none of it raises KeyError, TypeError or ValueError."""
        due_at = datetime.fromisoformat(record["due_at"])
        return cls(**{**record, "due_at": due_at, "kind": Kind(record["kind"]), "plan": tuple(record["plan"])})


@dataclass(slots=True)
class _Turn:
    """What is known of one feed's turns; times in seconds of the running clock."""

    feed: Feed
    due_s: float
    failures: int = 0
    taken_s: float | None = None
    """When its visit under way was begun."""
    follow_up: bool = False
    """Whether the next visit was asked for before the feed's turn."""
    leaving: bool = False
    """Removed while its visit was under way; kept until that ends, or a second one could begin beside it."""


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    due_s: float
    feed_id: str
    turn: _Turn = field(compare=False)

    @property
    def kind(self) -> Kind:
        """Why the visit is made."""
        if self.turn.failures:
            return Kind.RETRY
        return Kind.FOLLOW_UP if self.turn.follow_up else Kind.ROTATION

    @property
    def stands(self) -> bool:
        """Whether it still tells when the feed is due; entries that do not are passed over."""
        return self.turn.due_s == self.due_s and self.turn.taken_s is None


class Schedule:
    """Says who is due. Any thread may call.

    Parameters
    ----------
    feeds
        Who is visited; each id once. More may come and go (``add``, ``remove``).
    now
        Aware wall clock: read once, to keep each feed's turn over restarts, and for times that are shown.
    rng
        For the jitter of failing feeds.
    backoff_first_s, backoff_limit_s
        See ``streams.backoff.Backoff``.
    running_s
        A clock in seconds that only runs forward; what is due is decided on it.

    Notes
    -----
    First visits come at once when there are few feeds: they are spread over 0.2 s per feed, or over the interval
    where that is shorter. From then on a feed is visited each time its place in the interval comes round, but not
    within half an interval of its last visit. A visit that took longer than the interval costs turns; they are not
    made up for.
    """

    def __init__(
        self,
        feeds: Iterable[Feed],
        *,
        now: Callable[[], datetime],
        rng: random.Random,
        backoff_first_s: float = 30.0,
        backoff_limit_s: float = 1800.0,
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._rng = rng
        self._backoff = Backoff(backoff_first_s, backoff_limit_s)
        self._running_s = running_s
        self._lock = threading.Lock()
        self._wall_at_zero_s = now().timestamp() - running_s()
        """What the wall clock would have shown at the running clock's zero: fixes each feed's place."""
        feeds = list(feeds)
        spread_s = len(feeds) * _START_S_PER_FEED
        self._turns = {feed.id: _Turn(feed, self._first_s(feed, spread_s)) for feed in feeds}
        first = [_Entry(turn.due_s, feed_id, turn) for feed_id, turn in self._turns.items()]
        heapq.heapify(first)
        self._heaps: dict[bool, list[_Entry]] = {False: first, True: []}
        """Entries of feeds that are well, and of feeds that failed last time."""

    def take(self, limit: int = 64, *, failing: bool = True) -> list[Due]:
        """Return feeds that are due, the longest overdue first; each is then under way until ``done``.

        Parameters
        ----------
        limit
            At most so many.
        failing
            False leaves out feeds that failed last time: waiting for dead cameras must not hold up the others.
        """
        with self._lock:
            at_s, wall = self._running_s(), self._now()
            taken: list[Due] = []
            while len(taken) < limit and (entry := self._first(failing=failing)) and entry.due_s <= at_s:
                heapq.heappop(self._heaps[entry.turn.failures > 0])
                entry.turn.taken_s = at_s
                waited = timedelta(seconds=at_s - entry.due_s)
                failing_now = entry.turn.failures > 0
                taken.append(Due(entry.feed_id, wall - waited, failing=failing_now, kind=entry.kind))
            return taken

    def done(self, feed_id: str, outcome: Outcome, again_in_s: float | None = None) -> None:
        """End a feed's visit and set its next turn; feeds removed meanwhile are passed over.

        A visit that brought no picture (``outcome.failed``) backs off; any other, seeing or not, keeps the interval.

        Parameters
        ----------
        again_in_s
            Visit it again in so many seconds, unless its turn comes sooner.
        """
        with self._lock:
            turn = self._turns.get(feed_id)
            if turn is None or turn.taken_s is None:
                return
            if turn.leaving:
                del self._turns[feed_id]
                return
            turn.failures = turn.failures + 1 if outcome.failed else 0
            due_s = self._next_s(turn, since_s=turn.taken_s)
            again_s = math.inf if again_in_s is None else self._running_s() + again_in_s
            turn.follow_up = again_s < due_s and not turn.failures
            due_s = again_s if turn.follow_up else due_s
            turn.taken_s = None
            self._set(feed_id, turn, due_s)

    def catch_up(self, visited_at: Mapping[str, datetime], *, under_way: Collection[str] = ()) -> None:
        """Go on where another schedule left off: what fell due since and was not visited is due now.

        Parameters
        ----------
        visited_at
            When each feed was visited last, wall clock; feeds that are not in it, or were visited long ago, begin as
            at a start.
        under_way
            Feeds whose visit is being made.
        """
        with self._lock:
            at_s, wall = self._running_s(), self._now()
            for feed_id in visited_at.keys() & self._turns.keys():
                turn = self._turns[feed_id]
                ago_s = max(0.0, (wall - visited_at[feed_id]).total_seconds())
                if turn.taken_s is None and ago_s < 2 * turn.feed.interval_s:
                    since_s = at_s if feed_id in under_way else at_s - ago_s
                    self._set(feed_id, turn, self._place_s(turn.feed, since_s + turn.feed.interval_s / 2))

    def add(self, feed: Feed) -> None:
        """Take up a feed, which is then visited almost at once, or a known feed's new settings."""
        with self._lock:
            known = self._turns.get(feed.id)
            if known is None:
                turn = self._turns[feed.id] = _Turn(feed, 0.0)
                self._set(feed.id, turn, self._first_s(feed, _START_S_PER_FEED))
                return
            known.feed, known.leaving = feed, False
            if known.taken_s is None and not known.failures:
                self._set(feed.id, known, min(known.due_s, self._place_s(feed, self._running_s())))

    def remove(self, feed_id: str) -> None:
        """Visit a feed no more; a visit under way may end. Unknown ids are fine."""
        with self._lock:
            turn = self._turns.get(feed_id)
            if turn is not None and turn.taken_s is not None:
                turn.leaving = True
            elif turn is not None:
                turn.due_s = math.inf
                del self._turns[feed_id]

    def wait_s(self, *, failing: bool = True) -> float | None:
        """Return seconds until a feed is due, 0 when one is; None when nothing is waited for. See ``take``."""
        with self._lock:
            entry = self._first(failing=failing)
            return None if entry is None else max(0.0, entry.due_s - self._running_s())

    def next_due(self) -> datetime | None:
        """Return the wall-clock time at which the next feed is due, or None when nothing is waited for."""
        with self._lock:
            entry = self._first()
            return None if entry is None else self._shown(entry.due_s)

    def next_visit_at(self, feed_id: str) -> datetime | None:
        """Return the wall-clock time of a feed's next visit; None while one is under way, and for unknown feeds."""
        with self._lock:
            turn = self._turns.get(feed_id)
            return None if turn is None or turn.taken_s is not None else self._shown(turn.due_s)

    def late(self) -> int:
        """Return how many waiting feeds are overdue by more than a tenth of their interval."""
        with self._lock:
            at_s = self._running_s()
            return sum(
                turn.taken_s is None and at_s - turn.due_s > _LATE * turn.feed.interval_s
                for turn in self._turns.values()
            )

    def _first(self, *, failing: bool = True) -> _Entry | None:
        """Return the earliest entry that still stands, of the feeds that are well or of all."""
        firsts = []
        for heap in (self._heaps[False], self._heaps[True]) if failing else (self._heaps[False],):
            while heap and not heap[0].stands:
                heapq.heappop(heap)
            firsts += heap[:1]
        return min(firsts, default=None)

    def _set(self, feed_id: str, turn: _Turn, due_s: float) -> None:
        turn.due_s = due_s
        heapq.heappush(self._heaps[turn.failures > 0], _Entry(due_s, feed_id, turn))

    def _first_s(self, feed: Feed, spread_s: float) -> float:
        at_s = self._running_s()
        if spread_s >= feed.interval_s:
            return self._place_s(feed, at_s)
        return at_s + _share(feed.id) * spread_s

    def _next_s(self, turn: _Turn, *, since_s: float) -> float:
        """Return when a feed is due after a visit that was begun at ``since_s``."""
        at_s, interval_s = self._running_s(), turn.feed.interval_s
        if turn.failures:
            return at_s + self._backoff.pause_s(turn.failures, interval_s=interval_s, rng=self._rng)
        return self._place_s(turn.feed, max(at_s, since_s + interval_s / 2))

    def _place_s(self, feed: Feed, after_s: float) -> float:
        """Return when the feed's place in its interval next comes round after ``after_s``."""
        place_s = _share(feed.id) * feed.interval_s - self._wall_at_zero_s
        return after_s + ((place_s - after_s) % feed.interval_s or feed.interval_s)

    def _shown(self, due_s: float) -> datetime:
        return self._now() + timedelta(seconds=due_s - self._running_s())


def _share(feed_id: str) -> float:
    """Return a feed's own share, 0 to under 1, the same on every machine and after every restart."""
    return int.from_bytes(hashlib.blake2b(feed_id.encode(), digest_size=6).digest()) / 2**48
