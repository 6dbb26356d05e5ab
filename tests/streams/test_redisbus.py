"""The bus over Redis in trouble: processes that die or sleep, and a Redis that is away, slow, full or forgetful."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

from streams.bus.offer import Offer
from streams.bus.redisbus import Limits, RedisBus
from streams.due import Due
from streams.errors import BusAway, BusError, BusFull, NotLeading
from tests.servers.redis import RedisServer

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
QUICK = Limits(lead_s=0.6, lease_s=0.5, answer_s=1.0, most=100, most_dead=3)


class Words:
    def pack(self, told: str, offer: Offer) -> dict[str, bytes]:
        return {"said": told.encode()}

    def unpack(self, fields) -> str:
        if "said" not in fields:
            raise ValueError("it says nothing")
        return fields["said"].decode()


@pytest.fixture(scope="module")
def shared():
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def server(shared):
    shared.empty()
    return shared


@pytest.fixture
def member():
    """A function that joins a server's bus as another process would."""
    joined = []

    def join(server: RedisServer, name: str, limits: Limits = QUICK) -> RedisBus[str]:
        joined.append(RedisBus(server.url, Words(), limits=limits, name=name))
        return joined[-1]

    yield join
    for bus in joined:
        bus.close()


def offers(*numbers: int) -> list[Offer]:
    return [Offer(f"t{number}", Due(f"cam{number}", NOON)) for number in numbers]


def soon(ask, within_s: float = 10.0):
    """Return the first answer that is neither empty nor an error of the bus."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while time.monotonic() < deadline:
        try:
            if answer := ask():
                return answer
        except BusError:
            pass
        pause.wait(0.05)
    raise AssertionError(f"not within {within_s} s")


def tickets(entries) -> list[str]:
    return [entry.offer.ticket if hasattr(entry, "offer") else entry.ticket for entry in entries]


class TestLeases:
    def test_a_visit_of_a_process_that_died_goes_to_another_which_knows_that_it_is_the_second(self, server, member):
        dead, alive = member(server, "dead"), member(server, "alive")
        alive.lead()
        alive.offer(offers(1))
        assert tickets(dead.lease(5, wait_s=1)) == ["t1"]

        (lease,) = soon(lambda: alive.lease(5, wait_s=0.1))

        assert (lease.offer.ticket, lease.times) == ("t1", 2)

    def test_a_lease_that_is_kept_alive_stays(self, server, member):
        slow, other = member(server, "slow"), member(server, "other")
        other.lead()
        other.offer(offers(1))
        slow.lease(1, wait_s=1)
        until = time.monotonic() + 4 * QUICK.lease_s

        while time.monotonic() < until:
            slow.hold(1)
            assert other.lease(1, wait_s=0.1) == []

    def test_who_slept_while_its_visit_went_to_another_does_not_take_it_back(self, server, member):
        sleeper, other = member(server, "sleeper"), member(server, "other")
        other.lead()
        other.offer(offers(1))
        sleeper.lease(1, wait_s=1)
        (lease,) = soon(lambda: other.lease(1, wait_s=0.1))

        sleeper.hold(1)
        leased = {each.name: each.leased for each in other.status().members}
        other.deliver(lease, "seen")

        assert leased == {"sleeper": 0}  # the other one has not said how much it does, and is not listed
        assert other.status().leased == 0

    def test_an_offer_that_cannot_be_read_is_a_dead_letter(self, server, member):
        bus = member(server, "one")
        bus.lead()
        bus.hold(1)
        bus.lease(1, wait_s=0)
        with server.client() as client:
            client.xadd("gridpatrol:offers", {"ticket": "t9", "feed": "cam9", "offer": "{}"})

        assert bus.lease(1, wait_s=0.2) == []
        (dead,) = bus.dead_letters()
        assert (dead.feed_id, bus.standing()) == ("cam9", {})
        assert "no offer" in dead.reason

    def test_only_so_many_dead_letters_are_kept(self, server, member):
        bus = member(server, "one")
        bus.lead()
        bus.offer(offers(1, 2, 3, 4, 5))
        for lease in bus.lease(5, wait_s=1):
            bus.set_aside(lease, "no", "not made")

        assert tickets(bus.dead_letters()) == ["t3", "t4", "t5"]


class TestLeading:
    def test_one_leads_until_it_is_silent_and_each_term_is_higher(self, server, member):
        first, second = member(server, "first"), member(server, "second")
        term = first.lead()
        with pytest.raises(NotLeading, match="first leads"):
            second.lead()
        assert first.lead() == term

        later = soon(second.lead)

        assert later.number > term.number
        with pytest.raises(NotLeading):
            first.lead()

    def test_who_led_before_neither_offers_nor_takes(self, server, member):
        first, second = member(server, "first"), member(server, "second")
        first.lead()
        soon(second.lead)

        with pytest.raises(NotLeading):
            first.offer(offers(1))
        with pytest.raises(NotLeading):
            first.told(1, wait_s=0)

    def test_the_next_leader_gets_what_the_last_one_took_and_did_not_remember(self, server, member):
        first, second = member(server, "first"), member(server, "second")
        first.lead()
        first.offer(offers(1, 2, 3))
        for lease in second.lease(3, wait_s=1):
            second.deliver(lease, "seen")
        taken = first.told(2, wait_s=1)
        first.remembered(taken[:1], {"cam1": "{}"})

        soon(second.lead)

        got = tickets(second.told(5, wait_s=0.2)) + tickets(second.told(5, wait_s=0.2))
        assert got == ["t2", "t3"]
        assert second.notes() == {"cam1": "{}"}

    def test_who_resigns_makes_room_at_once(self, server, member):
        first, second = member(server, "first"), member(server, "second")
        first.lead()
        first.resign()

        second.lead()

    def test_what_came_but_got_lost_on_the_way_to_the_leader_comes_again(self, server, member):
        bus = member(server, "one")
        bus.lead()
        bus.offer(offers(1))
        bus.deliver(bus.lease(1, wait_s=1)[0], "seen")
        with server.client() as client:
            client.xreadgroup("lead", "one", {"gridpatrol:results": ">"})

        def lead_and_take():
            bus.lead()
            return bus.told(5, wait_s=0.1)

        assert tickets(soon(lead_and_take)) == ["t1"]
        assert soon(bus.lead)
        assert bus.told(5, wait_s=0.1) == []

    def test_what_cannot_be_read_is_told_of_with_the_reason(self, server, member):
        bus = member(server, "one")
        bus.lead()
        bus.told(1, wait_s=0)
        with server.client() as client:
            client.xadd("gridpatrol:results", {"ticket": "t1", "feed": "cam1"})

        (delivery,) = bus.told(1, wait_s=1)

        assert (delivery.ticket, delivery.told, delivery.trouble) == ("t1", None, "it says nothing")


class TestRedis:
    def test_away_is_said_in_a_sentence_without_credentials(self, member):
        server = RedisServer()
        bus = RedisBus(server.url.replace("//", "//:secret@"), Words(), limits=QUICK)
        with pytest.raises(BusAway, match="refuses us"):
            bus.lead()
        server.close()
        with pytest.raises(BusAway, match=r"redis://\*\*\*@127.0.0.1:\d+/0 does not answer") as caught:
            bus.lead()
        assert "secret" not in str(caught.value)
        bus.close()

    @pytest.mark.parametrize("persistent", [True, False])
    def test_killed_and_started_again_with_or_without_its_memory(self, member, persistent):
        server = RedisServer(persistent=persistent)
        bus = member(server, "one")
        bus.lead()
        bus.offer(offers(1, 2))
        (lease,) = bus.lease(1, wait_s=1)
        server.kill()
        with pytest.raises(BusAway):
            bus.deliver(lease, "seen")
        server.start(persistent=persistent)

        bus.lead()
        bus.deliver(lease, "seen")

        assert tickets(bus.told(5, wait_s=1)) == ["t1"]
        assert bus.standing() == ({"t1": "cam1", "t2": "cam2"} if persistent else {"t1": "cam1"})
        bus.offer(offers(3))
        assert len(bus.lease(5, wait_s=1)) == (2 if persistent else 1)
        server.close()

    def test_terms_go_on_rising_when_everything_is_forgotten(self, server, member):
        bus = member(server, "one")
        before = bus.lead()
        server.empty()

        assert bus.lead().number > before.number

    def test_slow_is_away_until_it_answers_again(self, server, member):
        bus = member(server, "one")
        bus.lead()
        server.pause()
        try:
            with pytest.raises(BusAway, match="does not answer"):
                bus.offer(offers(1))
        finally:
            server.go_on()

        assert soon(bus.lead)
        # Perhaps it came through after all: offering it again is harmless.
        bus.offer(offers(1))
        assert bus.standing() == {"t1": "cam1"}

    def test_full_is_said_and_nothing_that_is_there_is_lost(self, server, member):
        bus = member(server, "one")
        bus.lead()
        bus.offer(offers(1, 2))
        first, second = bus.lease(2, wait_s=1)
        bus.deliver(first, "seen")
        with server.client() as client:
            client.config_set("maxmemory", "1")
            try:
                with pytest.raises(BusFull, match=r"memory of redis://127.0.0.1:\d+/0 is full"):
                    bus.offer(offers(3))
                with pytest.raises(BusFull):
                    bus.deliver(second, "seen")
                bus.hold(1)
                bus.lead()
                taken = bus.told(5, wait_s=0.2)
                with pytest.raises(BusFull):
                    bus.remembered(taken, {"cam1": "{}"})
            finally:
                client.config_set("maxmemory", "0")

        bus.deliver(second, "seen")
        bus.lead()
        assert tickets(taken) == ["t1"]
        assert tickets(bus.told(5, wait_s=1)) == ["t2"]
        assert bus.standing() == {"t2": "cam2"}

    def test_a_database_that_is_used_for_something_else_is_said(self, server, member):
        with server.client() as client:
            client.set("gridpatrol:offers", "mine")

        with pytest.raises(BusError, match="holds something else"):
            member(server, "one").standing()
