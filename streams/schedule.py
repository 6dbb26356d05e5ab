"""The schedule: which feed is due when.

It says who goes next of those whose time has come; ``streams.duetimes`` says when that is. Due times are kept on a
clock that only runs forward; the wall clock is read for the record, and to tell which plans are open, so that setting
it neither stalls the patrol nor makes it burst.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta

from streams.backoff import Backoff
from streams.due import Due
from streams.duetimes import DueTimes
from streams.feed import Feed, share_of
from streams.lane import Lane
from streams.legacy import NOTHING, Legacy
from streams.load import Load, Stretch
from streams.pacing import Limits, Pacing, Site
from streams.plan import Timetable
from streams.turn import Turn
from streams.visit import Kind, Outcome

_START_S_PER_FEED = 0.2
"""At the start the first visits are spread over so much per feed, if that is less than the interval."""
_CLOCKS_APART = timedelta(seconds=60)
"""Two machines' clocks differ by less; a legacy that is dated further ahead was written by a wrong clock."""
_LATE = 0.1
"""A feed is late when it is overdue by more than this share of its interval."""


class Schedule:
    """Says who is due. Any thread may call.

    Parameters
    ----------
    feeds
        Who is visited; each id once.
    now
        Aware wall clock: keeps each feed's turn over restarts, tells which plans are open, and what time is shown.
    rng
        For the jitter of failing feeds.
    timetable
        Plans and owners; without, every feed has its own interval.
    limits
        How much may be open at once; see ``streams.pacing``.
    follow_up_share
        Share of the visits, 0 to 1, that are follow-ups while both follow-ups and turns wait.
    backoff_first_s, backoff_limit_s
        See ``streams.backoff.Backoff``.
    running_s
        A clock in seconds that only runs forward; what is due is decided on it.

    Notes
    -----
    First visits come at once when there are few feeds: they are spread over 0.2 s per feed, or over the interval
    where that is shorter. From then on a feed is visited each time its place in the interval comes round, but not
    within half an interval of its last visit in the rotation. A visit that took longer than the interval costs turns;
    they are not made up for. Where more is asked for than can be made, intervals are stretched (``streams.load``),
    and heavier feeds go first: one of low weight lets those pass that fall due within an interval after it, no more.
    """

    def __init__(  # noqa: PLR0913 - what decides a visit, each passed in
        self,
        feeds: Iterable[Feed],
        *,
        now: Callable[[], datetime],
        rng: random.Random,
        timetable: Timetable | None = None,
        limits: Limits | None = None,
        follow_up_share: float = 0.2,
        backoff_first_s: float = 30.0,
        backoff_limit_s: float = 1800.0,
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._timetable = timetable or Timetable()
        self._follow_up_share = follow_up_share
        self._running_s = running_s
        self._lock = threading.Lock()
        at_s, self._set_at = running_s(), now()
        self._edge = self._timetable.set(self._set_at)
        self._pacing = Pacing(limits or Limits(), at_s=at_s)
        self._load = Load(at_s)
        self._times = DueTimes(
            wall_at_zero_s=self._set_at.timestamp() - at_s,
            load=self._load,
            backoff=Backoff(backoff_first_s, backoff_limit_s),
            rng=rng,
        )
        self._owed = 0.0
        """What of a visit follow-ups are owed, of those made while both they and turns waited."""
        self._lanes: Mapping[Kind, Lane[Turn]] = {
            Kind.ROTATION: Lane(Turn.waits_rotation),
            Kind.FOLLOW_UP: Lane(Turn.waits_follow_up),
            Kind.RETRY: Lane(Turn.waits_retry),
        }
        self._held: defaultdict[Site, deque[tuple[Kind, float, Turn]]] = defaultdict(deque)
        """Due, but their recorder or gateway serves as many as it may; each visit there that ends lets one go on."""
        self._turns: dict[str, Turn] = {}
        for feed in feeds:
            turn = self._turns[feed.id] = Turn(feed, self._timetable.pace(feed))
            self._count(turn)
        self._start(list(self._turns.values()), at_s)

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
            self._keep_time(wall)
            taken: list[Due] = []
            idle = False
            while len(taken) < limit and not idle and self._pacing.wait_s(at_s) == 0:
                kind = self._next_kind(at_s, failing=failing)
                first = self._lanes[kind].pop(at_s) if kind is not None else None
                idle = first is None
                if kind is None or first is None:
                    continue
                due_s, turn = first
                if not self._held_up(kind, due_s, turn):
                    taken.append(self._begin(kind, due_s, turn, at_s=at_s, wall=wall))
            if self._load.took(at_s, visits=sum(due.kind is Kind.ROTATION for due in taken), idle=idle):
                self._unstretch(at_s)
            return taken

    def done(self, feed_id: str, outcome: Outcome, again_in_s: float | None = None, *, more_opens: int = 0) -> None:
        """End a feed's visit and set its next turn; feeds that are not under way are passed over.

        A visit that brought no picture (``outcome.failed``) backs off; any other, seeing or not, keeps the interval.

        Parameters
        ----------
        again_in_s
            Visit it again in so many seconds, unless its turn comes sooner.
        more_opens
            Connections it made beyond the first: they count for the pace at which others are begun.
        """
        with self._lock:
            self._pacing.opened_more(more_opens, self._running_s())
            turn = self._turns.get(feed_id)
            if turn is None or turn.taken_s is None:
                return
            since_s, turn.taken_s = turn.taken_s, None
            self._pacing.closed(turn.open_site)
            self._let_go_on(turn.open_site, 1)
            turn.failures = turn.failures + 1 if outcome.failed else 0
            if turn.asked_s <= since_s:
                turn.asked_s, turn.why = math.inf, ""
            self._count(turn)
            self._set(turn, self._times.next_s(turn, since_s=since_s, at_s=self._running_s()))
            again_s = math.inf if again_in_s is None else self._running_s() + again_in_s
            turn.again_s = again_s if again_s < turn.due_s else math.inf
            self._put_follow_up(turn)

    def legacy(self) -> Legacy:
        """Return what whoever schedules next is to know."""
        with self._lock:
            at_s, wall = self._running_s(), self._now()
            left = {feed_id: turn.left(at_s, wall) for feed_id, turn in self._turns.items()}
            return Legacy(wall, {feed_id: one for feed_id, one in left.items() if one != NOTHING})

    def catch_up(
        self, legacy: Legacy, visited_at: Mapping[str, datetime], *, under_way: Collection[str] = ()
    ) -> None:
        """Go on where another schedule left off: who stays keeps its turn, what fell due since is due now.

        Feeds of which nothing is known, or only what was long ago, begin as at a start. One that failed and is
        reached in another way now (a mended password) is tried again at once.

        Parameters
        ----------
        legacy
            What the other one left. Written by a clock that was ahead it says nothing: its times would be years away.
        visited_at
            When each feed was visited last, wall clock. Of those visited after ``legacy`` was written it says nothing
            but what they were asked for later; their turn is taken from the visit.
        under_way
            Feeds whose visit is being made.
        """
        with self._lock:
            at_s, wall = self._running_s(), self._now()
            legacy = legacy if legacy.at <= wall + _CLOCKS_APART else Legacy()
            fresh = []
            for feed_id, turn in self._turns.items():
                seen_at = visited_at.get(feed_id)
                left = legacy.of(feed_id, seen_at)
                turn.take_up(left, at_s, wall)
                self._count(turn)
                since_s = -math.inf if seen_at is None else min(at_s, at_s + (seen_at - wall).total_seconds())
                resumed_s = self._times.resumed_s(turn, left, at_s if feed_id in under_way else since_s, at_s)
                if resumed_s is None:
                    fresh.append(turn)
                else:
                    self._set(turn, resumed_s)
                self._put_follow_up(turn)
            self._start(fresh, at_s)

    def ask(self, feed_id: str, in_s: float, why: str) -> bool:
        """Have a feed visited in so many seconds, whenever its turn is; return whether it is known.

        Parameters
        ----------
        why
            What for, such as: its handler reports it done.
        """
        with self._lock:
            turn = self._turns.get(feed_id)
            if turn is None:
                return False
            asked_s = self._running_s() + in_s
            if asked_s < turn.asked_s or turn.answering:
                turn.asked_s, turn.why = asked_s, why
                self._put_follow_up(turn)
            return True

    def wait_s(self, *, failing: bool = True) -> float | None:
        """Return seconds until a feed is due, 0 when one is; None when nothing is waited for. See ``take``."""
        with self._lock:
            at_s = self._running_s()
            due_s, pause_s = self._first_s(at_s, failing=failing), self._pacing.wait_s(at_s)
            return None if due_s is None or pause_s is None else max(0.0, due_s - at_s, pause_s)

    def next_due(self) -> datetime | None:
        """Return the wall-clock time at which the next feed is due, or None when nothing is waited for."""
        with self._lock:
            due_s = self._first_s(self._running_s(), failing=True)
            return None if due_s is None else self._shown(due_s)

    def next_visit_at(self, feed_id: str) -> datetime | None:
        """Return when a feed is visited next (wall clock); None while it is, is not to be, or is unknown."""
        with self._lock:
            turn = self._turns.get(feed_id)
            if turn is None or not turn.free:
                return None
            return self._shown(turn.due_s if turn.failures else min(turn.due_s, turn.follow_up_s))

    def late(self) -> int:
        """Return how many waiting feeds are overdue by more than a tenth of their interval."""
        with self._lock:
            at_s = self._running_s()
            return sum(
                turn.free and at_s - turn.due_s > _LATE * (turn.pace.interval_s or math.inf)
                for turn in self._turns.values()
            )

    def resting(self) -> Mapping[str, int]:
        """Return how many feeds are not visited now because they must not be, by why."""
        with self._lock:
            return Counter(turn.pace.why for turn in self._turns.values() if turn.pace.interval_s is None)

    def stretch(self) -> Stretch:
        """Return by how much intervals are stretched, because more is asked for than can be made."""
        with self._lock:
            return self._load.stretch

    def _next_kind(self, at_s: float, *, failing: bool) -> Kind | None:
        """Return which lane goes next, or None when nothing is due."""
        due = {kind: one[0] for kind, lane in self._lanes.items() if (one := lane.first(at_s)) is not None}
        retry_s = due.pop(Kind.RETRY, None)
        if len(due) > 1:
            kind = Kind.FOLLOW_UP if self._owed + self._follow_up_share >= 1 else Kind.ROTATION
        else:
            kind = next(iter(due), Kind.RETRY)
        if failing and retry_s is not None and retry_s < due.get(kind, math.inf):
            return Kind.RETRY
        if len(due) > 1:
            self._owed += self._follow_up_share - (kind is Kind.FOLLOW_UP)
        return kind if due else None

    def _begin(self, kind: Kind, due_s: float, turn: Turn, *, at_s: float, wall: datetime) -> Due:
        turn.taken_s, turn.begun, turn.open_site = at_s, kind, turn.site
        self._pacing.opened(turn.open_site, at_s)
        asked = turn.why if kind is Kind.FOLLOW_UP and turn.answering else ""
        due_at = wall - timedelta(seconds=at_s - due_s)
        return Due(turn.feed.id, due_at, kind is Kind.RETRY, kind=kind, plan=turn.pace.plan, why=asked)

    def _held_up(self, kind: Kind, due_s: float, turn: Turn) -> bool:
        """Return whether a feed's site serves as many as it may; the feed then waits there."""
        site = turn.site
        if site is None or not self._pacing.full(site):
            return False
        self._held[site].append((kind, due_s, turn))
        return True

    def _let_go_on(self, site: Site | None, count: int) -> None:
        """Let so many that wait for a site be looked at again."""
        held = self._held.get(site) if site is not None else None
        while held and count:
            kind, due_s, turn = held.popleft()
            if self._waits(kind, turn, due_s):
                self._lanes[kind].again(turn, due_s)
                count -= 1
        if site is not None and not held:
            self._held.pop(site, None)

    def _waits(self, kind: Kind, turn: Turn, due_s: float) -> bool:
        waits = {
            Kind.ROTATION: turn.waits_rotation,
            Kind.FOLLOW_UP: turn.waits_follow_up,
            Kind.RETRY: turn.waits_retry,
        }
        return waits[kind](due_s)

    def _start(self, turns: Collection[Turn], at_s: float) -> None:
        """Set the first turns of feeds of which nothing is known."""
        spread_s = len(turns) * _START_S_PER_FEED
        for turn in turns:
            interval_s = turn.pace.interval_s
            soon = interval_s is not None and spread_s < interval_s
            self._set(turn, at_s + share_of(turn.feed.id) * spread_s if soon else self._times.place_s(turn, at_s))

    def _keep_time(self, wall: datetime) -> None:
        """Open and close plans and owners' hours when it is time, or when the wall clock was set back."""
        if wall < self._set_at or (self._edge is not None and wall >= self._edge):
            self._retime(wall)

    def _retime(self, wall: datetime) -> None:
        self._set_at, self._edge = wall, self._timetable.set(wall)
        for turn in self._turns.values():
            self._repace(turn)
        for site in list(self._held):
            self._let_go_on(site, len(self._turns))

    def _repace(self, turn: Turn) -> None:
        """Let a feed be visited as the timetable now says; its turn comes sooner if that asks for it, never later."""
        held, turn.pace = turn.pace, self._timetable.pace(turn.feed)
        if held == turn.pace:
            return
        self._count(turn)
        if turn.taken_s is not None or turn.pace.interval_s is None:
            return
        if turn.failures:
            self._set(turn, turn.due_s)
        elif held.interval_s is None:
            self._set(turn, self._times.place_s(turn, self._running_s()))
        else:
            self._set(turn, min(turn.due_s, self._times.place_s(turn, self._running_s())))
        self._put_follow_up(turn)

    def _unstretch(self, at_s: float) -> None:
        """Let every turn that was put off come at the feed's own place, which all together spread evenly."""
        for turn in self._turns.values():
            own_s = self._times.place_s(turn, at_s)
            if turn.free and not turn.failures and own_s < turn.due_s:
                self._set(turn, own_s)

    def _count(self, turn: Turn) -> None:
        """Count the feed's rate in the load; one that fails or rests asks for nothing."""
        if turn.counted is not None:
            self._load.unask(turn.counted.weight, turn.counted.interval_s or math.inf)
        counts = turn.pace.interval_s is not None and not turn.failures
        turn.counted = turn.pace if counts else None
        if counts:
            self._load.ask(turn.pace.weight, turn.pace.interval_s or math.inf)

    def _set(self, turn: Turn, due_s: float) -> None:
        turn.due_s = due_s
        if turn.failures:
            self._lanes[Kind.RETRY].put(turn, due_s)
        elif turn.pace.interval_s is not None:
            patience_s = self._load.slack(turn.pace.weight) * turn.pace.interval_s
            self._lanes[Kind.ROTATION].put(turn, due_s, patience_s=patience_s)

    def _put_follow_up(self, turn: Turn) -> None:
        if turn.follow_up_s < math.inf:
            self._lanes[Kind.FOLLOW_UP].put(turn, turn.follow_up_s)

    def _first_s(self, at_s: float, *, failing: bool) -> float | None:
        kinds = [kind for kind in self._lanes if failing or kind is not Kind.RETRY]
        return min((due_s for kind in kinds if (due_s := self._lanes[kind].next_s(at_s)) is not None), default=None)

    def _shown(self, due_s: float) -> datetime | None:
        return None if due_s == math.inf else self._now() + timedelta(seconds=due_s - self._running_s())
