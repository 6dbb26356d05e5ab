"""The collector: takes what came of visits off the bus and has it remembered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import structlog

from streams.bus.port import Bus, Delivery, Told
from streams.errors import BusError, NotLeading
from streams.visit import Handled, Outcome

_log = structlog.get_logger()
_IDLE_S = 0.5
_MOST_AT_ONCE = 64
_TRY_AGAIN_S, _LONGEST_S = 0.5, 4.0


_Taken_contra = TypeVar("_Taken_contra", contravariant=True)


class Remembering(Protocol[_Taken_contra]):
    """What is done with what came of a visit."""

    def __call__(self, told: _Taken_contra, ticket: str, /) -> Handled:
        """Remember it and return what came of the visit; what comes twice under one ticket counts once."""
        ...

    @property
    def settled(self) -> bool:
        """Whether all that was remembered is so for good."""
        ...

    def note(self, feed_id: str, /) -> str:
        """Return what is to be known of a feed at its next visit, as text."""
        ...

    def unreadable(self, feed_id: str, reason: str) -> None:
        """Say that what came of a visit cannot be read or remembered."""
        ...


class Collector(Generic[Told]):
    """Takes deliveries, one after another, and acknowledges them once they are remembered for good.

    Parameters
    ----------
    bus
        Where they come from.
    remember
        What is done with each.
    finished
        Told of each ticket what came of it.
    running_s
        A clock in seconds that only runs forward.
    """

    def __init__(
        self,
        bus: Bus[Told],
        remember: Remembering[Told],
        finished: Callable[[str, Handled], None],
        *,
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus = bus
        self._remember = remember
        self._finished = finished
        self._running_s = running_s
        self._open: list[Delivery[Told]] = []
        self._notes: dict[str, str] = {}
        self._to_refuse: list[tuple[Delivery[Told], str]] = []
        self._busy_since_s: float | None = None

    def run(self, stop: threading.Event) -> None:
        """Collect until ``stop`` is set; a bus that is away is tried again and again."""
        wait_s = _TRY_AGAIN_S
        while not stop.is_set():
            try:
                self.collect(wait_s=_IDLE_S)
                wait_s = _TRY_AGAIN_S
            except NotLeading:
                stop.wait(_IDLE_S)
            except BusError:
                # Offering, which goes on all the time, has said so.
                stop.wait(wait_s)
                wait_s = min(wait_s * 2, _LONGEST_S)

    def collect(self, *, wait_s: float) -> int:
        """Take what there is, waiting so long for the first; return how much it was."""
        deliveries = self._bus.told(_MOST_AT_ONCE, wait_s=wait_s)
        for delivery in deliveries:
            self._busy_since_s = self._running_s()
            self._take(delivery)
        self._busy_since_s = None
        self._acknowledge()
        return len(deliveries)

    def busy_for_s(self) -> float:
        """Return for how long it has been remembering one visit."""
        since_s = self._busy_since_s
        return 0.0 if since_s is None else self._running_s() - since_s

    def _take(self, delivery: Delivery[Told]) -> None:
        handled = Handled(Outcome.UNREACHABLE)
        try:
            if delivery.told is None:
                self._set_aside(delivery, delivery.trouble)
                return
            handled = self._remembered(delivery, delivery.told)
        finally:
            self._finished(delivery.ticket, handled)

    def _remembered(self, delivery: Delivery[Told], told: Told) -> Handled:
        try:
            handled = self._remember(told, delivery.ticket)
        except BusError:
            raise
        except Exception as error:  # noqa: BLE001 - the loop's boundary: one visit's trouble must not end the patrol
            _log.exception("visit_not_remembered", feed=delivery.feed_id)
            self._set_aside(delivery, f"{type(error).__name__}: {error}")
            return Handled(Outcome.UNREACHABLE)
        self._open.append(delivery)
        self._notes[delivery.feed_id] = self._remember.note(delivery.feed_id)
        return handled

    def _set_aside(self, delivery: Delivery[Told], reason: str) -> None:
        self._remember.unreadable(delivery.feed_id, reason)
        self._to_refuse.append((delivery, reason))

    def _acknowledge(self) -> None:
        """Say what is done with; where that fails it is said again, and what comes twice meanwhile counts once."""
        while self._to_refuse:
            self._bus.refuse(*self._to_refuse[0])
            del self._to_refuse[0]
        if self._open and self._remember.settled:
            self._bus.remembered(self._open, self._notes)
            self._open, self._notes = [], {}
