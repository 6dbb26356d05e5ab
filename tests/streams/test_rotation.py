"""Rotation, worker and collector around one bus, with real schedule and capture: dead feeds, hangs, defects."""

from __future__ import annotations

import itertools
import random
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from streams.bus.inprocess import InProcessBus
from streams.bus.offer import Offer
from streams.capture import Capture
from streams.collector import Collector
from streams.due import Due
from streams.errors import TimedOut
from streams.feed import Feed, Protocol
from streams.frame import Frame
from streams.rotation import Rotation
from streams.schedule import Schedule
from streams.visit import Handled, Outcome, Visit
from streams.worker import Worker

PICTURE = np.full((64, 64, 3), 128, np.uint8)


def now() -> datetime:
    return datetime.now(UTC)


class Sees:
    """A source that sees at once."""

    def look(self) -> Frame:
        return Frame(PICTURE, now(), "digest")


class Waits:
    """A dead camera: each look costs its whole timeout."""

    def __init__(self, seconds: float) -> None:
        self.gate = threading.Event()
        self.seconds = seconds

    def look(self) -> Frame:
        self.gate.wait(self.seconds)
        raise TimedOut("nothing came")


class Handler:
    """Counts what is handed on; ``do`` may hang or raise. Looks, and is told again what it has said."""

    settled = True

    def __init__(self, do=lambda: None) -> None:
        self.do = do
        self.visits: list[str] = []
        self.remembered: list[str] = []
        self.defects: list[str] = []
        self.enough = threading.Event()
        self.wanted = 10**9

    def look(self, feed, visit, frame, brief) -> Visit:
        self.visits.append(feed.id)
        if self.visits.count("good") >= self.wanted:
            self.enough.set()
        self.do()
        return visit

    def failed(self, visit, feed_name, why) -> Visit:
        self.defects.append(f"{visit.feed_id}: {why}")
        return visit

    def __call__(self, visit, ticket) -> Handled:
        self.remembered.append(ticket)
        return Handled(visit.outcome)

    def note(self, feed_id) -> str:
        return ""

    def unreadable(self, feed_id, reason) -> None:
        self.defects.append(f"{feed_id}: {reason}")


class Look:
    def __init__(self, handler: Handler) -> None:
        self.failed = handler.failed
        self._handler = handler

    def __call__(self, *visit) -> Visit:
        return self._handler.look(*visit)


@contextmanager
def rotating(sources, handler, *, workers=4, stuck_after_s=60.0, beat=lambda: None):
    feeds = {key: Feed(key, key, key, Protocol.SNAPSHOT, interval_s=0.1) for key in sources}
    schedule = Schedule(feeds.values(), now=now, rng=random.Random(1), backoff_first_s=0.1, backoff_limit_s=0.2)
    bus = InProcessBus(now=now)
    rotation = Rotation(schedule, bus, ticket=map(str, itertools.count()).__next__)
    collector = Collector(bus, handler, rotation.finished)
    worker = Worker(
        bus,
        feeds,
        sources,
        capture=Capture(30, now=now),
        look=Look(handler),
        workers=workers,
        stuck_after_s=stuck_after_s,
        now=now,
        beat=beat,
    )
    stop = threading.Event()
    threads = [threading.Thread(target=part.run, args=(stop,)) for part in (rotation, collector, worker)]
    for thread in threads:
        thread.start()
    try:
        yield rotation
    finally:
        stop.set()
        for source in sources.values():
            if isinstance(source, Waits):
                source.gate.set()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
        while collector.collect(wait_s=0):
            pass
    assert len(set(handler.remembered)) == len(handler.remembered) == len(handler.visits)
    assert rotation.under_way == bus.status().waiting


def test_however_many_dead_feeds_there_are_the_good_one_is_seen_on_time():
    """Forty dead cameras of half a second each on four workers would leave the good one a look in five seconds."""
    handler = Handler()
    handler.wanted = 40
    sources = {"good": Sees()} | {f"dead-{number}": Waits(0.5) for number in range(40)}

    with rotating(sources, handler):
        # The first round finds out who is dead: 40 × 0.5 s ÷ 4; then 40 looks of the good one take 4 s.
        assert handler.enough.wait(14)
    assert len({feed for feed in handler.visits if feed.startswith("dead")}) == 40


def test_a_handler_that_hangs_stops_the_heartbeat():
    gate, beats = threading.Event(), []
    handler = Handler(gate.wait)
    handler.wanted = 1
    with rotating({"good": Sees()}, handler, stuck_after_s=0.3, beat=lambda: beats.append(1)):
        assert handler.enough.wait(5)
        pause = threading.Event()
        pause.wait(1.0)
        before = len(beats)
        pause.wait(1.5)
        after = len(beats)
        gate.set()

    assert before == after


def test_a_working_patrol_beats():
    handler, beats = Handler(), []
    handler.wanted = 20
    with rotating({"good": Sees()}, handler, stuck_after_s=0.3, beat=lambda: beats.append(1)):
        assert handler.enough.wait(10)

    assert len(beats) >= 20


def test_a_defect_in_handling_is_told_and_the_patrol_goes_on():
    def raises() -> None:
        raise ValueError("a defect")

    handler = Handler(raises)
    handler.wanted = 3
    with rotating({"good": Sees()}, handler):
        assert handler.enough.wait(10)

    assert handler.defects[:2] == ["good: ValueError", "good: ValueError"]


@pytest.mark.parametrize("workers", [1, 2])
def test_even_one_worker_serves_dead_and_good(workers):
    handler = Handler()
    handler.wanted = 10
    with rotating({"good": Sees(), "dead": Waits(0.05)}, handler, workers=workers):
        assert handler.enough.wait(15)

    assert "dead" in handler.visits


@contextmanager
def working(bus, handler, feeds):
    """A worker alone on a bus."""
    worker = Worker(
        bus,
        {key: Feed(key, key, key, Protocol.SNAPSHOT) for key in feeds},
        {key: Sees() for key in feeds},
        capture=Capture(30, now=now),
        look=Look(handler),
        workers=2,
        stuck_after_s=60,
        now=now,
    )
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(20)


class Crashing(InProcessBus):
    """A bus whose every lease was somebody else's before, so many times."""

    times = 0

    def lease(self, limit, *, wait_s):
        return [replace(lease, times=self.times) for lease in super().lease(limit, wait_s=wait_s)]


def test_a_visit_at_which_processes_die_is_not_made_again_but_told_of_and_set_aside():
    bus, handler = Crashing(now=now), Handler()
    bus.times = 4
    bus.offer([Offer("t1", Due("good", now()))])
    with working(bus, handler, ["good"]):
        (delivery,) = bus.told(1, wait_s=10)

    assert delivery.told.outcome is Outcome.UNREACHABLE
    assert delivery.told.detail == "not made: leased 3 times, and each time the process that had it went silent"
    assert [dead.reason for dead in bus.dead_letters()] == [delivery.told.detail.removeprefix("not made: ")]


def test_a_feed_that_this_process_does_not_know_is_told_of():
    bus, handler = InProcessBus(now=now), Handler()
    bus.offer([Offer("t1", Due("stranger", now()))])
    with working(bus, handler, ["good"]):
        (delivery,) = bus.told(1, wait_s=10)

    assert delivery.ticket == "t1"
    assert handler.defects == ["stranger: this patrol process knows no such feed; give all of them the same feeds"]


class Forgetful(InProcessBus):
    """A bus that loses the first offers."""

    lose = 1

    def offer(self, offers):
        if self.lose:
            self.lose -= 1
        else:
            super().offer(offers)


def test_what_the_bus_has_forgotten_is_offered_again_under_the_same_ticket():
    bus, clock = Forgetful(now=now), [0.0]
    bus.hold(4)
    feed = Feed("good", "good", "good", Protocol.SNAPSHOT, interval_s=100)
    schedule = Schedule([feed], now=now, rng=random.Random(1), running_s=lambda: clock[0])
    rotation = Rotation(schedule, bus, ticket=map(str, itertools.count()).__next__, running_s=lambda: clock[0])
    for clock[0] in (1.0, 2.0, 4.0):
        rotation._turn()
    assert bus.standing() == {}

    for clock[0] in (9.0, 14.0, 19.0):
        rotation._turn()

    assert bus.standing() == {"0": "good"}
    assert rotation.under_way == 1


def test_what_cannot_be_remembered_is_set_aside_and_the_rest_goes_on():
    bus, finished = InProcessBus(now=now), []
    bus.offer([Offer(str(number), Due(f"cam{number}", now())) for number in range(3)])

    class Picky(Handler):
        def __call__(self, visit, ticket):
            if ticket == "1":
                raise KeyError("matter")
            return super().__call__(visit, ticket)

    picky = Picky()
    collector = Collector(bus, picky, lambda ticket, _: finished.append(ticket))
    for lease in bus.lease(3, wait_s=0):
        at = now()
        bus.deliver(lease, Visit(lease.offer.feed_id, at, at, at, Outcome.OK))
    collector.collect(wait_s=0)

    assert finished == ["0", "1", "2"]
    assert picky.remembered == ["0", "2"]
    assert [(dead.ticket, dead.reason) for dead in bus.dead_letters()] == [("1", "KeyError: 'matter'")]
    assert bus.standing() == {}
