"""The schedule: everyone in turn, nobody twice at once, whatever the clocks and the feeds do."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.feed import Feed, Protocol
from streams.legacy import Legacy
from streams.schedule import Schedule
from streams.visit import Kind, Outcome

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clocks:
    """A wall clock that may be set and a running clock that only runs."""

    def __init__(self, wall: datetime = START, running_s: float = 1000.0) -> None:
        self.wall = wall
        self.running = running_s

    def run(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.running += seconds

    def now(self) -> datetime:
        return self.wall

    def running_s(self) -> float:
        return self.running


def feed(key: str, interval_s: float = 300.0) -> Feed:
    return Feed(key, key, f"rtsp://10.0.0.1/{key}", Protocol.RTSP, interval_s=interval_s)


def feeds(count: int, interval_s: float = 300.0) -> list[Feed]:
    return [feed(f"cam-{index}", interval_s) for index in range(count)]


def schedule_of(some: list[Feed], clocks: Clocks, **settings) -> Schedule:
    return Schedule(some, now=clocks.now, rng=random.Random(1), running_s=clocks.running_s, **settings)


def taken(schedule: Schedule, limit: int = 64) -> list[str]:
    return [due.feed_id for due in schedule.take(limit)]


def visits(schedule: Schedule, clocks: Clocks, seconds: float, *, step_s: float = 1.0, outcome=Outcome.OK):
    """Run for so long, each visit taking no time, and return (running clock, feed id) of each."""
    made = []
    for _ in range(round(seconds / step_s)):
        for key in taken(schedule, 10_000):
            made.append((clocks.running, key))
            schedule.done(key, outcome)
        clocks.run(step_s)
    return made


def test_with_few_feeds_all_first_visits_come_within_a_second():
    clocks = Clocks()
    schedule = schedule_of(feeds(5), clocks)
    clocks.run(1.0)
    assert sorted(taken(schedule)) == [f"cam-{index}" for index in range(5)]


def test_with_many_feeds_first_visits_spread_over_the_interval():
    clocks = Clocks()
    made = visits(schedule_of(feeds(3000), clocks), clocks, 301)
    per_minute = Counter(int((at - 1000) // 60) for at, _ in made)
    assert len({key for _, key in made}) == 3000
    assert all(500 < per_minute[minute] < 700 for minute in range(5))


def test_a_healthy_feed_is_visited_once_per_interval_at_its_own_place():
    clocks = Clocks()
    schedule = schedule_of(feeds(4), clocks)
    visits(schedule, clocks, 450)
    made = visits(schedule, clocks, 3000)
    assert Counter(key for _, key in made) == {f"cam-{index}": 10 for index in range(4)}
    for key in ("cam-0", "cam-3"):
        times = [at for at, one in made if one == key]
        assert {later - sooner for sooner, later in pairwise(times)} == {300.0}


def test_a_feed_keeps_its_place_over_a_restart():
    first, second = Clocks(), Clocks(START + timedelta(seconds=777), running_s=5.0)
    one = schedule_of(feeds(2000), first)
    visits(one, first, 777)
    other = schedule_of(feeds(2000), second)
    apart = one.next_visit_at("cam-7") - other.next_visit_at("cam-7")
    assert abs(apart) < timedelta(milliseconds=1)


def test_no_feed_is_taken_twice_while_its_visit_is_under_way():
    clocks = Clocks()
    schedule = schedule_of(feeds(3), clocks)
    clocks.run(1)
    assert len(taken(schedule)) == 3
    clocks.run(10_000)
    assert taken(schedule) == []
    assert schedule.wait_s() is None
    assert schedule.next_due() is None
    assert schedule.next_visit_at("cam-1") is None


def test_a_visit_longer_than_the_interval_costs_turns_and_makes_no_burst():
    clocks = Clocks()
    schedule = schedule_of([feed("slow", 10)], clocks)
    clocks.run(1)
    schedule.take()
    clocks.run(1000)
    schedule.done("slow", Outcome.OK)
    made = visits(schedule, clocks, 100, step_s=0.1)
    assert len(made) == 10


def test_take_gives_no_more_than_asked_for_and_the_longest_overdue_first():
    clocks = Clocks()
    schedule = schedule_of(feeds(50, interval_s=10), clocks)
    clocks.run(100)
    due = schedule.take(20) + schedule.take(100)
    assert len(due) == 50
    assert [one.due_at for one in due] == sorted(one.due_at for one in due)


def test_due_at_is_the_wall_clock_time_at_which_the_turn_came():
    clocks = Clocks()
    schedule = schedule_of([feed("cam")], clocks)
    promised = schedule.next_due()
    assert promised == schedule.next_visit_at("cam")
    clocks.run(60)
    (due,) = schedule.take()
    assert abs(due.due_at - promised) < timedelta(milliseconds=1)


def test_wait_s_counts_down_to_the_next_turn():
    clocks = Clocks()
    schedule = schedule_of([feed("cam")], clocks)
    clocks.run(1)
    schedule.done(*taken(schedule), Outcome.OK)
    wait_s = schedule.wait_s()
    clocks.run(wait_s - 0.001)
    assert taken(schedule) == []
    clocks.run(0.002)
    assert schedule.wait_s() == 0
    assert taken(schedule) == ["cam"]


@pytest.mark.parametrize("step", [timedelta(hours=-5), timedelta(hours=5)])
def test_setting_the_wall_clock_neither_stalls_nor_bursts(step):
    clocks = Clocks()
    schedule = schedule_of(feeds(4), clocks)
    visits(schedule, clocks, 600)
    clocks.wall += step
    made = visits(schedule, clocks, 3000)
    assert Counter(key for _, key in made) == {f"cam-{index}": 10 for index in range(4)}
    assert all(clocks.wall < schedule.next_visit_at(f"cam-{index}") for index in range(4))


def failing_gaps(interval_s: float, tries: int) -> list[float]:
    clocks = Clocks()
    schedule = schedule_of([feed("dead", interval_s)], clocks, backoff_first_s=30, backoff_limit_s=1800)
    times = []
    for _ in range(tries):
        clocks.run(schedule.wait_s() + 1e-6)
        assert taken(schedule) == ["dead"]
        times.append(clocks.running)
        schedule.done("dead", Outcome.UNREACHABLE)
    return [later - sooner for sooner, later in pairwise(times)]


def test_a_failing_feed_backs_off_doubling_to_the_limit_with_jitter():
    gaps = failing_gaps(10, 12)
    for gap, grown in zip(gaps, [30, 60, 120, 240, 480, 960, 1800, 1800, 1800, 1800, 1800], strict=True):
        assert 0.75 * grown <= gap <= grown + 0.001
    assert len({round(gap, 3) for gap in gaps[-5:]}) == 5


def test_once_the_backoff_has_grown_to_the_interval_a_dead_feed_is_never_visited_more_often_than_a_living_one():
    assert all(gap >= 300 for gap in failing_gaps(300, 14)[4:])
    assert all(gap >= 7200 for gap in failing_gaps(7200, 14)[8:])


def test_a_failed_feed_is_first_tried_again_sooner_than_a_long_interval():
    assert failing_gaps(3600, 2)[0] <= 30.001


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if not outcome.failed])
def test_a_picture_of_any_kind_ends_the_backoff(outcome):
    clocks = Clocks()
    schedule = schedule_of([feed("cam", 10)], clocks)
    for _ in range(5):
        clocks.run(schedule.wait_s() + 1e-6)
        schedule.done(*taken(schedule), Outcome.TIMEOUT)
    clocks.run(schedule.wait_s() + 1e-6)
    schedule.done(*taken(schedule), outcome)
    assert schedule.wait_s() <= 15
    clocks.run(schedule.wait_s() + 1e-6)
    schedule.done(*taken(schedule), Outcome.TIMEOUT)
    assert schedule.wait_s() <= 30


def test_late_counts_waiting_feeds_overdue_by_a_tenth_of_their_interval():
    clocks = Clocks()
    schedule = schedule_of(feeds(10, interval_s=100), clocks)
    clocks.run(9)
    assert schedule.late() == 0
    clocks.run(100)
    assert schedule.late() == 10
    schedule.take(4)
    assert schedule.late() == 6


def test_a_visit_that_asks_for_it_is_followed_up_before_the_feed_s_turn_and_the_turn_stays():
    clocks = Clocks()
    schedule = schedule_of([feed("cam")], clocks)
    visits(schedule, clocks, 400)
    turn = schedule.next_visit_at("cam")
    clocks.run(schedule.wait_s() + 0.001)
    (due,) = schedule.take()
    schedule.done("cam", Outcome.OK, 90)
    assert (due.kind, schedule.wait_s()) == (Kind.ROTATION, pytest.approx(90))
    clocks.run(91)
    (due,) = schedule.take()
    schedule.done("cam", Outcome.OK)
    assert due.kind is Kind.FOLLOW_UP
    assert schedule.next_visit_at("cam") - turn == pytest.approx(timedelta(seconds=300), abs=timedelta(seconds=1))


def test_a_follow_up_that_would_come_after_the_turn_is_the_turn():
    clocks = Clocks()
    schedule = schedule_of([feed("cam", 60)], clocks)
    visits(schedule, clocks, 90)
    clocks.run(schedule.wait_s() + 0.001)
    schedule.done(*taken(schedule), Outcome.OK, 200)
    clocks.run(schedule.wait_s() + 0.001)
    assert [due.kind for due in schedule.take()] == [Kind.ROTATION]


def test_a_visit_after_a_failed_one_is_a_retry():
    clocks = Clocks()
    schedule = schedule_of([feed("cam")], clocks)
    clocks.run(1)
    schedule.done(*taken(schedule), Outcome.TIMEOUT, 5)
    clocks.run(31)
    assert [due.kind for due in schedule.take()] == [Kind.RETRY]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.floats(0, 400)),
        st.tuples(st.just("set"), st.floats(-1e6, 1e6)),
        st.tuples(st.just("take"), st.integers(0, 5)),
        st.tuples(st.just("done"), st.sampled_from(list(Outcome))),
        st.tuples(st.just("begin_anew"), st.sets(st.integers(0, 7))),
    ),
    max_size=60,
)


class Patrol:
    """A schedule with visits under way, to which things happen."""

    def __init__(self) -> None:
        self.clocks = Clocks()
        self.present = {f"cam-{index}" for index in range(5)}
        self.under_way: list[str] = []
        self.schedule = schedule_of(feeds(5, interval_s=60), self.clocks)

    def run(self, seconds):
        self.clocks.run(seconds)

    def set(self, seconds):
        self.clocks.wall += timedelta(seconds=seconds)

    def take(self, limit):
        self.under_way += taken(self.schedule, limit)
        assert len(self.under_way) == len(set(self.under_way))

    def done(self, outcome):
        if self.under_way:
            self.schedule.done(self.under_way.pop(0), outcome)

    def begin_anew(self, numbers):
        """Go on with other feeds, in another schedule."""
        while self.under_way:
            self.done(Outcome.OK)
        legacy = self.schedule.legacy()
        self.present = {f"cam-{number}" for number in numbers}
        self.schedule = schedule_of([feed(key, 60) for key in sorted(self.present)], self.clocks)
        self.schedule.catch_up(legacy, {})


@given(steps)
@settings(max_examples=150, deadline=None)
def test_whatever_happens_nobody_is_visited_twice_at_once_and_everybody_is_visited_again(happenings):
    patrol = Patrol()
    for kind, amount in happenings:
        getattr(patrol, kind)(amount)
    while patrol.under_way:
        patrol.done(Outcome.OK)
    patrol.run(1900)
    assert set(taken(patrol.schedule)) == patrol.present


def test_five_thousand_decisions_a_second_over_a_hundred_thousand_feeds():
    clocks = Clocks()
    schedule = schedule_of(feeds(100_000, interval_s=20), clocks)
    began, decisions = time.process_time(), 0
    while decisions < 20_000:
        for key in taken(schedule):
            schedule.done(key, Outcome.OK)
            decisions += 1
        clocks.run(0.01)
    assert decisions / (time.process_time() - began) > 5_000


def test_who_takes_over_makes_what_fell_due_meanwhile_and_nothing_else():
    """The last leader died 20 s ago: turns since then were missed, later ones come when they would have."""
    clocks = Clocks()
    before = schedule_of(feeds(600), clocks)
    last = {key: START + timedelta(seconds=at - 1000) for at, key in visits(before, clocks, 600)}
    clocks.run(20)
    after = schedule_of(feeds(600), clocks)
    after.catch_up(Legacy(), last, under_way={"cam-3"})

    missed = {key for key in taken(before, 10_000) if key != "cam-3"}
    assert set(taken(after, 10_000)) == missed
    assert 20 < len(missed) < 60
    turns = {at.next_visit_at("cam-3") for at in (after,)}
    assert min(turns) > clocks.wall
    assert all(
        abs((after.next_visit_at(key) - before.next_visit_at(key)).total_seconds()) < 1e-3
        for key in last
        if key not in missed and key != "cam-3"
    )
