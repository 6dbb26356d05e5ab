"""Sub-stream first, main stream when the sub-stream brings no picture: against a real camera."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.errors import NotAnImage, Unauthorised, Unreachable
from streams.feed import Feed, Protocol
from streams.source import Limits
from streams.sources import open_source
from tests.servers.camera import Camera


@pytest.fixture(scope="module")
def camera():
    with Camera() as running:
        yield running


def asked(camera) -> list[str]:
    paths = [path for path, _ in camera.requests]
    camera.requests.clear()
    return paths


def pair(camera, sub: str, main: str):
    feed = Feed("cam", "cam", camera.url(sub), Protocol.SNAPSHOT, main_url=camera.url(main))
    return open_source(feed, Limits(), now=lambda: datetime.now(UTC))


def test_a_sub_stream_that_sees_is_all_that_is_asked(camera):
    pair(camera, "/live.jpg", "/fresh.jpg").look()

    assert asked(camera) == ["/live.jpg"]


@pytest.mark.parametrize("sub", ["/404", "/html", "/truncated.jpg"])
def test_without_a_picture_from_the_sub_stream_the_main_stream_is_looked_at(camera, sub):
    frame = pair(camera, sub, "/live.jpg").look()

    assert frame.width > 0
    assert asked(camera) == [sub, "/live.jpg"]
    assert len(list(pair(camera, sub, "/live.jpg").frames())) == 1
    asked(camera)


def test_when_both_fail_both_are_told(camera):
    with pytest.raises(NotAnImage, match=r"/html.*and the main stream: .*/500"):
        pair(camera, "/html", "/500").look()
    asked(camera)


def test_wrong_credentials_are_not_tried_twice(camera):
    with pytest.raises(Unauthorised):
        pair(camera, "/401", "/live.jpg").look()

    assert asked(camera) == ["/401"]


def test_while_only_the_main_stream_works_the_sub_stream_is_asked_every_tenth_look(camera):
    """A sub-stream that hangs costs its timeouts; it is not paid on every visit."""
    source = pair(camera, "/404", "/live.jpg")

    for _ in range(21):
        source.look()

    paths = asked(camera)
    assert paths == [*["/404", *["/live.jpg"] * 10] * 2, "/404", "/live.jpg"]


def test_when_the_main_stream_fails_too_the_sub_stream_takes_over_again(camera):
    whole = camera.picture
    source = pair(camera, "/fixed.jpg", "/etag.jpg")
    camera.picture = b""
    with pytest.raises(NotAnImage, match=r"/fixed\.jpg.*and the main stream: .*/etag"):
        source.look()
    camera.picture = whole
    source.look()
    assert asked(camera) == ["/fixed.jpg", "/etag.jpg", "/fixed.jpg"]


def test_the_sub_stream_that_comes_back_is_looked_at_alone_again(camera, tmp_path):
    camera.folder = tmp_path
    source = pair(camera, "/sub.jpg", "/main.jpg")
    (tmp_path / "main.jpg").write_bytes(camera.picture)
    source.look()
    (tmp_path / "main.jpg").rename(tmp_path / "sub.jpg")
    source.look()
    source.look()
    assert asked(camera) == ["/sub.jpg", "/main.jpg", "/main.jpg", "/sub.jpg", "/sub.jpg"]


def test_both_are_told_in_the_same_order_whichever_was_asked_first(camera, tmp_path):
    camera.folder = tmp_path
    source = pair(camera, "/sub.jpg", "/main.jpg")
    (tmp_path / "main.jpg").write_bytes(camera.picture)
    source.look()
    (tmp_path / "main.jpg").unlink()
    with pytest.raises(Unreachable, match=r"/sub\.jpg: .*and the main stream: .*/main\.jpg"):
        source.look()
    asked(camera)
