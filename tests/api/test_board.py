"""The board: what the API is told of each feed, how often, and what it is told again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.board import Board, Counts
from api.http.feedshapes import FeedReport, HealthReport
from api.reporting import evidence_jpeg
from configs.settings import EvidenceSettings
from streams.frame import Frame
from streams.visit import Outcome, Visit
from tests.servers.clips import scene

START = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
NOTHING = Counts(late=0, suspects=0, incidents=0, outbox=0, dead_letters=0)


class City:
    """A board with feeds, and a clock that goes where it is told."""

    def __init__(self, *feeds: str) -> None:
        self.now = START
        lines = [FeedReport(id=feed, name=feed, kind="camera", url=f"http://{feed}/") for feed in feeds]
        self.board = Board(lines, model_id="starter@1", synthetic=False, now=lambda: self.now, pid=7)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def visit(self, feed: str, outcome: Outcome = Outcome.OK, *, frame: Frame | None = None) -> None:
        visit = Visit(feed, self.now, self.now, self.now, outcome)
        small = (lambda: evidence_jpeg(frame, (), EvidenceSettings())) if frame else (lambda: None)
        self.board.visited(feed, visit, outcome, "" if outcome.seeing else outcome.value, small=small)

    def see(self, feed: str, number: int = 0) -> None:
        self.visit(feed, frame=Frame(scene(number), self.now, str(number)))

    def visit_each_second(self, feed: str, seconds: int) -> None:
        for _ in range(seconds):
            self.wait(1)
            self.visit(feed)

    def report(self) -> HealthReport:
        return self.board.report(NOTHING, last_post_at=None)

    def told(self) -> list[str]:
        """Report, and have it taken; return whose lines were in it."""
        report = self.report()
        self.board.taken(report)
        return [line.id for line in report.feeds]


@pytest.fixture
def city():
    return City("north", "south", "west")


def test_the_first_report_tells_every_feed_and_the_next_only_what_changed(city):
    first = city.report()
    city.board.taken(first)
    city.visit("south")
    second = city.report()
    city.board.taken(second)

    assert ([line.id for line in first.feeds], first.complete) == (["north", "south", "west"], True)
    assert ([line.id for line in second.feeds], second.complete) == (["south"], False)
    assert city.told() == []


def test_a_report_that_was_not_taken_is_told_again_whole(city):
    city.told()
    city.visit("south")
    city.report()

    city.board.not_taken()
    again = city.report()

    assert again.complete
    assert [line.id for line in again.feeds] == ["north", "south", "west"]


def test_what_changes_while_a_report_is_under_way_is_told_next(city):
    under_way = city.report()
    city.visit("west", Outcome.TIMEOUT)
    city.board.taken(under_way)

    assert city.told() == ["west"]


def test_a_line_says_how_the_feed_is_doing(city):
    city.visit("north")
    seen_at = city.now
    for outcome in (Outcome.TIMEOUT, Outcome.UNREACHABLE):
        city.wait(10)
        city.visit("north", outcome)
    north = city.report().feeds[0]

    assert (north.outcome, north.detail, north.failures, north.visits) == ("unreachable", "unreachable", 2, 3)
    assert (north.last_seen_at, north.last_visit_at) == (seen_at, city.now)


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.DARK, Outcome.FROZEN])
def test_failures_in_a_row_end_with_a_picture_whatever_it_shows(city, outcome):
    city.visit("north", Outcome.TIMEOUT)
    city.visit("north", outcome)

    assert city.report().feeds[0].failures == 0


def test_the_next_visit_is_asked_for_at_each_report(city):
    city.board.next_visit_at = lambda feed: city.now + timedelta(seconds=len(feed))

    assert city.report().feeds[2].next_visit_at == START + timedelta(seconds=4)


def test_the_rate_is_that_of_the_last_minute(city):
    city.visit_each_second("north", 200)
    busy = city.report().patrol
    city.wait(45)
    slower = city.report().patrol
    city.wait(45)
    idle = city.report().patrol

    assert (busy.visits, slower.visits, idle.visits) == (200, 200, 200)
    assert busy.visits_per_s == pytest.approx(1, abs=0.03)
    assert slower.visits_per_s == pytest.approx(0.25, abs=0.03)
    assert idle.visits_per_s == 0


def test_the_rate_of_a_young_patrol_is_over_its_own_time(city):
    city.visit_each_second("north", 10)

    assert city.report().patrol.visits_per_s == 1


def test_a_first_visit_at_once_is_no_endless_rate(city):
    city.visit("north")

    assert city.report().patrol.visits_per_s == 1


def test_outcomes_are_counted_by_feed_and_the_unvisited_wait(city):
    city.visit("north")
    city.visit("north")
    city.visit("south", Outcome.DARK)

    assert city.report().patrol.outcomes == {"ok": 1, "dark": 1, "waiting": 1}


def test_counts_and_troubles_are_told_as_they_stand(city):
    city.board.tell("outbox", "the case API answers 500")
    city.board.tell("ledger", "the disk is full")
    city.board.tell("outbox", None)
    counts = Counts(1, 2, 3, 4, 5, resting={"not allowed now": 6}, stretch=1.254)
    patrol = city.board.report(counts, last_post_at=START).patrol

    assert patrol.trouble == ["the disk is full"]
    assert (patrol.late, patrol.suspects, patrol.incidents, patrol.outbox, patrol.dead_letters) == (1, 2, 3, 4, 5)
    assert (patrol.resting, patrol.stretch) == ({"not allowed now": 6}, 1.25)
    assert patrol.last_post_at == START


def test_a_picture_is_handed_out_once(city):
    city.see("north")
    pictures = city.board.take_pictures()

    assert list(pictures) == ["north"]
    assert pictures["north"].startswith(b"\xff\xd8")
    assert city.board.take_pictures() == {}


def test_a_picture_is_renewed_when_it_is_a_minute_old(city):
    for second in range(130):
        city.see("north", second)
        city.wait(1)
        if second in {0, 60, 120}:
            assert list(city.board.take_pictures()) == ["north"], second
        else:
            assert city.board.take_pictures() == {}, second


def test_a_visit_without_a_picture_keeps_the_last_one(city):
    city.see("north")
    city.wait(100)
    city.visit("north", Outcome.TIMEOUT)

    assert list(city.board.take_pictures()) == ["north"]


class TestAClockThatStepsBack:
    """A wrong clock is set right while the patrol runs: an hour back."""

    def test_visits_of_the_time_before_no_longer_count_to_the_rate(self, city):
        city.visit_each_second("north", 100)
        city.wait(-3600)

        assert city.report().patrol.visits_per_s == 0

    def test_the_rate_is_right_again_after_a_minute(self, city):
        city.visit_each_second("north", 100)
        city.wait(-3600)
        city.visit_each_second("north", 60)

        assert city.report().patrol.visits_per_s == pytest.approx(1, abs=0.05)

    def test_changes_are_told_and_pictures_renewed_all_the_same(self, city):
        city.see("north")
        city.board.take_pictures()
        city.told()
        city.wait(-3600)
        city.see("north")

        assert city.told() == ["north"]
        assert list(city.board.take_pictures()) == ["north"]
