"""A worker: leases visits, makes them, and delivers what came of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import structlog

from streams.bus.port import Bus, Lease, Told
from streams.capture import Capture
from streams.errors import BusError
from streams.feed import Feed
from streams.frame import Frame
from streams.room import Room
from streams.source import Source
from streams.visit import Outcome, Visit

_log = structlog.get_logger()
_IDLE_S = 0.5
"""How long a lease is waited for before the worker looks around (and beats its heart)."""
_HOLD_EVERY_S = 1.0
_MOST_TIMES = 3
"""A visit that was leased so often before, and never delivered, ends the processes that make it: it is not made."""
_TRY_AGAIN_S, _LONGEST_S = 0.25, 4.0
_LAST_TRIES_S = 5.0
"""When the worker stops, so long it tries to deliver what it has."""
_GIVEN_UP = f"leased {_MOST_TIMES} times, and each time the process that had it went silent"


_Made_co = TypeVar("_Made_co", covariant=True)


class Looking(Protocol[_Made_co]):
    """What is done with a picture: judge it, look for things, say what came of it."""

    def __call__(self, feed: Feed, visit: Visit, frame: Frame | None, brief: Mapping[str, Any], /) -> _Made_co:
        """Return what came of a visit; a frame that came may still turn out dark, frozen or blocked."""
        ...

    def failed(self, visit: Visit, feed_name: str, why: str) -> _Made_co:
        """Return what is left of a visit on which the call above raised."""
        ...


class Worker(Generic[Told]):
    """Makes the visits that it leases.

    Parameters
    ----------
    bus
        Leases visits.
    feeds, sources
        By feed id.
    capture
        Makes a visit under its hard deadline.
    look
        Called in a visit's own thread for every visit made.
    workers
        Visits under way at once.
    stuck_after_s
        A visit under way for longer than this, capture and handling together, means that the process hangs.
    now
        Aware UTC clock.
    beat
        Called at least each second while no visit is stuck; a watcher outside acts when it stops.
    running_s
        A clock in seconds that only runs forward.
    """

    def __init__(  # noqa: PLR0913 - the loop's parts, each passed in so that tests are exact
        self,
        bus: Bus[Told],
        feeds: Mapping[str, Feed],
        sources: Mapping[str, Source],
        *,
        capture: Capture,
        look: Looking[Told],
        workers: int,
        stuck_after_s: float,
        now: Callable[[], datetime],
        beat: Callable[[], None] = lambda: None,
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus = bus
        self._feeds = feeds
        self._sources = sources
        self._capture = capture
        self._look = look
        self._workers = workers
        self._stuck_after_s = stuck_after_s
        self._now = now
        self._beat = beat
        self._running_s = running_s
        self._room = Room(workers)
        self._under_way: dict[str, float] = {}
        self._trouble: str | None = None
        self._stopping, self._ended = threading.Event(), threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Make visits until ``stop`` is set, then wait for visits under way and deliver them."""
        holding = threading.Thread(target=self._hold, name="hold")
        holding.start()
        try:
            with ThreadPoolExecutor(self._workers, thread_name_prefix="visit") as pool:
                try:
                    while not stop.is_set():
                        if not self._stuck():
                            self._beat()
                        self._turn(pool, stop)
                finally:
                    # However the loop ends: visits that cannot be delivered would hold up the pool's end for ever.
                    self._stopping.set()
        finally:
            self._ended.set()
            holding.join()

    def _turn(self, pool: ThreadPoolExecutor, stop: threading.Event) -> None:
        """Lease as many visits as there is room for, and begin them."""
        room = self._room.take_all(wait_s=_IDLE_S)
        if not room:
            return
        leases: list[Lease] = []
        try:
            leases = self._bus.lease(room, wait_s=_IDLE_S)
            self._say(None)
        except BusError as error:
            self._say(str(error))
            stop.wait(_IDLE_S)
        self._room.give_back(room - len(leases))
        for lease in leases:
            self._under_way[lease.key] = self._running_s()
            pool.submit(self._visit, lease)

    def _stuck(self) -> bool:
        oldest = min(list(self._under_way.values()), default=None)
        return oldest is not None and self._running_s() - oldest > self._stuck_after_s

    def _hold(self) -> None:
        """Keep the leases alive until the last visit is delivered."""
        ended = False
        while not ended:
            ended = self._ended.is_set()
            try:
                self._bus.hold(0 if self._stopping.is_set() else self._workers)
            except BusError as error:
                self._say(str(error))
            self._ended.wait(_HOLD_EVERY_S)

    def _visit(self, lease: Lease) -> None:
        try:
            self._make(lease)
        except Exception:  # noqa: BLE001 - the worker's boundary: one visit's trouble must not end the patrol
            _log.exception("visit_not_delivered", feed=lease.offer.feed_id)
        finally:
            del self._under_way[lease.key]
            self._room.give_back()

    def _make(self, lease: Lease) -> None:
        offer = lease.offer
        feed = self._feeds.get(offer.feed_id)
        if feed is None:
            why = "this patrol process knows no such feed; give all of them the same feeds"
            self._deliver(lease, self._look.failed(self._unmade(lease, why), offer.feed_id, why))
        elif lease.times > _MOST_TIMES:
            told = self._look(feed, self._unmade(lease, _GIVEN_UP), None, offer.brief)
            self._insist(lambda: self._bus.set_aside(lease, _GIVEN_UP, told), lease)
        else:
            self._deliver(lease, self._told(feed, lease))

    def _told(self, feed: Feed, lease: Lease) -> Told:
        due = lease.offer.due
        captured, frame = self._capture.visit(feed, self._sources[feed.id], due_at=due.due_at)
        visit = replace(captured, kind=due.kind, plan=due.plan, why=due.why)
        try:
            return self._look(feed, visit, frame, lease.offer.brief)
        except Exception as error:  # noqa: BLE001 - the worker's boundary: a defect must not end the patrol
            _log.exception("visit_not_handled", feed=feed.id)
            return self._look.failed(visit, feed.name, type(error).__name__)

    def _unmade(self, lease: Lease, why: str) -> Visit:
        now, due = self._now(), lease.offer.due
        made = Visit(due.feed_id, due.due_at, now, now, Outcome.UNREACHABLE, f"not made: {why}")
        return replace(made, kind=due.kind, plan=due.plan, why=due.why)

    def _deliver(self, lease: Lease, told: Told) -> None:
        self._insist(lambda: self._bus.deliver(lease, told), lease)

    def _insist(self, deliver: Callable[[], None], lease: Lease) -> None:
        """Deliver, however long the bus is away; a worker that stops gives up, and the visit is made again."""
        wait_s, given_up_at_s = _TRY_AGAIN_S, None
        while True:
            try:
                deliver()
            except BusError as error:
                self._say(str(error))
            else:
                return
            if self._stopping.is_set():
                given_up_at_s = given_up_at_s or self._running_s() + _LAST_TRIES_S
                if self._running_s() > given_up_at_s:
                    _log.warning("visit_not_delivered", feed=lease.offer.feed_id)
                    return
            # The visits' own threads wait here: nothing else could be delivered either.
            threading.Event().wait(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_S)

    def _say(self, trouble: str | None) -> None:
        if trouble is not None and self._trouble is None:
            _log.warning("bus_away", reason=trouble)
        elif trouble is None and self._trouble is not None:
            _log.info("bus_back")
        self._trouble = trouble
