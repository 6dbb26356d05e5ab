"""Main streams: what they must show, how long they may take, and how long one that fails is left alone."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from streams.backoff import Backoff
from streams.capture import Capture
from streams.errors import OtherView, SourceError, Stale, Unreachable
from streams.feed import Feed, Protocol
from streams.frame import Frame
from streams.mainstreams import MainStreams
from tests.servers.looks import place

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
FEED = Feed("cam#main", "Gate", "rtsp://admin:s3cret@10.0.0.1/1", Protocol.RTSP, interval_s=300)


def frame(kind: int = 0, *, at: datetime = NOON, seed: int = 0) -> Frame:
    return Frame(np.ascontiguousarray(place(kind, seed=seed)), at, f"{kind}-{seed}")


class Answering:
    """A source that answers with what it is told to."""

    def __init__(self) -> None:
        self.answer: Frame | SourceError = frame(seed=1)
        self.asked = 0

    def look(self) -> Frame:
        self.asked += 1
        if isinstance(self.answer, SourceError):
            raise self.answer
        return self.answer

    def frames(self, every_s=None):
        yield self.look()


class Camera:
    """The main stream of one camera, with a clock set by hand."""

    def __init__(self) -> None:
        self.at_s, self.source = 0.0, Answering()
        self.streams = MainStreams(
            {"cam": (FEED, self.source)},
            Capture(5, now=lambda: NOON),
            backoff=Backoff(30, 1800),
            rng=random.Random(1),
            running_s=lambda: self.at_s,
        )

    def look(self):
        return self.streams.look("cam", frame(), within_s=5)


@pytest.fixture
def camera():
    return Camera()


def test_the_same_view_is_given(camera):
    assert camera.look().frame is camera.source.answer
    assert camera.streams.rests("cam") == ""
    assert ("cam" in camera.streams, "cam-2" in camera.streams) == (True, False)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (frame(3), OtherView, "shows another view than the sub-stream"),
        (frame(at=NOON - timedelta(seconds=61)), Stale, "its picture is 61 s older than the sub-stream's"),
        (Unreachable("refused"), Unreachable, "refused"),
    ],
    ids=["other view", "old", "refused"],
)
def test_anything_else_is_an_error_with_its_reason(camera, answer, kind, words):
    camera.source.answer = answer

    answered = camera.look()

    assert answered.frame is None
    assert isinstance(answered.error, kind)
    assert words in str(answered.error)
    assert "s3cret" not in str(answered.error)


def test_one_that_failed_is_left_alone_longer_each_time_until_it_works(camera):
    camera.source.answer = Unreachable("refused")
    camera.look()
    assert camera.streams.rests("cam").startswith("refused (not asked again for 2")

    camera.at_s += 31
    assert camera.streams.rests("cam") == ""
    camera.look()
    camera.at_s += 31
    assert camera.streams.rests("cam")

    camera.at_s += 31
    camera.source.answer = frame(seed=2)
    assert camera.look().frame is not None
    assert camera.streams.rests("cam") == ""
