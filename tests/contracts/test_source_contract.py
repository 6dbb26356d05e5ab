"""One suite for every adapter of the port ``Source``: whatever the feed is, the patrol can rely on this."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from streams.errors import SourceError
from streams.feed import Feed
from streams.source import Limits, Source
from streams.sources import open_source, protocol_of
from tests.servers.camera import PASSWORD, USER, Camera
from tests.servers.clips import jpeg, scene, write_scenes
from tests.servers.rtsp import RtspServer
from tests.servers.wvp import FakeWvp

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LIMITS = Limits(open_timeout_s=8, read_timeout_s=8)


@dataclass(frozen=True)
class Kind:
    """A way to reach pictures: a feed that has some, and one of the same kind that has none."""

    good: str
    missing: str
    replay: bool = False

    def source(self, *, missing: bool = False) -> Source:
        url = self.missing if missing else self.good
        feed = Feed(
            id="cam-1", name="Gate", url=url, protocol=protocol_of(self.good), replay=self.replay, max_age_s=1e9
        )
        return open_source(feed, LIMITS, now=lambda: NOW)


@pytest.fixture(scope="module")
def rtsp() -> Iterator[RtspServer]:
    with RtspServer() as server:
        yield server


@pytest.fixture(scope="module")
def wvp(rtsp) -> Iterator[FakeWvp]:
    with FakeWvp({"1": rtsp.url("h264"), "2": rtsp.url("none")}) as server:
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("feeds")
    write_scenes(path / "clip.mp4")
    write_scenes(path / "live.flv")
    write_scenes(path / "live.m3u8")
    (path / "stills").mkdir()
    for number in range(3):
        (path / "stills" / f"{number}.jpg").write_bytes(jpeg(scene(number)))
    return path


@pytest.fixture(scope="module")
def camera(folder) -> Iterator[Camera]:
    with Camera(folder) as camera:
        yield camera


KINDS: dict[str, Callable[[pytest.FixtureRequest], Kind]] = {
    "rtsp": lambda ask: Kind(_rtsp(ask).guarded_url("h264"), _rtsp(ask).guarded_url("none")),
    "wvp": lambda ask: Kind(_wvp(ask).url("1"), _wvp(ask).url("2")),
    "snapshot-basic": lambda ask: Kind(_http(ask, "/basic.jpg"), _http(ask, "/404")),
    "snapshot-digest": lambda ask: Kind(_http(ask, "/digest.jpg"), _http(ask, "/401")),
    "flv": lambda ask: Kind(_http(ask, "/live.flv"), _http(ask, "/none.flv")),
    "hls": lambda ask: Kind(_http(ask, "/live.m3u8"), _http(ask, "/none.m3u8")),
    "video": lambda ask: Kind(_file(ask, "clip.mp4"), _file(ask, "none.mp4")),
    "video-replayed": lambda ask: Kind(_file(ask, "clip.mp4"), _file(ask, "none.mp4"), replay=True),
    "folder": lambda ask: Kind(_file(ask, "stills"), _file(ask, "none")),
    "folder-replayed": lambda ask: Kind(_file(ask, "stills"), _file(ask, "none"), replay=True),
}


def _rtsp(ask: pytest.FixtureRequest) -> RtspServer:
    server: RtspServer = ask.getfixturevalue("rtsp")
    return server


def _wvp(ask: pytest.FixtureRequest) -> FakeWvp:
    server: FakeWvp = ask.getfixturevalue("wvp")
    return server


def _http(ask: pytest.FixtureRequest, path: str) -> str:
    camera: Camera = ask.getfixturevalue("camera")
    return camera.url(path, USER, PASSWORD)


def _file(ask: pytest.FixtureRequest, name: str) -> str:
    return str(ask.getfixturevalue("folder") / name)


@pytest.fixture(params=sorted(KINDS))
def kind(request) -> Kind:
    return KINDS[request.param](request)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_it_is_a_source(kind):
    assert isinstance(kind.source(), Source)


def test_a_look_gives_a_bgr_frame_with_an_aware_time_and_a_digest(kind):
    frame = kind.source().look()
    assert (frame.image.dtype, frame.image.ndim, frame.image.shape[2]) == (np.uint8, 3, 3)
    assert frame.image.flags.c_contiguous
    assert frame.image.std() > 20
    assert frame.captured_at.utcoffset() is not None
    assert len(frame.digest) == 32


def test_frames_gives_at_least_one_frame_from_index_0(kind):
    frames = kind.source().frames()
    assert next(frames).index == 0
    frames.close()


def test_what_is_missing_is_a_source_error_without_credentials(kind):
    with pytest.raises(SourceError) as caught:
        kind.source(missing=True).look()
    told = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    assert not [secret for secret in (USER, PASSWORD, "p%40ss") if secret in told]
    assert "\n" not in str(caught.value)


def test_opening_touches_nothing(kind):
    """Ten thousand feeds are opened at start."""
    before = open_descriptors()
    sources = [kind.source() for _ in range(20)]
    # Less is fine: an earlier test's server may just have closed its side.
    assert open_descriptors() <= before
    assert len(sources) == 20


def test_a_source_can_be_looked_at_again_after_a_failure_and_keeps_nothing_open(kind):
    good, missing = kind.source(), kind.source(missing=True)
    good.look()  # what is loaded once for all is loaded now
    with pytest.raises(SourceError):
        missing.look()
    threads, descriptors = threading.active_count(), open_descriptors()
    for _ in range(10):
        good.look()
        with pytest.raises(SourceError):
            missing.look()
    servers_own = _handlers_of_the_test_server()
    assert open_descriptors() <= descriptors + servers_own
    assert threading.active_count() <= threads + servers_own


def _handlers_of_the_test_server() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def test_distinct_sources_are_looked_at_from_many_threads(kind):
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(lambda source: source.look(), [kind.source() for _ in range(8)]))
    assert {frame.image.shape for frame in frames} == {frames[0].image.shape}
