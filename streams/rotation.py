"""The rotation: offers the visits that are due, as many at once as there is room for, and keeps count of them.

Whoever leases an offer makes the visit (``streams.worker``); what came of it comes back by ``finished``. A visit that
is neither on the bus nor back is offered again: the bus may have forgotten it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from streams.bus.offer import Offer
from streams.bus.port import Bus
from streams.due import Due
from streams.errors import BusError, NotLeading
from streams.schedule import Schedule
from streams.visit import Handled

_log = structlog.get_logger()
_IDLE_S = 0.5
"""How long the rotation sleeps at most before it looks at the schedule again."""
_MOST_AT_ONCE = 64
_LOST_AFTER_S = 4.0
"""An offer is not missed on the bus before it is so old."""
_TRY_AGAIN_S, _LONGEST_S = 0.5, 4.0


@dataclass(slots=True)
class _UnderWay:
    offer: Offer
    since_s: float


class Rotation:
    """Offers visits as feeds fall due. Feeds never overlap with themselves.

    Feeds that failed last time share a quarter of the room: each of them costs its whole timeout, and however many
    there are, the rest of the city is seen on time.

    Parameters
    ----------
    schedule
        Says who is due.
    bus
        Where visits are offered; its capacity is the room.
    ticket
        Gives each visit its own name among all visits ever.
    brief
        What goes along with a visit: plain JSON values.
    ahead
        So much more than the capacity is offered, as a share of it: whoever gets free then need not wait.
    tell
        Told one sentence while the bus takes no visits, and None when it does.
    running_s
        A clock in seconds that only runs forward.
    """

    def __init__(  # noqa: PLR0913 - the loop's parts, each passed in so that tests are exact
        self,
        schedule: Schedule,
        bus: Bus[Any],
        *,
        ticket: Callable[[], str],
        brief: Callable[[Due], Mapping[str, Any]] = lambda _: {},
        ahead: float = 0.0,
        tell: Callable[[str | None], None] = lambda _: None,
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._schedule = schedule
        self._bus = bus
        self._ticket = ticket
        self._brief = brief
        self._ahead = ahead
        self._tell = tell
        self._running_s = running_s
        self._lock = threading.Lock()
        self._under_way: dict[str, _UnderWay] = {}
        self._to_offer: list[Offer] = []
        self._wake = threading.Event()
        self._checked_at_s = running_s()
        self._trouble: str | None = None
        self._wait_s = _TRY_AGAIN_S

    def run(self, stop: threading.Event) -> None:
        """Offer visits until ``stop`` is set; a bus that is away is tried again and again."""
        while not stop.is_set():
            try:
                pause_s = 0.0 if self._turn() else self._pause_s()
                self._say(None)
            except NotLeading:
                pause_s = _IDLE_S
            except BusError as error:
                self._say(str(error))
                pause_s, self._wait_s = self._wait_s, min(self._wait_s * 2, _LONGEST_S)
            if pause_s:
                self._wake.wait(pause_s)
                self._wake.clear()

    def finished(self, ticket: str, handled: Handled) -> None:
        """End a visit, and set its feed's next turn; one that was not offered here is passed over."""
        with self._lock:
            visit = self._under_way.pop(ticket, None)
        if visit is not None:
            self._schedule.done(
                visit.offer.feed_id, handled.outcome, handled.again_in_s, more_opens=handled.more_opens
            )
            self._wake.set()

    @property
    def under_way(self) -> int:
        """How many visits are offered and not finished."""
        return len(self._under_way)

    def _turn(self) -> bool:
        """Offer what is due and what got lost; return whether there was something."""
        if self._running_s() - self._checked_at_s > _LOST_AFTER_S:
            self._miss()
        while len(self._to_offer) < _MOST_AT_ONCE and (due := self._next()):
            self._take(due)
        if not self._to_offer:
            return False
        self._bus.offer(self._to_offer)
        self._to_offer = []
        return True

    def _next(self) -> Due | None:
        """Return a feed that is due and has room; it is then under way."""
        room, failing = self._room()
        return next(iter(self._schedule.take(limit=1, failing=failing)), None) if room else None

    def _room(self) -> tuple[bool, bool]:
        """Return whether there is room for a visit, and whether for one of a feed that failed last time."""
        capacity = self._bus.capacity()
        with self._lock:
            failing = sum(visit.offer.due.failing for visit in self._under_way.values())
            room = len(self._under_way) < capacity + round(self._ahead * capacity)
        return room, failing < max(1, capacity // 4)

    def _take(self, due: Due) -> None:
        offer = Offer(self._ticket(), due, self._brief(due))
        with self._lock:
            self._under_way[offer.ticket] = _UnderWay(offer, self._running_s())
        self._to_offer.append(offer)

    def _miss(self) -> None:
        """Offer again what is neither on the bus nor back."""
        self._checked_at_s = now_s = self._running_s()
        with self._lock:
            old = [visit for visit in self._under_way.values() if now_s - visit.since_s > _LOST_AFTER_S]
        if not old:
            return
        standing = self._bus.standing()
        waiting = {offer.ticket for offer in self._to_offer}
        with self._lock:
            # Some may have come back meanwhile.
            lost = [one.offer for one in old if one.offer.ticket in self._under_way]
        lost = [offer for offer in lost if offer.ticket not in standing and offer.ticket not in waiting]
        if lost:
            _log.warning("visits_offered_again", visits=len(lost))
            self._to_offer.extend(lost)

    def _pause_s(self) -> float:
        # A failing feed that is due but finds no room is tried again when a visit ends, which sets the wake event.
        room, failing = self._room()
        if not room:
            return _IDLE_S
        wait_s = self._schedule.wait_s(failing=failing)
        return _IDLE_S if wait_s is None else min(_IDLE_S, wait_s)

    def _say(self, trouble: str | None) -> None:
        if trouble is None:
            self._wait_s = _TRY_AGAIN_S
        elif self._trouble is None:
            _log.warning("visits_not_offered", reason=trouble)
        if trouble != self._trouble:
            self._tell(trouble)
        self._trouble = trouble
