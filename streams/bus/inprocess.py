"""The bus within one process: nothing is written, copied or kept; what goes in on one side comes out on the other."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from streams.bus.offer import Offer
from streams.bus.port import BusStatus, DeadLetter, Delivery, Lease, Member, Part, Term, Told
from streams.errors import BusFull


@dataclass(frozen=True, slots=True)
class _Dead(Generic[Told]):
    letter: DeadLetter
    what: Offer | Delivery[Told]


class InProcessBus(Generic[Told]):
    """A ``Bus`` of one process, which leads.

    Parameters
    ----------
    now
        Aware UTC clock, for the record of dead letters.
    most
        At most so many offers are on the bus.
    most_dead
        At most so many dead letters are kept; the oldest go first.
    """

    def __init__(self, *, now: Callable[[], datetime], most: int = 20_000, most_dead: int = 1000) -> None:
        self._now = now
        self._most, self._most_dead = most, most_dead
        self._lock = threading.Lock()
        # Two, so that an offer wakes the worker alone, and a delivery the collector alone.
        self._offered, self._delivered = threading.Condition(self._lock), threading.Condition(self._lock)
        self._keys = map(str, itertools.count(1))
        self._waiting: deque[Lease] = deque()
        self._leased: dict[str, Lease] = {}
        self._told: deque[Delivery[Told]] = deque()
        self._taken: dict[str, Delivery[Told]] = {}
        self._dead: OrderedDict[str, _Dead[Told]] = OrderedDict()
        self._notes: dict[str, str] = {}
        self._capacity = 0

    def hold(self, capacity: int) -> None:
        """Note the capacity; leases live as long as the process."""
        self._capacity = capacity

    def lease(self, limit: int, *, wait_s: float) -> list[Lease]:
        """Return visits to make."""
        with self._lock:
            self._offered.wait_for(lambda: self._waiting, wait_s)
            leases = [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
            self._leased.update((lease.key, lease) for lease in leases)
            return leases

    def deliver(self, lease: Lease, told: Told) -> None:
        """End a lease."""
        with self._lock:
            if self._leased.pop(lease.key, None) is None:
                return
            self._told.append(Delivery(lease.key, lease.offer.ticket, lease.offer.feed_id, told))
            self._delivered.notify_all()

    def set_aside(self, lease: Lease, reason: str, told: Told) -> None:
        """End a lease as a dead letter."""
        with self._lock:
            self._bury(Part.OFFER, lease.offer.feed_id, lease.offer.ticket, reason, lease.offer)
        self.deliver(lease, told)

    def lead(self) -> Term:
        """Return the only term there is."""
        return Term(1)

    def resign(self) -> None:
        """Nobody else could lead."""

    def capacity(self) -> int:
        """Return how many visits this process makes at once."""
        return self._capacity

    def offer(self, offers: Sequence[Offer]) -> None:
        """Offer visits."""
        with self._lock:
            if len(self._waiting) + len(self._leased) + len(offers) > self._most:
                raise BusFull(f"{self._most} visits are offered and not made yet; no more are before some are")
            self._waiting.extend(Lease(next(self._keys), offer) for offer in offers)
            self._offered.notify_all()

    def standing(self) -> dict[str, str]:
        """Return what is on the bus."""
        with self._lock:
            offers = (lease.offer for lease in (*self._waiting, *self._leased.values()))
            standing = {offer.ticket: offer.feed_id for offer in offers}
            return standing | {each.ticket: each.feed_id for each in (*self._told, *self._taken.values())}

    def told(self, limit: int, *, wait_s: float) -> list[Delivery[Told]]:
        """Return deliveries."""
        with self._lock:
            self._delivered.wait_for(lambda: self._told, wait_s)
            taken = [self._told.popleft() for _ in range(min(limit, len(self._told)))]
            self._taken.update((delivery.key, delivery) for delivery in taken)
            return taken

    def remembered(self, deliveries: Iterable[Delivery[Told]], notes: Mapping[str, str]) -> None:
        """Forget deliveries."""
        with self._lock:
            for delivery in deliveries:
                self._taken.pop(delivery.key, None)
            self._notes.update(notes)

    def refuse(self, delivery: Delivery[Told], reason: str) -> None:
        """Make a delivery a dead letter."""
        with self._lock:
            self._taken.pop(delivery.key, None)
            self._bury(Part.RESULT, delivery.feed_id, delivery.ticket, reason, delivery)

    def notes(self) -> dict[str, str]:
        """Return what is known of each feed."""
        with self._lock:
            return dict(self._notes)

    def status(self) -> BusStatus:
        """Return how the bus is doing."""
        with self._lock:
            leased = len(self._leased)
            return BusStatus(
                kind="in process",
                waiting=len(self._waiting),
                leased=leased,
                results=len(self._told) + len(self._taken),
                dead=len(self._dead),
                members=(Member("this process", self._capacity, leased, leads=True),),
            )

    def dead_letters(self, limit: int = 1000) -> list[DeadLetter]:
        """Return what was set aside."""
        with self._lock:
            return [dead.letter for dead in itertools.islice(self._dead.values(), limit)]

    def requeue(self, key: str) -> bool:
        """Put a dead letter back."""
        with self._lock:
            dead = self._dead.pop(key, None)
            if dead is None:
                return False
            if isinstance(dead.what, Offer):
                self._waiting.append(Lease(next(self._keys), dead.what))
                self._offered.notify_all()
            else:
                self._told.append(dead.what)
                self._delivered.notify_all()
            return True

    def drop(self, key: str) -> bool:
        """Forget a dead letter."""
        with self._lock:
            return self._dead.pop(key, None) is not None

    def close(self) -> None:
        """Nothing is open."""

    def _bury(self, part: Part, feed_id: str, ticket: str, reason: str, what: Offer | Delivery[Told]) -> None:
        key = next(self._keys)
        letter = DeadLetter(key, part, feed_id, ticket, reason, self._now(), size_bytes=0, content=str(what)[:2000])
        self._dead[key] = _Dead(letter, what)
        while len(self._dead) > self._most_dead:
            self._dead.popitem(last=False)
