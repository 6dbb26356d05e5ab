"""Channels behind a gateway: whatever happens during a look, the session that it opened is closed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest
from structlog.testing import capture_logs

from streams.capture import Capture
from streams.captureworkers.pool import CaptureWorkers
from streams.captureworkers.source import WorkerSource
from streams.errors import NotAnImage, SourceError, TimedOut, Unauthorised, Unreachable
from streams.feed import Feed, Protocol
from streams.source import Limits, Source
from streams.sources import open_source, protocol_of
from streams.sources.wvp import WvpSource
from streams.visit import Outcome
from tests.e2e.patrol_city import eventually
from tests.servers.rtsp import RtspServer
from tests.servers.wvp import DEVICE, PASSWORD, FakeWvp, Refusal

GOOD, SILENT, NOWHERE = "34020000001320000001", "34020000001320000002", "34020000001320000003"
LIMITS = Limits(open_timeout_s=8, read_timeout_s=8)
HASTY = Limits(open_timeout_s=0.2, read_timeout_s=0.2)


@pytest.fixture(scope="module")
def rtsp() -> Iterator[RtspServer]:
    with RtspServer() as server:
        yield server


@pytest.fixture
def wvp(rtsp) -> Iterator[FakeWvp]:
    streams = {GOOD: rtsp.url("h264"), SILENT: rtsp.url("silent"), NOWHERE: rtsp.url("none")}
    with FakeWvp(streams) as server:
        yield server


def now() -> datetime:
    return datetime.now(UTC)


def feed_at(url: str) -> Feed:
    return Feed(id="cam-1", name="Gate", url=url, protocol=protocol_of(url))


def source(url: str, limits: Limits = LIMITS) -> Source:
    return open_source(feed_at(url), limits, now=now)


def test_a_look_plays_takes_a_picture_and_stops(wvp):
    assert protocol_of(wvp.url(GOOD)) is Protocol.WVP
    frame = source(wvp.url(GOOD)).look()
    assert frame.image.shape == (576, 704, 3)
    assert (wvp.sessions, wvp.opened, wvp.stopped) == (set(), 1, 1)


@pytest.mark.parametrize(("channel", "error"), [(SILENT, TimedOut), (NOWHERE, Unreachable)])
def test_a_stream_that_fails_is_stopped(wvp, channel, error):
    with pytest.raises(error):
        source(wvp.url(channel), Limits(open_timeout_s=1, read_timeout_s=1)).look()
    assert (wvp.sessions, wvp.opened, wvp.stopped) == (set(), 1, 1)


def test_a_stream_that_is_killed_in_the_middle_is_stopped():
    with RtspServer() as dying, FakeWvp({SILENT: dying.url("silent")}) as wvp, ThreadPoolExecutor(1) as pool:
        looking = pool.submit(source(wvp.url(SILENT), Limits(open_timeout_s=3, read_timeout_s=3)).look)
        eventually(lambda: wvp.sessions, what="a session")
        dying.stop()
        with pytest.raises(SourceError):
            looking.result()
        assert (wvp.sessions, wvp.stopped) == (set(), 1)


def test_a_session_is_closed_although_the_capture_process_that_reads_it_is_killed(wvp):
    workers = CaptureWorkers(1, deadline_s=6, looks=2, frame_bytes=4_000_000)
    try:
        workers.wait_started()
        behind = partial(WorkerSource, workers=workers)
        good, silent = (
            open_source(feed_at(wvp.url(channel)), LIMITS, now=now, behind_gateways=behind)
            for channel in (GOOD, SILENT)
        )
        assert good.look().image.shape == (576, 704, 3)
        with ThreadPoolExecutor(1) as pool:
            looking = pool.submit(silent.look)
            eventually(lambda: wvp.sessions, what="a session")
            workers._lanes[0].kill()
            with pytest.raises(SourceError):
                looking.result()
    finally:
        workers.close()
    assert (wvp.sessions, wvp.opened, wvp.stopped) == (set(), 2, 2)


def test_a_run_of_frames_that_is_broken_off_is_stopped(wvp):
    frames = source(wvp.url(GOOD)).frames(0.1)
    next(frames)
    assert wvp.sessions
    frames.close()
    assert not wvp.sessions


def test_a_session_that_somebody_else_opened_is_looked_at_and_left(wvp):
    wvp.play(DEVICE, GOOD)
    assert source(wvp.url(GOOD)).look().image.shape == (576, 704, 3)
    assert (wvp.sessions, wvp.stopped) == ({f"{DEVICE}_{GOOD}"}, 0)


def test_an_answer_to_play_that_comes_after_the_look_was_given_up_is_stopped_too(wvp):
    wvp.wrong.held["/api/play/start"] = threading.Event()
    with pytest.raises(TimedOut, match="no session of 34020000001320000001 within"):
        source(wvp.url(GOOD), HASTY).look()
    assert wvp.opened == 0
    wvp.wrong.held.pop("/api/play/start").set()
    eventually(lambda: wvp.stopped == 1, what="the late session's end")
    assert (wvp.sessions, wvp.opened) == (set(), 1)


def test_a_visit_given_up_from_outside_is_stopped_too(wvp):
    wvp.wrong.held["/api/play/start"] = threading.Event()
    visit, frame = Capture(0.3, now=now).visit(feed_at(wvp.url(GOOD)), source(wvp.url(GOOD)), due_at=now())
    assert (visit.outcome, frame) == (Outcome.TIMEOUT, None)
    wvp.wrong.held.pop("/api/play/start").set()
    eventually(lambda: wvp.stopped == 1, what="the late session's end")
    assert not wvp.sessions


def test_a_session_that_cannot_be_stopped_at_once_is_stopped_later_and_the_picture_does_not_wait(wvp):
    wvp.wrong.refused["/api/play/stop"] = Refusal(500, "redis down")
    held = WvpSource(feed_at(wvp.url(GOOD)), LIMITS, now=now, stop_again_s=[0.05] * 400)
    assert held.look().image.any()
    assert wvp.sessions
    wvp.wrong.refused.clear()
    eventually(lambda: not wvp.sessions, what="the session's end")
    assert wvp.stopped == 1


def test_a_session_that_can_never_be_stopped_is_told(wvp):
    wvp.wrong.refused["/api/play/stop"] = Refusal(500, "redis down")
    with capture_logs() as events:
        assert WvpSource(feed_at(wvp.url(GOOD)), LIMITS, now=now, stop_again_s=(0.01,)).look().image.any()
        eventually(lambda: events, what="the event")
    (event,) = events
    assert (event["event"], event["channel"]) == ("wvp_session_left_open", GOOD)
    assert "redis down" in event["why"]


def test_an_old_token_is_renewed_once_for_all_threads(wvp):
    source(wvp.url(GOOD)).look()
    wvp.expire_tokens()
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(lambda _: _tried(wvp), range(4)))
    assert any(frames)
    assert wvp.logins == 2


def _tried(wvp: FakeWvp) -> bool:
    """Look at a channel that others of the pool look at, too: one may find it stopped by another."""
    try:
        return bool(source(wvp.url(GOOD)).look().image.any())
    except SourceError:
        return False


@pytest.mark.parametrize(
    ("wrong", "error", "told"),
    [
        ({"refused": {"/api/play/start": Refusal(-1, "点播超时")}}, Unreachable, "answered -1: 点播超时"),
        ({"refused": {"/api/play/start": Refusal(401, "")}}, Unauthorised, "refuses /api/play/start"),
        ({"html": {"/api/play/start"}}, NotAnImage, "answered 200 text/html, not WVP's JSON"),
        ({"html": {"/api/user/login"}}, NotAnImage, "not WVP's JSON"),
    ],
)
def test_a_gateway_that_misbehaves_says_so_and_leaves_nothing_open(wvp, wrong, error, told):
    for name, value in wrong.items():
        setattr(wvp.wrong, name, value)
    with pytest.raises(error, match=told):
        source(wvp.url(GOOD)).look()
    assert not wvp.sessions


def test_a_wrong_password_is_unauthorised_and_never_shown(wvp):
    with pytest.raises(Unauthorised, match="login refused") as caught:
        source(wvp.url(GOOD, password="hush")).look()
    assert not [word for word in ("hush", PASSWORD) if word in f"{caught.value!r}"]


@pytest.mark.parametrize("url", ["wvp://127.0.0.1:1/device", "wvp:///a/b"])
def test_an_address_without_a_channel_says_what_to_write(url):
    with pytest.raises(Unreachable, match="write wvp://"):
        source(url).look()
