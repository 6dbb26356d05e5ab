"""What one schedule leaves to the next: turns, follow-ups and backoff go on as if nothing had happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from streams.feed import Feed
from streams.legacy import Legacy
from streams.schedule import Schedule
from streams.visit import Kind, Outcome
from tests.streams.test_schedule import START, Clocks, feed, feeds, schedule_of, taken, visits

MOMENT = timedelta(milliseconds=1)


def succeeded(before: Schedule, clocks: Clocks, some: list[Feed], *, gap_s: float = 0.0, **known) -> Schedule:
    """Return the schedule that goes on with ``some`` feeds after ``before``, its legacy written and read again."""
    legacy = Legacy.from_text(before.legacy().text)
    clocks.run(gap_s)
    after = schedule_of(some, clocks)
    after.catch_up(legacy, known.pop("visited_at", {}), **known)
    return after


def followed_up(schedule: Schedule, clocks: Clocks, in_s: float) -> None:
    """Make the visit that is due and have it followed up."""
    clocks.run(1)
    assert taken(schedule) == ["cam"]
    schedule.done("cam", Outcome.OK, again_in_s=in_s)


@pytest.mark.parametrize("gap_s", [0, 7])
def test_one_schedule_after_another_makes_the_visits_that_one_alone_makes(gap_s):
    """Follow-ups, retries and turns of 100 feeds, changed over every 100 s, with and without a gap."""

    def made(*, changes: bool) -> list[tuple[float, str]]:
        clocks, found = Clocks(), []
        schedule = schedule_of(feeds(100), clocks)
        for second in range(600):
            if second % 100 == 50:
                if changes:
                    schedule = succeeded(schedule, clocks, feeds(100), gap_s=gap_s)
                else:
                    clocks.run(gap_s)
            for due in schedule.take(1000):
                found.append((round(clocks.running), due.feed_id))
                dead, suspect = due.feed_id.endswith("7"), due.feed_id.endswith("5")
                again_s = 40 if suspect and due.kind is Kind.ROTATION else None
                schedule.done(due.feed_id, Outcome.UNREACHABLE if dead else Outcome.OK, again_s)
            clocks.run(1)
        return found

    def living(found: list[tuple[float, str]]) -> list[tuple[float, str]]:
        """Leave out the dead: jitter, which is chance, sets their tries."""
        return sorted(one for one in found if not one[1].endswith("7"))

    with_changes, without = made(changes=True), made(changes=False)
    assert living(with_changes) == living(without)
    assert len(with_changes) == pytest.approx(len(without), rel=0.05)


def test_a_follow_up_is_made_when_it_was_wanted_and_the_turn_stays():
    clocks = Clocks()
    before = schedule_of([feed("cam")], clocks)
    followed_up(before, clocks, 30)
    turn = before.legacy().turns["cam"].due_at
    after = succeeded(before, clocks, [feed("cam")], gap_s=10)
    assert after.next_visit_at("cam") - clocks.wall == timedelta(seconds=20)
    clocks.run(20)
    (due,) = after.take()
    assert due.kind is Kind.FOLLOW_UP
    after.done("cam", Outcome.OK)
    assert abs(after.next_visit_at("cam") - turn) < MOMENT


def test_what_was_asked_for_keeps_its_reason_even_when_nobody_got_to_make_the_visit():
    clocks = Clocks()
    before = schedule_of([feed("cam")], clocks)
    visits(before, clocks, 2)
    before.ask("cam", 5, "its handler reports it done")
    clocks.run(5)
    assert [due.why for due in before.take()] == ["its handler reports it done"]
    (due,) = succeeded(before, clocks, [feed("cam")]).take()
    assert (due.kind, due.why) == (Kind.FOLLOW_UP, "its handler reports it done")


def test_asking_again_during_the_visit_that_was_asked_for_has_one_more_made():
    clocks = Clocks()
    schedule = schedule_of([feed("cam")], clocks)
    visits(schedule, clocks, 2)
    schedule.ask("cam", 5, "first")
    clocks.run(5)
    assert [due.why for due in schedule.take()] == ["first"]
    clocks.run(1)
    assert schedule.ask("cam", 5, "second")
    schedule.done("cam", Outcome.OK)
    clocks.run(5)
    assert [due.why for due in schedule.take()] == ["second"]


def test_a_feed_that_fails_goes_on_backing_off_from_where_it_was():
    clocks = Clocks()
    before = schedule_of([feed("cam", 3600)], clocks)
    for _ in range(4):
        clocks.run(before.wait_s())
        assert taken(before) == ["cam"]
        before.done("cam", Outcome.UNREACHABLE)
    next_try = before.next_visit_at("cam")
    after = succeeded(before, clocks, [feed("cam", 3600)], gap_s=3)
    assert abs(after.next_visit_at("cam") - next_try) < MOMENT
    clocks.run(after.wait_s())
    (due,) = after.take()
    assert due.kind is Kind.RETRY
    after.done("cam", Outcome.UNREACHABLE)
    assert after.wait_s() > 30 * 2**4 * 0.74


def test_a_feed_whose_password_was_mended_is_tried_again_at_once():
    clocks = Clocks()
    wrong = replace(feed("cam"), url="rtsp://admin:wrong@10.0.0.1/cam")
    before = schedule_of([wrong], clocks)
    visits(before, clocks, 900, outcome=Outcome.UNREACHABLE)
    mended = replace(wrong, url="rtsp://admin:right@10.0.0.1/cam")
    after = succeeded(before, clocks, [mended])
    assert after.wait_s() < 1
    assert "wrong" not in before.legacy().text


def test_a_visit_made_after_the_legacy_was_written_counts_for_more():
    """The leader died a while after it last wrote: only what was asked for at a later time still stands."""
    clocks = Clocks()
    before = schedule_of(feeds(2), clocks)
    clocks.run(1)
    assert len(taken(before)) == 2
    for key in ("cam-0", "cam-1"):
        before.done(key, Outcome.OK, again_in_s=20)
    before.ask("cam-1", 60, "later")
    visited_at = {key: clocks.wall + timedelta(seconds=22) for key in ("cam-0", "cam-1")}
    after = succeeded(before, clocks, feeds(2), gap_s=40, visited_at=visited_at)
    assert after.next_visit_at("cam-0") > clocks.wall + timedelta(seconds=60)
    assert after.next_visit_at("cam-1") - clocks.wall == timedelta(seconds=20)


def test_a_feed_that_is_being_visited_elsewhere_is_not_due():
    clocks = Clocks()
    before = schedule_of(feeds(1), clocks)
    clocks.run(1)
    assert taken(before) == ["cam-0"]
    assert taken(succeeded(before, clocks, feeds(1), under_way={"cam-0"})) == []


def test_after_a_long_rest_everybody_begins_as_at_a_start():
    clocks = Clocks()
    before = schedule_of(feeds(1200), clocks)
    visits(before, clocks, 300)
    after = succeeded(before, clocks, feeds(1200), gap_s=3 * 86400)
    assert len(taken(after, 10_000)) == 0
    clocks.run(60)
    assert 150 < len(taken(after, 10_000)) < 350


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"at": 3, "turns": {}}', '{"at": "x", "turns": {}}'])
def test_what_is_no_legacy_is_said(text):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Legacy.from_text(text)


def test_a_legacy_survives_being_written():
    clocks = Clocks()
    schedule = schedule_of(feeds(30), clocks)
    visits(schedule, clocks, 50, outcome=Outcome.UNREACHABLE)
    schedule.ask("cam-3", 10, "它的处置人报告已完成")
    legacy = schedule.legacy()
    assert Legacy.from_text(legacy.text) == legacy
    assert legacy.at > START


@pytest.mark.parametrize("visited", [False, True])
def test_a_legacy_of_a_clock_that_was_ahead_keeps_nobody_waiting(visited):
    clocks = Clocks()
    before = schedule_of(feeds(3), clocks)
    visited_at = {"cam-1": clocks.wall} if visited else {}
    legacy = before.legacy()
    clocks.wall -= timedelta(days=365)
    after = schedule_of(feeds(3), clocks)
    after.catch_up(legacy, visited_at)
    waits = [after.next_visit_at(f"cam-{number}") - clocks.wall for number in range(3)]
    assert max(waits) <= timedelta(seconds=1.5 * 300)
