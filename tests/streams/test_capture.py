"""The hard deadline around a look, with sources that hang, fail and come late."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import pytest
from structlog.testing import capture_logs

from streams import errors
from streams.capture import Capture
from streams.feed import Feed, Protocol
from streams.frame import Frame
from streams.visit import Outcome

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
FEED = Feed(id="cam-1", name="Gate", url="rtsp://admin:s3cret@10.0.0.1/1", protocol=Protocol.RTSP)
PICTURE = Frame(np.zeros((4, 4, 3), np.uint8), START, "d1")


def ticking():
    """A clock that is one second further each time it is read."""
    seconds = count()
    return lambda: START + timedelta(seconds=next(seconds))


@dataclass
class Answering:
    """A source that answers with a frame or raises."""

    answer: Frame | Exception

    def look(self) -> Frame:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def frames(self, every_s=None):
        yield self.look()


@dataclass
class Hanging:
    """A source whose look does not come back before it is let go."""

    let_go: threading.Event = field(default_factory=threading.Event)
    entered: int = 0

    def look(self) -> Frame:
        self.entered += 1
        assert self.let_go.wait(60)
        return PICTURE

    def frames(self, every_s=None):
        yield self.look()


@pytest.fixture
def hanging():
    source = Hanging()
    yield source
    source.let_go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("look-"):
            thread.join(10)


def test_a_good_look_is_an_ok_visit_with_its_frame_and_times():
    visit, frame = Capture(5, now=ticking()).visit(FEED, Answering(PICTURE), due_at=START)
    assert frame is PICTURE
    assert (visit.feed_id, visit.outcome, visit.detail, visit.due_at) == ("cam-1", Outcome.OK, "", START)
    assert (visit.started_at, visit.finished_at) == (START, START + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (errors.Unreachable("x"), Outcome.UNREACHABLE),
        (errors.TimedOut("x"), Outcome.TIMEOUT),
        (errors.Unauthorised("x"), Outcome.UNAUTHORISED),
        (errors.NotAnImage("x"), Outcome.NOT_AN_IMAGE),
        (errors.Stale("x"), Outcome.STALE),
    ],
)
def test_a_source_error_is_the_visits_outcome_and_detail(error, outcome):
    visit, frame = Capture(5, now=ticking()).visit(FEED, Answering(error), due_at=START)
    assert (visit.outcome, visit.detail, frame) == (outcome, "x", None)


def test_an_unexpected_error_is_a_failed_visit_logged_with_its_traceback():
    source = Answering(ZeroDivisionError("rtsp://admin:s3cret@10.0.0.1/1 broke"))
    with capture_logs() as logs:
        visit, frame = Capture(5, now=ticking()).visit(FEED, source, due_at=START)
    assert visit.outcome.failed
    assert frame is None
    assert visit.detail == "rtsp://***@10.0.0.1/1: unexpected ZeroDivisionError: rtsp://***@10.0.0.1/1 broke"
    assert [(entry["event"], entry["feed"]) for entry in logs] == [("look_failed_unexpectedly", "cam-1")]


def test_a_look_that_hangs_is_given_up_at_the_deadline(hanging):
    capture = Capture(0.05, now=ticking())
    visit, frame = capture.visit(FEED, hanging, due_at=START)
    assert (visit.outcome, frame) == (Outcome.TIMEOUT, None)
    assert "given up after 0.05 s" in visit.detail
    assert "s3cret" not in visit.detail
    assert (capture.abandoned, capture.hanging) == (1, 1)


def test_a_feed_that_still_hangs_is_not_opened_again(hanging):
    capture = Capture(0.05, now=ticking())
    for _ in range(3):
        visit, _ = capture.visit(FEED, hanging, due_at=START)
        assert visit.outcome is Outcome.TIMEOUT
    assert hanging.entered == 1
    assert capture.abandoned == 1


def test_what_a_late_look_brings_is_dropped_and_its_feed_is_seen_again(hanging):
    capture = Capture(0.05, now=ticking())
    capture.visit(FEED, hanging, due_at=START)
    hanging.let_go.set()
    next(thread for thread in threading.enumerate() if thread.name == "look-cam-1").join(10)
    fresh = Frame(PICTURE.image, START, "d2")
    visit, frame = capture.visit(FEED, Answering(fresh), due_at=START)
    assert visit.outcome is Outcome.OK
    assert frame is fresh
    assert (capture.abandoned, capture.hanging) == (1, 0)


def test_other_feeds_are_visited_while_one_hangs(hanging):
    capture = Capture(0.05, now=ticking())
    capture.visit(FEED, hanging, due_at=START)
    other = Feed(id="cam-2", name="Park", url="rtsp://10.0.0.2/1", protocol=Protocol.RTSP)
    visit, _ = capture.visit(other, Answering(PICTURE), due_at=START)
    assert visit.outcome is Outcome.OK


def test_cpu_is_counted_in_the_looks_own_thread():
    class Working(Answering):
        def look(self) -> Frame:
            for _ in range(30):
                np.sort(np.arange(200_000)[::-1] % 977)
            return super().look()

    visit, _ = Capture(30, now=ticking()).visit(FEED, Working(PICTURE), due_at=START)
    idle, _ = Capture(30, now=ticking()).visit(FEED, Answering(PICTURE), due_at=START)
    assert visit.cpu_ms > 20 > idle.cpu_ms
