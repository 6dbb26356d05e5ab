"""The port of the bus, and what goes over it.

One process at a time leads: it offers the visits that are due and takes what came of them. Every process leases
offers, makes the visits and delivers. A lease is kept alive by its holder; one that is not goes to somebody else.
What was delivered stays on the bus until the leader says that it is remembered for good. So both may come twice, and
neither is lost between two processes. What nobody can make or take is set aside as a dead letter, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from streams.bus.offer import Offer

Told = TypeVar("Told")
"""What comes of a visit; the bus only carries it."""


class Wire(Protocol[Told]):
    """How what comes of a visit is written."""

    def pack(self, told: Told, offer: Offer) -> Mapping[str, bytes]:
        """Return the wire form, with what the offer asked for."""
        ...

    def unpack(self, fields: Mapping[str, bytes]) -> Told:
        """Return what ``pack`` wrote; raises ValueError when it is none of it."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """A visit that this process is to make, for as long as it keeps the lease alive.

    Parameters
    ----------
    key
        The bus's own.
    offer
        What to do.
    times
        How often it was leased, this time included: more than once, and somebody had it and went silent.
    """

    key: str
    offer: Offer
    times: int = 1


@dataclass(frozen=True, slots=True)
class Delivery(Generic[Told]):
    """What came of one visit, until it is remembered.

    Parameters
    ----------
    key
        The bus's own.
    ticket, feed_id
        Of the offer.
    told
        What came of it, or None when that cannot be read.
    trouble
        Then why, in one sentence.
    """

    key: str
    ticket: str
    feed_id: str
    told: Told | None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One time of leading.

    Parameters
    ----------
    number
        Higher than that of every term before: what must not be overwritten by an earlier leader is kept with it.
    """

    number: int


class Part(StrEnum):
    """What a dead letter was."""

    OFFER = "offer"
    """A visit that nobody could make."""
    RESULT = "result"
    """What came of a visit, but could not be read or remembered."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What was set aside.

    Parameters
    ----------
    key
        Names it to ``requeue`` and ``drop``.
    part
        What it was.
    feed_id, ticket
        Of the offer.
    reason
        Why, in one sentence.
    at
        When, aware UTC.
    size_bytes
        Pictures included.
    content
        What it says, as text, without pictures.
    """

    key: str
    part: Part
    feed_id: str
    ticket: str
    reason: str
    at: datetime
    size_bytes: int
    content: str = ""

    def as_record(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {**asdict(self), "at": self.at.isoformat()}


@dataclass(frozen=True, slots=True)
class Member:
    """A process on the bus: how many visits it makes at once, how many it has, and whether it leads."""

    name: str
    capacity: int
    leased: int = 0
    leads: bool = False


@dataclass(frozen=True, slots=True)
class BusStatus:
    """How the bus is doing.

    Parameters
    ----------
    waiting, leased
        Offers nobody has yet, and offers that somebody has.
    results
        What came of visits and is not remembered yet.
    dead
        Dead letters.
    members
        The processes that were heard of lately.
    """

    kind: str
    waiting: int
    leased: int
    results: int
    dead: int
    members: tuple[Member, ...] = field(default=())

    def as_record(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


class Bus(Protocol[Told]):
    """Leases visits and carries what came of them. Any thread may call; any call may raise ``BusError``."""

    def hold(self, capacity: int) -> None:
        """Say that this process makes ``capacity`` visits at once, and keep its leases alive: call every second."""
        ...

    def lease(self, limit: int, *, wait_s: float) -> list[Lease]:
        """Return at most ``limit`` visits to make, the first offered first; wait for the first one that long."""
        ...

    def deliver(self, lease: Lease, told: Told) -> None:
        """End a lease with what came of it. Delivering twice is fine."""
        ...

    def set_aside(self, lease: Lease, reason: str, told: Told) -> None:
        """End a lease as a dead letter, with what the leader is told instead."""
        ...

    def lead(self) -> Term:
        """Become the leader, or stay it; call every second.

        Raises
        ------
        NotLeading
            Somebody else leads.
        """
        ...

    def resign(self) -> None:
        """Lead no longer: somebody else may at once."""
        ...

    def capacity(self) -> int:
        """Return how many visits all processes together make at once."""
        ...

    def offer(self, offers: Sequence[Offer]) -> None:
        """Offer visits, all of them or none.

        Raises
        ------
        NotLeading
            Somebody else leads.
        BusFull
            Too many are on the bus.
        """
        ...

    def standing(self) -> dict[str, str]:
        """Return ticket and feed id of every visit that is offered, leased or delivered and not remembered yet."""
        ...

    def told(self, limit: int, *, wait_s: float) -> list[Delivery[Told]]:
        """Return at most ``limit`` deliveries, in the order they came; wait for the first one that long.

        In a new term those come first that the leader before had taken and not remembered.

        Raises
        ------
        NotLeading
            Somebody else leads.
        """
        ...

    def remembered(self, deliveries: Iterable[Delivery[Told]], notes: Mapping[str, str]) -> None:
        """Take deliveries off the bus, which are remembered for good, and keep what is to be known of their feeds."""
        ...

    def refuse(self, delivery: Delivery[Told], reason: str) -> None:
        """Take a delivery off the bus as a dead letter."""
        ...

    def notes(self) -> dict[str, str]:
        """Return what is known of each feed, by feed id (see ``remembered``)."""
        ...

    def status(self) -> BusStatus:
        """Return how the bus is doing."""
        ...

    def dead_letters(self, limit: int = 1000) -> list[DeadLetter]:
        """Return what was set aside, the oldest first."""
        ...

    def requeue(self, key: str) -> bool:
        """Put a dead letter back where it was; return False when there is none of that key."""
        ...

    def drop(self, key: str) -> bool:
        """Forget a dead letter; return False when there is none of that key."""
        ...

    def close(self) -> None:
        """Leave the bus."""
        ...
