"""The promise of each plan: when it is broken, who hears of it, and that it ends by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from api.board import Board, Counts
from api.http.feedshapes import FeedReport
from api.promise import Promised, Promises
from gridmap.ledgers.opening import open_ledger
from streams.visit import Outcome, Visit

START = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
NOTHING = Counts(late=0, suspects=0, incidents=0, outbox=0, dead_letters=0)
WITHIN_S = 660.0


class City:
    """A board with feeds and a plan that promises, and a clock that goes where it is told."""

    def __init__(self, folder, *feeds: str) -> None:
        self.now = START
        self.running_s = 50.0
        self.ledger = open_ledger(folder / "patrol.db")
        self.plans = [Promised("centre", dict.fromkeys(feeds, WITHIN_S), START - timedelta(days=1))]
        self.feeds = feeds
        self.start()

    def start(self) -> None:
        """Begin anew, as a patrol that was started again."""
        lines = [FeedReport(id=feed, name=feed.title(), kind="camera", url="http://x/") for feed in self.feeds]
        self.board = Board(lines, model_id="starter@1", synthetic=False, now=lambda: self.now, pid=7)
        self.promises = Promises(
            lambda: self.plans,
            self.board,
            self.ledger,
            now=lambda: self.now,
            wait=lambda _: True,
            running_s=lambda: self.running_s,
        )
        self.promises.restore()
        self.board.promises = lambda: self.promises.statuses
        self.promises.check()

    def wait(self, seconds: float) -> None:
        """Let the time pass, with a check every few seconds as in a patrol."""
        for _ in range(int(seconds // 5)):
            self.now += timedelta(seconds=5)
            self.running_s += 5
            self.promises.check()

    def look(self, feed: str, outcome: Outcome = Outcome.OK) -> None:
        self.board.visited(feed, Visit(feed, self.now, self.now, self.now, outcome), outcome, "")
        self.promises.check()

    @property
    def told(self):
        return self.board.report(NOTHING, last_post_at=None).patrol


@pytest.fixture
def city(tmp_path):
    city = City(tmp_path, "gate", "yard")
    yield city
    city.ledger.close()


def test_a_camera_not_seen_in_time_is_an_alarm_that_ends_when_it_is_seen(city):
    with capture_logs() as events:
        city.look("gate")
        city.look("yard")
        city.wait(600)
        city.look("gate")
        assert (city.told.trouble, city.told.promises[0].broken) == ([], 0)
        city.wait(65)
        broken = city.told
        city.look("yard")
        kept = city.told

    assert broken.trouble == [
        (
            "promise of plan centre broken: 1 of 2 feeds were not seen within 11 min; "
            "for longest Yard (yard), 11.1 min; its last look was ok"
        )
    ]
    (promise,) = broken.promises
    assert (promise.plan, promise.within_s, promise.feeds, promise.broken) == ("centre", WITHIN_S, 2, 1)
    assert [(unseen.feed_id, unseen.unseen_s) for unseen in promise.longest] == [("yard", 665)]
    assert promise.broken_since == city.now - timedelta(seconds=5)
    assert (kept.trouble, kept.promises[0].broken) == ([], 0)
    assert [event["event"] for event in events] == ["promise_broken", "promise_kept_again"]


def test_looks_that_see_nothing_do_not_keep_the_promise(city):
    for _ in range(7):
        city.look("gate")
        city.look("yard", Outcome.DARK)
        city.wait(120)

    (promise,) = city.told.promises
    assert [(unseen.feed_id, unseen.outcome) for unseen in promise.longest] == [("yard", "dark")]


def test_a_restart_excuses_nothing(city):
    """What was last seen is remembered, the time in which no patrol ran included; a new camera has its time."""
    city.look("gate")
    city.look("yard")
    city.promises.keep()
    city.now += timedelta(hours=2)
    city.running_s = 3.0
    city.feeds = (*city.feeds, "new")
    city.plans = [Promised("centre", dict.fromkeys(city.feeds, WITHIN_S), START - timedelta(days=1))]

    city.start()

    (promise,) = city.told.promises
    assert sorted((unseen.feed_id, unseen.unseen_s) for unseen in promise.longest) == [("gate", 7200), ("yard", 7200)]


@pytest.mark.parametrize("hours", [-3, 3])
def test_setting_the_wall_clock_is_no_alarm(city, hours):
    city.look("gate")
    city.look("yard")
    city.wait(60)
    city.now += timedelta(hours=hours)
    city.wait(60)
    city.look("gate")
    city.wait(60)

    assert city.told.promises[0].broken == 0


def test_a_closed_plan_promises_nothing_and_an_opened_one_has_its_time(city):
    city.look("gate")
    city.wait(700)
    assert city.told.promises[0].broken == 2
    feeds = dict.fromkeys(city.feeds, WITHIN_S)

    city.plans = [Promised("centre", feeds, None)]
    city.wait(5)
    assert (city.told.trouble, city.told.promises[0].open, city.told.promises[0].broken) == ([], False, 0)

    city.plans = [Promised("centre", feeds, city.now)]
    city.wait(655)
    assert city.told.promises[0].broken == 0
    city.wait(10)
    assert city.told.promises[0].broken == 2


def test_a_plan_that_is_gone_takes_its_alarm_with_it(city):
    city.wait(700)
    assert city.told.trouble

    city.plans = []
    city.wait(5)

    assert (city.told.trouble, city.told.promises) == ([], [])
