"""What every bus promises, over all adapters; Redis is a real server."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

from streams.bus.inprocess import InProcessBus
from streams.bus.offer import Offer
from streams.bus.port import Part
from streams.bus.redisbus import Limits, RedisBus
from streams.due import Due
from streams.errors import BusFull
from streams.visit import Kind
from tests.servers.redis import RedisServer

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)


class Words:
    """What comes of a visit here: a text."""

    def pack(self, told: str, offer: Offer) -> dict[str, bytes]:
        return {"said": told.encode(), "asked": str(offer.brief.get("asked", "")).encode()}

    def unpack(self, fields) -> str:
        return fields["said"].decode()


@pytest.fixture(scope="module")
def server():
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture(params=["in process", "redis"])
def make_bus(request):
    """A function that opens an empty bus; ``most`` is how much it holds."""
    if request.param == "in process":
        yield lambda most=100: InProcessBus(now=lambda: NOON, most=most)
        return
    server = request.getfixturevalue("server")
    server.empty()
    opened = []

    def make(most: int = 100) -> RedisBus[str]:
        opened.append(RedisBus(server.url, Words(), limits=Limits(most=most)))
        return opened[-1]

    yield make
    for bus in opened:
        bus.close()


@pytest.fixture
def bus(make_bus):
    bus = make_bus()
    bus.lead()
    return bus


def offer(number: int, *, brief=None, **due) -> Offer:
    return Offer(f"t{number}", Due(f"cam{number}", NOON, **due), brief or {})


def made(bus, count: int = 1) -> list:
    """Lease and deliver so many visits; return the leases."""
    leases = bus.lease(count, wait_s=1)
    for lease in leases:
        bus.deliver(lease, f"seen by {lease.offer.feed_id}")
    return leases


def test_offers_are_leased_in_order_once_each_with_all_that_goes_along(bus):
    offers = [
        offer(1, brief={"memory": {"东门": [1, 2.5]}}),
        offer(2, failing=True, kind=Kind.RETRY, plan=("roads",)),
        offer(3),
    ]
    bus.offer(offers)

    leased = [lease.offer for lease in (*bus.lease(2, wait_s=1), *bus.lease(5, wait_s=1))]

    assert leased == offers
    assert bus.lease(5, wait_s=0) == []


def test_what_came_of_a_visit_is_told_once_in_order_and_stands_until_it_is_remembered(bus):
    bus.offer([offer(1), offer(2)])
    assert bus.standing() == {"t1": "cam1", "t2": "cam2"}
    made(bus, 2)

    deliveries = bus.told(10, wait_s=1)
    assert [(each.ticket, each.feed_id, each.told) for each in deliveries] == [
        ("t1", "cam1", "seen by cam1"),
        ("t2", "cam2", "seen by cam2"),
    ]
    assert bus.told(10, wait_s=0) == []
    assert set(bus.standing()) == {"t1", "t2"}

    bus.remembered(deliveries[:1], {"cam1": '{"run": 2}'})
    assert set(bus.standing()) == {"t2"}
    assert bus.notes() == {"cam1": '{"run": 2}'}


def test_delivering_twice_tells_at_most_what_one_ticket_was(bus):
    """A lease may be delivered again when it is not known whether the first time arrived."""
    bus.offer([offer(1)])
    (lease,) = made(bus)
    bus.deliver(lease, "again")

    assert {each.ticket for each in bus.told(10, wait_s=1)} == {"t1"}


def test_who_waits_is_woken_by_what_comes(bus):
    got = []
    waiting = threading.Thread(target=lambda: got.extend(bus.lease(1, wait_s=20)))
    waiting.start()
    began = time.monotonic()
    bus.offer([offer(1)])
    waiting.join(10)

    assert [lease.offer.ticket for lease in got] == ["t1"]
    assert time.monotonic() - began < 10


def test_nobody_offers_more_than_the_bus_holds_and_what_is_made_makes_room(make_bus):
    bus = make_bus(most=3)
    bus.lead()
    bus.offer([offer(1), offer(2)])

    with pytest.raises(BusFull):
        bus.offer([offer(3), offer(4)])
    assert set(bus.standing()) == {"t1", "t2"}

    made(bus)
    bus.offer([offer(3), offer(4)])


def test_the_capacity_is_what_the_processes_said(bus):
    assert bus.capacity() == 0
    bus._counted_at_s = float("-inf")
    bus.hold(8)

    assert bus.capacity() == 8
    assert [(member.capacity, member.leads) for member in bus.status().members] == [(8, True)]


def test_a_visit_that_nobody_can_make_is_a_dead_letter_and_the_leader_is_told(bus):
    bus.offer([offer(1)])
    (lease,) = bus.lease(1, wait_s=1)
    bus.set_aside(lease, "leased 3 times, and each time its holder went silent", "not made")

    assert [each.told for each in bus.told(1, wait_s=1)] == ["not made"]
    (dead,) = bus.dead_letters()
    assert (dead.part, dead.feed_id, dead.ticket) == (Part.OFFER, "cam1", "t1")
    assert "each time its holder went silent" in dead.reason
    assert "cam1" in dead.content


def test_what_cannot_be_remembered_is_a_dead_letter_and_comes_again_when_asked_for(bus):
    bus.offer([offer(1)])
    made(bus)
    (delivery,) = bus.told(1, wait_s=1)
    bus.refuse(delivery, "KeyError: a matter that nobody knows")
    assert bus.standing() == {}
    (dead,) = bus.dead_letters()
    assert (dead.part, dead.reason) == (Part.RESULT, "KeyError: a matter that nobody knows")

    assert bus.requeue(dead.key)

    assert [each.told for each in bus.told(1, wait_s=1)] == ["seen by cam1"]
    assert bus.dead_letters() == []


def test_a_dead_offer_that_is_asked_for_is_offered_again_and_one_dropped_is_gone(bus):
    bus.offer([offer(1), offer(2)])
    for lease in bus.lease(2, wait_s=1):
        bus.set_aside(lease, "no", "not made")
    first, second = bus.dead_letters()

    assert bus.requeue(first.key)
    assert bus.drop(second.key)

    assert [lease.offer for lease in bus.lease(5, wait_s=1)] == [offer(1)]
    assert bus.dead_letters() == []
    assert not bus.requeue(first.key)
    assert not bus.drop("999-0")


def test_the_status_counts_what_is_where(bus):
    bus.hold(4)
    bus.offer([offer(number) for number in range(6)])
    leases = bus.lease(3, wait_s=1)
    bus.deliver(leases[0], "seen")
    bus.set_aside(leases[1], "no", "not made")
    status = bus.status()

    assert (status.waiting, status.leased, status.results, status.dead) == (3, 1, 2, 1)
    assert status.as_record()["members"][0]["leased"] == 1


def test_a_leader_that_resigns_may_lead_again(bus):
    bus.resign()
    bus.lead()
    bus.offer([offer(1)])

    assert set(bus.standing()) == {"t1"}
