"""Sub-stream first, main stream when the sub-stream brings no picture: against a real camera."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.errors import NotAnImage, Unauthorised
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
