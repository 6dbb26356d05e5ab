"""The bus over Redis: two streams with consumer groups, a leader's lease, and what is known of each feed.

Nothing on it is trimmed before it is done with: offers are taken off when they were delivered, deliveries when they
were remembered, and where too many wait, no more are taken. Redis may forget everything at any time: the leader then
offers again what was under way, and its ledger knows what was remembered.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from streams.bus import redisscripts as scripts
from streams.bus.offer import Offer
from streams.bus.port import BusStatus, DeadLetter, Delivery, Lease, Part, Term, Told, Wire
from streams.bus.redisreplies import Fields, dead_letter, delivery, members, standing
from streams.bus.redisstreams import GROUPS, RedisStreams, key_of
from streams.errors import BusFull, NotLeading

_SILENT_S = 6.0
"""A process that was not heard of for so long is not counted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things last, and how many there may be.

    Parameters
    ----------
    lead_s
        A leader that was not heard of for so long leads no more.
    lease_s
        A visit whose holder was not heard of for so long goes to somebody else.
    answer_s
        Redis must answer within this.
    most
        So many offers, and so many deliveries, are on the bus at most.
    most_dead
        So many dead letters are kept; the oldest go first.
    """

    lead_s: float = 5.0
    lease_s: float = 6.0
    answer_s: float = 3.0
    most: int = 10_000
    most_dead: int = 200


class RedisBus(Generic[Told]):
    """A ``Bus`` over Redis 6.2 or newer.

    Parameters
    ----------
    url
        ``redis://…`` or ``rediss://…``, credentials put in. One bus has one database number of its own.
    wire
        How what comes of a visit is written.
    limits
        See ``Limits``.
    name
        Of this process among all on the bus; made up when left out.
    running_s
        A clock in seconds that only runs forward.
    """

    def __init__(
        self,
        url: str,
        wire: Wire[Told],
        *,
        limits: Limits = Limits(),
        name: str | None = None,
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wire = wire
        self._limits = limits
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self._running_s = running_s
        self._streams = RedisStreams(url, reader=self.name, answer_s=limits.answer_s)
        self._lock = threading.Lock()
        self._mine: set[str] = set()
        self._open: set[str] = set()
        """Deliveries that this process has taken and not yet remembered."""
        self._inherited: deque[tuple[str, Fields]] = deque()
        self._term = 0
        self._leads_until_s = 0.0
        self._collected_at_s = self._reclaimed_at_s = self._counted_at_s = float("-inf")
        self._capacity = 0

    def hold(self, capacity: int) -> None:
        """Say that this process is there, and keep its leases alive."""
        with self._lock:
            mine = sorted(self._mine)
        arguments = [self.name, capacity, GROUPS["offers"], *mine]
        self._streams.run(scripts.HOLD, ("members", "offers"), arguments)

    def lease(self, limit: int, *, wait_s: float) -> list[Lease]:
        """Return visits to make: those whose holder went silent before new ones."""
        leases = self._reclaimed(limit)
        if not leases:
            entries = self._streams.read("offers", limit, wait_s=wait_s)
            leases = [lease for key, fields in entries if (lease := self._leased(key, fields))]
        with self._lock:
            self._mine.update(lease.key for lease in leases)
        return leases

    def deliver(self, lease: Lease, told: Told) -> None:
        """End a lease; where too many deliveries wait it stays, and the call may be repeated."""
        arguments = [GROUPS["offers"], lease.key, self._limits.most, *self._fields(lease.offer, told)]
        if self._streams.run(scripts.DELIVER, ("offers", "results"), arguments):
            raise BusFull(
                f"{self._limits.most} results wait on {self._streams.where} for a leader that remembers them"
            )
        self._no_longer(lease)

    def set_aside(self, lease: Lease, reason: str, told: Told) -> None:
        """End a lease as a dead letter."""
        self._bury("offers", lease.key, Part.OFFER, reason, self._fields(lease.offer, told))
        self._no_longer(lease)

    def lead(self) -> Term:
        """Become the leader, or stay it."""
        asked_at_s = self._running_s()
        arguments = [self.name, round(self._limits.lead_s * 1000)]
        number, leader = self._streams.run(scripts.LEAD, ("leader", "term"), arguments)
        if not number:
            self._leads_until_s = float("-inf")
            raise NotLeading(f"{leader.decode()} leads")
        if int(number) != self._term:
            self._term = int(number)
            self._collected_at_s = float("-inf")
        self._leads_until_s = asked_at_s + self._limits.lead_s
        return Term(self._term)

    def resign(self) -> None:
        """Lead no longer."""
        self._leads_until_s = float("-inf")
        self._streams.run(scripts.RESIGN, ("leader",), [self.name])

    def capacity(self) -> int:
        """Return how many visits all processes together make at once; asked for once a second."""
        if self._running_s() - self._counted_at_s >= 1:
            self._capacity = sum(member.capacity for member in self.status().members)
            self._counted_at_s = self._running_s()
        return self._capacity

    def offer(self, offers: Sequence[Offer]) -> None:
        """Offer visits."""
        each = [part for offer in offers for part in (offer.ticket, offer.feed_id, offer.packed())]
        arguments = [self.name, self._limits.most, *each]
        refused = self._streams.run(scripts.OFFER, ("leader", "offers"), arguments)
        if refused == -1:
            raise NotLeading("another process leads, or may; no visit was offered")
        if refused:
            raise BusFull(f"{self._limits.most} visits are offered on {self._streams.where} and not made yet")

    def standing(self) -> dict[str, str]:
        """Return what is on the bus."""
        return standing(self._streams.run(scripts.STANDING, ("offers", "results"), []))

    def told(self, limit: int, *, wait_s: float) -> list[Delivery[Told]]:
        """Return deliveries."""
        if self._running_s() >= self._leads_until_s:
            raise NotLeading("another process leads, or may; nothing was taken")
        self._collect()
        if self._inherited:
            entries = [self._inherited.popleft() for _ in range(min(limit, len(self._inherited)))]
        else:
            entries = self._streams.read("results", limit, wait_s=wait_s)
        self._open.update(key for key, _ in entries)
        return [delivery(key, fields, self._wire) for key, fields in entries]

    def remembered(self, deliveries: Iterable[Delivery[Told]], notes: Mapping[str, str]) -> None:
        """Take deliveries off the bus."""
        keys = [delivery.key for delivery in deliveries]
        if keys:
            self._streams.take_off("results", keys)
            self._open.difference_update(keys)
        # Last, and apart: a full memory refuses it, and must not keep the deliveries from making room.
        if notes:
            self._streams.note(notes)

    def refuse(self, delivery: Delivery[Told], reason: str) -> None:
        """Make a delivery a dead letter."""
        self._bury("results", delivery.key, Part.RESULT, reason)
        self._open.discard(delivery.key)

    def notes(self) -> dict[str, str]:
        """Return what is known of each feed."""
        return self._streams.notes()

    def status(self) -> BusStatus:
        """Return how the bus is doing."""
        offers, results, dead, pending, heard, leader, now = self._streams.counts()
        known = members(heard, leader, pending, now_ms=now[0] * 1000 + now[1] // 1000, silent_ms=_SILENT_S * 1000)
        leased = int(pending["pending"])
        return BusStatus("redis", max(0, offers - leased), leased, results, dead, known)

    def dead_letters(self, limit: int = 1000) -> list[DeadLetter]:
        """Return what was set aside."""
        entries = self._streams.ask(lambda client: client.xrange(key_of("dead"), count=limit))
        return [dead_letter(key.decode(), fields) for key, fields in entries]

    def requeue(self, key: str) -> bool:
        """Put a dead letter back."""
        return bool(self._streams.run(scripts.REQUEUE, ("dead", "offers", "results"), [key]))

    def drop(self, key: str) -> bool:
        """Forget a dead letter."""
        return bool(self._streams.ask(lambda client: client.xdel(key_of("dead"), key)))

    def close(self) -> None:
        """Leave the bus."""
        self._streams.close()

    def _bury(self, stream: str, key: str, part: Part, reason: str, result: Sequence[str | bytes] = ()) -> None:
        arguments = [GROUPS[stream], key, self._limits.most_dead, part.value, reason, *result]
        self._streams.run(scripts.SET_ASIDE, (stream, "dead", "results"), arguments)

    def _reclaimed(self, limit: int) -> list[Lease]:
        if self._running_s() - self._reclaimed_at_s < 1:
            return []
        self._reclaimed_at_s = self._running_s()
        entries = self._streams.claimed("offers", limit, idle_s=self._limits.lease_s)
        return [
            lease
            for key, fields in entries
            if (lease := self._leased(key, fields, times=self._streams.times_given("offers", key)))
        ]

    def _leased(self, key: str, fields: Fields, *, times: int = 1) -> Lease | None:
        try:
            return Lease(key, Offer.unpacked(fields.get(b"offer", b"")), times)
        except ValueError as error:
            self._bury("offers", key, Part.OFFER, str(error))
            return None

    def _collect(self) -> None:
        """In a new term take over all that is not remembered; later what got lost on the way to us."""
        first = self._collected_at_s == float("-inf")
        if not first and self._running_s() - self._collected_at_s < self._limits.lease_s:
            return
        self._collected_at_s = self._running_s()
        entries = self._streams.claimed("results", self._limits.most, idle_s=0.0 if first else self._limits.lease_s)
        self._inherited.extend(entry for entry in entries if entry[0] not in self._open)

    def _fields(self, offer: Offer, told: Told) -> list[str | bytes]:
        fields: dict[str, str | bytes] = {
            "ticket": offer.ticket,
            "feed": offer.feed_id,
            **self._wire.pack(told, offer),
        }
        parts: list[str | bytes] = []
        for name, value in fields.items():
            parts += (name, value)
        return parts

    def _no_longer(self, lease: Lease) -> None:
        with self._lock:
            self._mine.discard(lease.key)
