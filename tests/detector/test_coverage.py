"""Coverage: what became of every planned visit, from small logs whose answers are known to the last one."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from configs.values import Window
from detector.coveragecount import By, Question
from detector.coveragereport import Coverage, coverage_of
from detector.log import ParquetLog
from streams.feed import Feed, Protocol, share_of
from streams.openhours import OnHolidays, OpenHours
from streams.roster import Enrolled, Roster, keep_roster, prune_rosters, read_rosters
from streams.schedule import Schedule
from streams.visit import Outcome, Visit

DAY = datetime(2026, 7, 1, tzinfo=UTC)
EVERY_S = 600.0
HOUR_OF_TURNS = 6


class City:
    """A log that is written visit by visit, as a patrol would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = ParquetLog(folder)

    def enrol(self, *feeds: str, at: datetime = DAY, **every_s: float) -> None:
        plans = every_s or {"default": EVERY_S}
        self.roster(at, *(Enrolled(feed, plans, name=feed.title(), cell=f"cell of {feed}") for feed in feeds))

    def roster(self, at: datetime, *feeds: Enrolled) -> None:
        keep_roster(self.folder, Roster(at, feeds, backoff_limit_s=1800))

    def turn(self, feed: str, number: int, every_s: float = EVERY_S) -> datetime:
        """When the feed's turn ``number`` of the day is due."""
        return DAY + timedelta(seconds=(share_of(feed) + number) * every_s)

    def visit(self, feed: str, due_at: datetime, outcome: Outcome = Outcome.OK, *, after_s: float = 1.0) -> None:
        started_at = due_at + timedelta(seconds=after_s)
        ended_at = started_at + timedelta(seconds=1)
        self.log.visit(Visit(feed, due_at, started_at, ended_at, outcome), outcome, "")

    def ask(self, *by: By, hours: float = 1.0, since: datetime = DAY, **more) -> Coverage:
        self.log.flush()
        until = since + timedelta(hours=hours)
        asked = {"as_of": until + timedelta(days=1)} | more
        return coverage_of(self.folder, Question(since, until, by=by or (By.FEED,), **asked))


@pytest.fixture
def city(tmp_path):
    return City(tmp_path)


def test_each_fate_is_told_and_together_they_are_what_was_planned(city):
    city.enrol("gate")
    city.visit("gate", city.turn("gate", 0))
    city.visit("gate", city.turn("gate", 1), Outcome.DARK)
    city.visit("gate", city.turn("gate", 2), after_s=61)
    city.visit("gate", city.turn("gate", 3), Outcome.TIMEOUT)

    told = city.ask().total.as_json()

    assert told == {
        "planned": HOUR_OF_TURNS,
        "done": 4,
        "seen": 2,
        "blind": {"dark": 1, "timeout": 1},
        "backing_off": 2,
        "missed": 0,
        "late": 1,
        "extra": 0,
        "seen_share": round(2 / 6, 4),
    }


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_but_ok_is_blind_under_its_own_name(city, outcome):
    city.enrol("gate")
    city.visit("gate", city.turn("gate", 0), outcome)

    told = city.ask(hours=1 / 6).total

    assert (told.planned, told.done, told.seen) == (1, 1, int(outcome.seeing))
    assert told.blind == ({} if outcome.seeing else {outcome.value: 1})


def test_time_without_a_patrol_was_planned_and_is_missed(city):
    """The first turns are seen, then nothing runs for the rest of a day."""
    city.enrol("gate", "yard")
    for feed in ("gate", "yard"):
        city.visit(feed, city.turn(feed, 0))

    told = city.ask(hours=24).total

    assert (told.planned, told.seen, told.missed) == (2 * 24 * HOUR_OF_TURNS, 2, 2 * 24 * HOUR_OF_TURNS - 2)


def test_a_camera_that_fails_is_left_alone_but_not_for_ever(city):
    """1800 s after the failure its turns are missed: the patrol should have tried again."""
    city.enrol("gate")
    city.visit("gate", city.turn("gate", 0), Outcome.UNREACHABLE)

    told = city.ask(hours=2).total

    assert (told.blind, told.backing_off, told.missed) == ({"unreachable": 1}, 3, 8)


def test_a_blind_camera_that_answers_is_not_left_alone(city):
    city.enrol("gate")
    city.visit("gate", city.turn("gate", 0), Outcome.FROZEN)

    assert city.ask().total.missed == 5


def test_looks_beyond_one_a_turn_are_extra_and_seeing_goes_before_blind(city):
    city.enrol("gate")
    for seconds, outcome in ((0, Outcome.TIMEOUT), (30, Outcome.OK), (90, Outcome.DARK)):
        city.visit("gate", city.turn("gate", 0) + timedelta(seconds=seconds), outcome)

    told = city.ask(hours=1 / 6).total

    assert (told.planned, told.seen, told.blind, told.extra) == (1, 1, {}, 2)


def test_of_blind_looks_the_last_one_tells_why(city):
    city.enrol("gate")
    city.visit("gate", city.turn("gate", 0), Outcome.TIMEOUT)
    city.visit("gate", city.turn("gate", 0) + timedelta(seconds=40), Outcome.DARK)

    assert city.ask(hours=1 / 6).total.blind == {"dark": 1}


def test_a_first_look_after_a_start_serves_the_nearest_turn(city):
    """The schedule makes no look within half an interval of the last, and takes the turn after it for done."""
    city.enrol("gate")
    city.visit("gate", city.turn("gate", 2) + timedelta(seconds=0.7 * EVERY_S))
    city.visit("gate", city.turn("gate", 4))

    told = city.ask().total

    assert (told.planned, told.seen, told.missed, told.extra, told.late) == (6, 2, 4, 0, 0)


def test_a_wall_clock_that_was_set_makes_nobody_late(city):
    """Until its restart the patrol's turns are shifted; each still finds its own."""
    city.enrol("gate")
    for number in range(6):
        city.visit("gate", city.turn("gate", number) - timedelta(seconds=40))

    told = city.ask(since=DAY, hours=1).total

    assert (told.seen, told.late, told.extra, told.missed) == (6, 0, 0, 0)


def test_what_can_still_be_done_in_time_is_not_missed_yet(city):
    city.enrol("gate")
    just = city.turn("gate", 3) + timedelta(seconds=EVERY_S / 10 + 119)

    assert city.ask(as_of=just).total.missed == 3
    assert city.ask(as_of=just + timedelta(seconds=2)).total.missed == 4


def test_nothing_is_planned_before_the_first_roster(city):
    begun = DAY + timedelta(minutes=30)
    city.enrol("gate", at=begun)
    city.visit("gate", city.turn("gate", 0))

    answer = city.ask()

    assert (answer.recorded_since, answer.total.planned, answer.total.extra) == (begun, 3, 1)


def test_without_any_record_every_visit_is_extra(city):
    city.visit("gate", city.turn("gate", 0))

    answer = city.ask()

    assert (answer.recorded_since, answer.total.planned, answer.total.extra) == (None, 0, 1)


def test_a_change_of_plans_counts_from_its_own_time(city):
    """A report over yesterday is not changed by what is planned today."""
    city.enrol("gate", "yard")
    city.enrol("gate", at=DAY + timedelta(minutes=30), default=300.0)

    rows = city.ask(By.FEED).rows

    assert {key: tally.planned for key, tally in rows.items()} == {("gate",): 3 + 6, ("yard",): 3}


def test_a_feed_of_two_plans_counts_once_in_all_and_for_each_plan_at_its_own_interval(city):
    city.enrol("gate", centre=300.0, city=1200.0)
    for number in range(12):
        city.visit("gate", city.turn("gate", number, 300.0))

    answer = city.ask(By.PLAN)

    assert (answer.total.planned, answer.total.seen) == (12, 12)
    assert {key: (tally.planned, tally.seen) for key, tally in answer.rows.items()} == {
        ("centre",): (12, 12),
        ("city",): (3, 3),
    }
    assert city.ask(By.FEED, plan="city").total.planned == 3


def test_a_plan_that_was_closed_planned_nothing(city):
    """Open from 22:00 to 06:00 in the city, but not on its holiday; the owner allows no looks from 05:00 to 07:00."""
    feeds = (Enrolled("gate", {"night": EVERY_S}, owner="police"), Enrolled("yard", {"night": EVERY_S}))
    night = OpenHours(
        (Window(start=time(22), end=time(6)),), "Asia/Shanghai", frozenset({date(2026, 7, 3)}), OnHolidays.CLOSED
    )
    police = OpenHours((Window(start=time(7), end=time(5)),), "Asia/Shanghai")
    keep_roster(city.folder, Roster(DAY - timedelta(days=1), feeds, 1800, {"night": night}, {"police": police}))

    begin = datetime(2026, 6, 30, 16, tzinfo=UTC)
    by_day = city.ask(By.FEED, By.DAY, since=begin, hours=72, zone=ZoneInfo("Asia/Shanghai")).rows
    closed = city.ask(since=begin + timedelta(hours=7), hours=14).total

    assert {key: tally.planned / HOUR_OF_TURNS for key, tally in by_day.items()} == {
        ("gate", "2026-07-01"): 7,
        ("gate", "2026-07-02"): 7,
        ("yard", "2026-07-01"): 8,
        ("yard", "2026-07-02"): 8,
    }
    assert closed.planned == 0


def test_a_feed_is_visited_at_the_tightest_interval_of_the_plans_that_are_open(city):
    hours = OpenHours((Window(start=time(8), end=time(9)),), "UTC")
    feed = Enrolled("gate", {"all day": 600.0, "rush": 60.0})
    keep_roster(city.folder, Roster(DAY, (feed,), plans={"rush": hours}))

    by_hour = city.ask(By.HOUR, since=DAY + timedelta(hours=7), hours=3).rows

    assert [tally.planned for tally in by_hour.values()] == [6, 60, 6]


def test_hours_are_the_citys_and_the_hour_that_comes_twice_is_told_apart(city):
    """In Berlin clocks went back on 2026-10-25 at 01:00 UTC."""
    begin = datetime(2026, 10, 24, 23, tzinfo=UTC)
    city.enrol("gate", at=begin)
    city.enrol("gate", at=begin)

    answer = city.ask(By.HOUR, since=begin, hours=4, zone=ZoneInfo("Europe/Berlin"))
    days = city.ask(By.DAY, since=begin, hours=25, zone=ZoneInfo("Europe/Berlin"))

    assert [key for (key,) in answer.rows] == [
        "2026-10-25T01:00+02:00",
        "2026-10-25T02:00+01:00",
        "2026-10-25T02:00+02:00",
        "2026-10-25T03:00+01:00",
    ]
    assert {tally.planned for tally in answer.rows.values()} == {HOUR_OF_TURNS}
    assert [(key, tally.planned) for (key,), tally in days.rows.items()] == [
        ("2026-10-25", 24 * HOUR_OF_TURNS),
        ("2026-10-26", HOUR_OF_TURNS),
    ]


def test_cells_and_hours_are_combined_and_names_come_along(city):
    city.enrol("gate", "yard")
    city.visit("gate", city.turn("gate", 1))

    answer = city.ask(By.CELL, By.HOUR, hours=2)

    assert answer.names == {"gate": "Gate", "yard": "Yard"}
    assert {key: tally.seen for key, tally in answer.rows.items()} == {
        ("cell of gate", "2026-07-01T00:00+00:00"): 1,
        ("cell of gate", "2026-07-01T01:00+00:00"): 0,
        ("cell of yard", "2026-07-01T00:00+00:00"): 0,
        ("cell of yard", "2026-07-01T01:00+00:00"): 0,
    }


def test_a_report_over_days_is_the_sum_of_its_days(city):
    """Pieces meet at midnight without counting a turn or a visit twice."""
    city.enrol("gate")
    for number in range(3 * 24 * HOUR_OF_TURNS):
        if number % 7:
            city.visit("gate", city.turn("gate", number), after_s=70.0 * (number % 5 == 0))
    since = DAY + timedelta(hours=5)

    whole = city.ask(since=since, hours=60).total
    parts = [city.ask(since=since + timedelta(hours=hours), hours=1).total for hours in range(60)]

    assert (whole.planned, whole.extra) == (360, 0)
    for count in ("seen", "missed", "late"):
        assert getattr(whole, count) == sum(getattr(part, count) for part in parts)


def test_files_of_an_older_patrol_and_of_several_processes_are_read_alike(city, tmp_path):
    city.enrol("gate")
    city.visit("gate", city.turn("gate", 0))
    city.log.flush()
    other = City(tmp_path)
    other.visit("gate", city.turn("gate", 1))
    other.log.flush()

    assert city.ask().total.seen == 2


def test_a_part_that_is_no_part_of_the_log_is_named(city):
    city.enrol("gate")
    broken = city.folder / "visits" / "day=2026-07-01" / "x.parquet"
    broken.parent.mkdir(parents=True)
    broken.write_text("no")
    with pytest.raises(OSError, match=r"x\.parquet is not a part of the log .*; remove it"):
        city.ask()

    broken.unlink()
    (city.folder / "roster" / "20260701T001000.000000Z.json").write_text("{}")
    with pytest.raises(OSError, match=r"Z\.json is not a roster of the patrol .*; remove it"):
        city.ask()


def test_a_roster_is_written_when_it_changed_and_kept_while_it_rules(city):
    city.enrol("gate")
    city.enrol("gate", at=DAY + timedelta(hours=1))
    city.enrol("gate", "yard", at=DAY + timedelta(hours=2))
    assert [roster.at.hour for roster in read_rosters(city.folder, DAY, DAY + timedelta(days=9))] == [0, 2]

    prune_rosters(city.folder, DAY + timedelta(hours=1))
    assert len(read_rosters(city.folder, DAY, DAY + timedelta(days=9))) == 2
    prune_rosters(city.folder, DAY + timedelta(days=90))
    (left,) = read_rosters(city.folder, DAY + timedelta(days=90), DAY + timedelta(days=91))
    assert [feed.id for feed in left.feeds] == ["gate", "yard"]


def test_turns_are_counted_where_the_schedule_puts_them():
    """The feed's place in its interval is the schedule's own."""
    running = [1000.0]
    feed = Feed("gate", "gate", "http://x/", Protocol.SNAPSHOT, interval_s=EVERY_S)
    schedule = Schedule(
        [feed],
        now=lambda: DAY + timedelta(seconds=running[0]),
        rng=random.Random(0),
        running_s=lambda: running[0],
    )
    running[0] += 1
    (first,) = schedule.take()
    schedule.done(first.feed_id, Outcome.OK)

    due_s = (schedule.next_visit_at("gate") - DAY).total_seconds()

    assert due_s % EVERY_S == pytest.approx(share_of("gate") * EVERY_S, abs=0.001)
