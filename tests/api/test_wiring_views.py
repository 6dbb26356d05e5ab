"""The guard over views as a patrol starts it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import cv2
import numpy as np
import pytest

from api.wiring.views import VIEW_OF, view_guard
from configs.feeds import FeedSettings
from configs.settings import ViewSettings
from streams.feed import Feed, Protocol
from streams.frame import Frame, Image
from streams.viewguard import ViewGuard
from streams.visit import Outcome

FEED = Feed("cam", "Gate", "http://x/a.jpg", Protocol.SNAPSHOT, guarded=True)


def texture(seed: int) -> Image:
    """Draw blobs that no other seed draws."""
    coarse = np.random.default_rng(seed).integers(0, 255, (18, 24, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC), np.uint8)


OLD, NEW = texture(1), texture(2)


def started(memory: dict[str, str], **written) -> ViewGuard:
    feed = FeedSettings(id="cam", url="http://x/a.jpg", **written)
    return view_guard(ViewSettings(), memory, [feed], tell=lambda _: None)


def look(guard: ViewGuard, picture) -> Outcome:
    return guard.judge(FEED, Frame(picture, datetime(2026, 3, 1, tzinfo=UTC), "x"))[0]


@pytest.fixture
def memory() -> dict[str, str]:
    guard = started({})
    for _ in range(3):
        look(guard, OLD)
    return {VIEW_OF + feed_id: text for feed_id, text in guard.changes().items()}


def test_a_view_is_known_over_a_restart(memory):
    assert look(started(memory), NEW) is Outcome.TURNED


def test_a_later_view_since_makes_the_patrol_learn_anew_once(memory):
    since = {"view_since": date(2026, 2, 1)}
    guard = started(memory, **since)
    assert [look(guard, NEW) for _ in range(3)] == [Outcome.OK] * 3
    again = started({VIEW_OF + feed_id: text for feed_id, text in guard.changes().items()}, **since)
    assert [look(again, picture) for picture in (OLD, NEW)] == [Outcome.TURNED, Outcome.OK]
