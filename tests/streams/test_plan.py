"""Plans and owners: who is visited how often, when, what for, and who gives way when there is too much to do."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from configs.values import Window
from streams.feed import Feed, Protocol
from streams.legacy import Legacy
from streams.openhours import OnHolidays, OpenHours
from streams.pacing import Limits
from streams.plan import NO_PLAN_OPEN, NOT_ALLOWED, Owner, Plan, Timetable
from streams.schedule import Schedule
from streams.visit import Kind, Outcome

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
"""Noon in Shanghai."""
DAY = OpenHours((Window(start=time(7), end=time(22)),), SHANGHAI.key)


class Clocks:
    """A wall clock and a running clock that go together."""

    def __init__(self, wall: datetime = NOON) -> None:
        self.wall, self.running = wall, 1000.0

    def run(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.running += seconds

    def schedule(self, feeds: list[Feed], timetable: Timetable | None = None, **settings) -> Schedule:
        return Schedule(
            feeds,
            now=lambda: self.wall,
            rng=random.Random(1),
            running_s=lambda: self.running,
            timetable=timetable,
            **settings,
        )


def feed(key: str, *, owner: str = "", host: str = "10.0.0.1", gateway: str = "", interval_s: float = 300.0) -> Feed:
    url = f"rtsp://{host}/{key}"
    return Feed(key, key, url, Protocol.RTSP, interval_s=interval_s, owner=owner, gateway=gateway)


def plan(key: str, *feeds: str, interval_s: float = 300.0, **more) -> Plan:
    return Plan(key, frozenset(feeds), interval_s, **more)


def test_the_tightest_interval_that_is_open_counts():
    table = Timetable([plan("slow", "a"), plan("fast", "a", interval_s=60, hours=DAY)])
    table.set(NOON)
    assert table.pace(feed("a")).interval_s == 60
    assert table.pace(feed("a")).plan == ("fast", "slow")
    table.set(NOON + timedelta(hours=12))
    assert (table.pace(feed("a")).interval_s, table.pace(feed("a")).plan) == (300, ("slow",))


def test_a_feed_in_no_plan_keeps_its_own_interval_and_one_whose_plans_are_closed_rests():
    table = Timetable([plan("day", "a", hours=DAY)])
    table.set(NOON + timedelta(hours=12))
    assert table.pace(feed("b", interval_s=120)).interval_s == 120
    assert (table.pace(feed("a")).interval_s, table.pace(feed("a")).why) == (None, NO_PLAN_OPEN)


@pytest.mark.parametrize(
    ("on_holidays", "noon", "night"),
    [(OnHolidays.AS_USUAL, True, False), (OnHolidays.CLOSED, False, False), (OnHolidays.ALL_DAY, True, True)],
)
def test_a_plan_says_what_it_does_on_holidays(on_holidays, noon, night):
    hours = OpenHours(DAY.windows, SHANGHAI.key, frozenset({date(2026, 7, 1)}), on_holidays)
    assert hours.open_at(NOON) is noon
    assert hours.open_at(NOON + timedelta(hours=11)) is night


@pytest.mark.parametrize("on_holidays", OnHolidays)
@pytest.mark.parametrize("windows", [(), ((7, 22),), ((22, 6),), ((5, 5),), ((6, 9), (17, 0))])
def test_what_is_open_now_is_what_a_report_later_says_was_open(windows, on_holidays):
    """Every quarter of an hour over a holiday and the night in which Berlin's clocks go back."""
    daily = tuple(Window(start=time(start), end=time(end)) for start, end in windows)
    hours = OpenHours(daily, "Europe/Berlin", frozenset({date(2026, 10, 24)}), on_holidays)
    begin = datetime(2026, 10, 23, tzinfo=UTC).timestamp()
    spans = hours.spans(begin, begin + 4 * 86_400)
    for moment in (begin + quarter * 900 for quarter in range(4 * 96)):
        then = any(since <= moment < until for since, until in spans)
        assert hours.open_at(datetime.fromtimestamp(moment, UTC)) is then


def test_matters_of_all_open_plans_count_and_a_plan_for_everything_lifts_the_limit():
    table = Timetable([plan("a", matters=frozenset({"ads"})), plan("b", matters=frozenset({"vending"})), plan("c")])
    assert table.matters(("a", "b")) == {"ads", "vending"}
    assert table.matters(("a", "c")) is None
    assert table.matters(()) is None


def test_cameras_of_others_are_visited_in_the_hours_that_their_owner_allows_and_come_back_by_themselves():
    clocks = Clocks(NOON + timedelta(hours=9, minutes=55))
    police = Owner("police", OpenHours(DAY.windows, SHANGHAI.key))
    schedule = clocks.schedule([feed("a", owner="police", interval_s=60)], Timetable(owners=[police]))
    made = []
    for _ in range(10 * 3600):
        for due in schedule.take():
            made.append(clocks.wall)
            schedule.done(due.feed_id, Outcome.OK)
        if clocks.wall == NOON + timedelta(hours=12):
            assert schedule.resting() == {NOT_ALLOWED: 1}
            assert schedule.late() == 0
            assert schedule.next_due() is None
        clocks.run(1)
    local = sorted({moment.astimezone(SHANGHAI).hour for moment in made})
    assert local == [7, 21]
    assert not schedule.resting()


def test_changed_plans_keep_the_turns_of_those_who_stay():
    clocks = Clocks()
    feeds = [feed(f"cam-{index}") for index in range(50)]
    schedule = clocks.schedule(feeds)
    clocks.run(20)
    for due in schedule.take(1000):
        schedule.done(due.feed_id, Outcome.OK)
    before = {one.id: schedule.next_visit_at(one.id) for one in feeds}
    quick = Timetable([plan("quick", "cam-2", interval_s=30)])
    changed = clocks.schedule([*feeds[1:], feed("new")], quick)
    changed.catch_up(Legacy.from_text(schedule.legacy().text), {})
    assert all(abs(changed.next_visit_at(one.id) - before[one.id]) < timedelta(milliseconds=1) for one in feeds[3:])
    assert changed.next_visit_at("cam-0") is None
    assert changed.next_visit_at("cam-2") <= min(before["cam-2"], clocks.wall + timedelta(seconds=30))
    assert changed.next_visit_at("new") <= clocks.wall + timedelta(seconds=1)


def test_no_more_than_so_many_are_open_on_a_recorder_and_a_gateway_and_the_others_go_on():
    clocks = Clocks()
    recorder = [feed(f"nvr-{index}", host="10.0.0.9") for index in range(10)]
    gateway = [feed(f"gw-{index}", host=f"10.1.0.{index}", gateway="wvp") for index in range(10)]
    others = [feed(f"cam-{index}", host=f"10.2.0.{index}") for index in range(10)]
    schedule = clocks.schedule([*recorder, *gateway, *others], limits=Limits(per_host=2, per_gateway=3))
    clocks.run(10)
    first = [due.feed_id.partition("-")[0] for due in schedule.take(100)]
    assert {kind: first.count(kind) for kind in set(first)} == {"nvr": 2, "gw": 3, "cam": 10}
    open_now = {one.id for one in [*recorder, *gateway]}
    for _ in range(30):
        clocks.run(1)
        for key in sorted(open_now):
            schedule.done(key, Outcome.OK)
        more = [due.feed_id for due in schedule.take(100)]
        assert sum(key.startswith("nvr") for key in more) <= 2
        assert sum(key.startswith("gw") for key in more) <= 3
        open_now = set(more)


def test_new_connections_are_opened_no_faster_than_allowed():
    clocks = Clocks()
    schedule = clocks.schedule([feed(f"cam-{index}") for index in range(200)], limits=Limits(opens_per_s=10))
    clocks.run(60)
    made = 0
    for _ in range(50):
        for due in schedule.take(100):
            made += 1
            schedule.done(due.feed_id, Outcome.OK)
        clocks.run(0.1)
    assert 45 <= made <= 55


def test_a_second_connection_of_a_visit_counts_for_the_pace_of_the_first_ones():
    """Visits that open a main stream after the sub-stream leave room for half as many others."""
    clocks = Clocks()
    schedule = clocks.schedule([feed(f"cam-{index}") for index in range(200)], limits=Limits(opens_per_s=10))
    clocks.run(60)
    made = 0
    for _ in range(50):
        for due in schedule.take(100):
            made += 1
            schedule.done(due.feed_id, Outcome.OK, more_opens=1)
        clocks.run(0.1)
    assert 23 <= made <= 28


def overloaded(seconds: int, *, per_s: int, capacity: int):
    """Run a city that asks for ``per_s`` visits a second where ``capacity`` can be made."""
    clocks = Clocks()
    interval_s = 100.0
    ids = [f"cam-{index}" for index in range(round(per_s * interval_s))]
    heavy = frozenset(ids[: len(ids) // 5])
    plans = [
        Plan("key", heavy, interval_s, weight=10),
        Plan("rest", frozenset(ids) - heavy, interval_s, weight=1),
    ]
    schedule = clocks.schedule([feed(key, interval_s=interval_s) for key in ids], Timetable(plans))
    for second in range(seconds):
        room = capacity(second) if callable(capacity) else capacity
        for due in schedule.take(room):
            yield second, due, (clocks.wall - due.due_at).total_seconds(), schedule
            schedule.done(due.feed_id, Outcome.OK)
        clocks.run(1)


def test_under_half_as_much_again_the_heaviest_stay_on_time_nobody_starves_and_it_is_told():
    late, all_of_it, last = 0, 0, defaultdict(int)
    schedule = None
    for second, due, behind_s, schedule in overloaded(900, per_s=15, capacity=10):  # noqa: B007 - the last one counts
        last[due.feed_id] = second
        if second > 200 and "key" in due.plan:
            all_of_it += 1
            late += behind_s > 10
    assert late / all_of_it <= 0.01
    assert len(last) == 1500
    assert min(last.values()) > 900 - 4 * 100, "everyone was visited within four intervals"
    stretch = schedule.stretch()
    assert stretch.most > 1
    assert "intervals are stretched" in stretch.sentence
    assert "patrol.workers" in stretch.sentence


def test_when_the_load_is_over_the_intervals_come_back_slowly_and_not_as_a_burst():
    made = defaultdict(int)
    schedule = None
    for second, _, _, schedule in overloaded(2000, per_s=15, capacity=lambda second: 10 if second < 500 else 60):  # noqa: B007
        made[second] += 1
    spans = [sum(made[second] for second in range(begin, begin + 10)) / 10 for begin in range(520, 1990, 5)]
    assert max(spans) <= 2.5 * 15, "though four times as much could be made"
    assert schedule.stretch().most < 1.05


def test_whoever_was_put_off_by_dead_cameras_comes_at_once_and_evenly_when_they_are_known():
    """A first round in which visits wait for the dead is over: nobody idles for a stretched interval."""
    made = defaultdict(int)
    schedule = None
    for second, _, _, schedule in overloaded(900, per_s=15, capacity=lambda second: 10 if second < 120 else 25):  # noqa: B007 - the last one counts
        made[second] += 1
    spans = [sum(made[second] for second in range(begin, begin + 20)) / 20 for begin in range(240, 880, 10)]
    assert schedule.stretch().most == 1
    assert min(spans) >= 10
    assert max(spans) <= 20


def test_follow_ups_have_their_share_and_no_more_while_turns_wait():
    clocks = Clocks()
    schedule = clocks.schedule([feed(f"cam-{index}", interval_s=100) for index in range(2000)])
    clocks.run(100)
    kinds = []
    for _ in range(100):
        for due in schedule.take(10):
            kinds.append(due.kind)
            schedule.done(due.feed_id, Outcome.OK, 1.0)
        clocks.run(1)
    share = kinds.count(Kind.FOLLOW_UP) / len(kinds)
    assert 0.15 <= share <= 0.21


def test_whoever_is_asked_for_is_visited_then_and_the_reason_goes_along():
    clocks = Clocks()
    schedule = clocks.schedule([feed("a", interval_s=3600)])
    clocks.run(1)
    for due in schedule.take():
        schedule.done(due.feed_id, Outcome.OK)
    assert schedule.ask("a", 60, "its handler reports it done")
    assert not schedule.ask("unknown", 60, "nobody")
    clocks.run(59)
    assert not schedule.take()
    clocks.run(1)
    (due,) = schedule.take()
    assert (due.kind, due.why) == (Kind.FOLLOW_UP, "its handler reports it done")
