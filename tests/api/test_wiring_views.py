"""The guard over views as a patrol starts it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from api.watch import VIEW_OF
from api.wiring.views import feed_views, view_guard
from configs.feeds import FeedSettings
from configs.settings import ViewSettings
from streams.feed import Feed, Protocol
from streams.frame import Frame, Image
from streams.sight import Sight
from streams.visit import Outcome

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
FEED = Feed("cam", "Gate", "http://x/a.jpg", Protocol.SNAPSHOT, guarded=True)


def texture(seed: int) -> Image:
    """Draw blobs that no other seed draws."""
    coarse = np.random.default_rng(seed).integers(0, 255, (18, 24, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC), np.uint8)


OLD, NEW = texture(1), texture(2)


class Started:
    """A patrol's guard as it starts, and what it knows of views."""

    def __init__(self, memory: dict[str, str], settings: ViewSettings | None = None, **written) -> None:
        feed = FeedSettings(id="cam", url="http://x/a.jpg", **written)
        self.views = feed_views(
            settings or ViewSettings(), [feed], memory, zone=ZONE, now=lambda: NOW, tell=lambda _: None
        )
        self.sight = Sight(now=lambda: NOW, views=view_guard(settings or ViewSettings()))
        self.looks = 0

    def look(self, picture: Image) -> Outcome:
        self.looks += 1
        self.sight.recall(FEED, self.views.memory("cam"))
        outcome, _ = self.sight.judge(FEED, Frame(picture, NOW, f"{self.looks}"))
        if view := self.sight.memory(FEED).get("view"):
            self.views.note("cam", view)
        return outcome

    @property
    def memory(self) -> dict[str, str]:
        return {VIEW_OF + feed_id: text for feed_id, text in self.views.changes().items()}


@pytest.fixture
def memory() -> dict[str, str]:
    started = Started({})
    for _ in range(3):
        started.look(OLD)
    return started.memory


def test_a_view_is_known_over_a_restart(memory):
    assert Started(memory).look(NEW) is Outcome.TURNED


def test_a_later_view_since_makes_the_patrol_learn_anew_once(memory):
    since = {"view_since": date(2026, 2, 1)}
    started = Started(memory, **since)
    assert [started.look(NEW) for _ in range(3)] == [Outcome.OK] * 3
    again = Started(started.memory, **since)
    assert [again.look(picture) for picture in (OLD, NEW)] == [Outcome.TURNED, Outcome.OK]


def test_a_city_without_the_guard_takes_every_view_as_it_is(memory):
    unguarded = Started(memory, ViewSettings(guard=False))
    assert [unguarded.look(picture) for picture in (NEW, OLD, NEW)] == [Outcome.OK] * 3
    assert unguarded.memory == {}


def test_view_since_begins_with_the_citys_day(memory):
    started = Started(memory, view_since=NOW.date())
    started.look(NEW)
    assert started.views.since("cam") == datetime(2026, 2, 28, 16, tzinfo=UTC)


def test_a_view_since_of_a_day_to_come_keeps_nobody_from_accepting_a_view(memory):
    started = Started(memory, view_since=date(2062, 2, 1))
    assert started.look(NEW) is Outcome.TURNED
    started.views.accept("cam", at=NOW)
    assert started.look(NEW) is Outcome.OK
    assert started.views.since("cam") == NOW
