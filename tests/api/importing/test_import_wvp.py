"""Cameras behind a WVP gateway: from its channel list to a picture of one, and nothing left running."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api.wiring.feeds import feed_of
from api.wiring.looks import Looks
from configs.loading import load_configuration
from streams.capture import Capture
from streams.visit import Outcome
from tests.api.importing.city import city, configured, gridpatrol
from tests.servers.rtsp import RtspServer
from tests.servers.wvp import DEVICE, PASSWORD, USER, FakeWvp, Refusal, channel

OTHER = "34020000001180000002"
ENV = {"WVP_USER": USER, "WVP_PASSWORD": PASSWORD}


def camera(number: int, **more: Any) -> dict[str, Any]:
    return channel(f"3402000000132{number:07}", f"点位{number}", **more)


def catalogue() -> dict[str, list[dict[str, Any]]]:
    placed = camera(1, longitude=106.5764, latitude=29.559, directionType=6, useType=1, owner="公安局")
    mended = camera(2, longitude=1.0, latitude=1.0, gbLongitude=106.58, gbLatitude=29.56, gbName="改名")
    nowhere = camera(3, longitude=0.0, latitude=0.0)
    swapped = camera(4, longitude=29.5, latitude=106.5)
    others = [
        channel("34020000001340000001", "报警输入"),
        channel("34020000002160000001", "虚拟组织", channelType=2),
        channel("340200", "行政区划", channelType=1),
    ]
    many = [camera(number) for number in range(1000, 1450)]
    return {DEVICE: [placed, mended, nowhere, swapped, *others], OTHER: many}


def test_a_gateways_channels_become_feeds_with_place_and_direction(tmp_path):
    folder = city(tmp_path / "city")
    with FakeWvp({}, catalogue()) as wvp:
        ended = gridpatrol("feeds", "import", wvp.url(), "--config", folder, "--credentials-env", "WVP")
        pages = [call for call in wvp.calls if call.endswith(f"/{OTHER}/channels")]
        assert (wvp.opened, wvp.logins, len(pages)) == (0, 1, 3)
    assert ended.code == 3
    assert "453 new, 0 changed" in ended.out
    assert "channel 34020000001320000004: place: 106.5 is no latitude" in ended.out
    assert "2 channels are directories and were not taken" in ended.out
    feeds = configured(folder, ENV)
    first = feeds["34020000001320000001"]
    assert (first.name, first.owner, first.purpose) == ("点位1", "公安局", "治安")
    assert first.url == f"wvp://{wvp.address}/{DEVICE}/34020000001320000001"
    assert (first.place.lon, first.place.datum, first.place.direction_deg) == (106.5764, "wgs84", 45)
    assert feeds["34020000001320000002"].name == "改名"
    assert feeds["34020000001320000002"].place.lon == 106.58
    assert feeds["34020000001320000003"].place is None
    text = (folder / "feeds-127.0.0.1.yaml").read_text(encoding="utf-8")
    assert PASSWORD not in text + ended.out + ended.err
    assert gridpatrol("check", "--config", folder, env=ENV).code == 0


def test_the_next_import_tells_what_changed_and_what_is_gone(tmp_path):
    folder = city(tmp_path / "city")
    with FakeWvp({}, {DEVICE: [camera(1), camera(2)]}) as wvp:
        bare = f"wvp://{wvp.address}"
        command = ("feeds", "import", wvp.url(), "--config", folder)
        assert gridpatrol("feeds", "import", bare, *command[3:], "--credentials-env", "WVP", env=ENV).code == 0
        wvp.catalogue[DEVICE][:] = [camera(1) | {"name": "新名"}, camera(3)]
        document = gridpatrol(*command, "--json").document
    assert document["new"] == ["34020000001320000003"]
    assert document["changed"] == [{"id": "34020000001320000001", "keys": {"name": ["点位1", "新名"]}}]
    assert document["gone"] == ["34020000001320000002"]
    assert len(configured(folder, ENV)) == 3


@pytest.mark.parametrize(
    ("path", "told"),
    [("/api/user/login", "login refused"), (f"/api/device/query/devices/{DEVICE}", "the gateway answered 100")],
)
def test_half_a_list_is_no_list(tmp_path, path, told):
    folder = city(tmp_path / "city")
    with FakeWvp({}, catalogue()) as wvp:
        wvp.wrong.refused[path] = Refusal(100, "数据库异常")
        ended = gridpatrol("feeds", "import", wvp.url(), "--config", folder)
    assert (ended.code, told in ended.err, "nothing was imported" in ended.err) == (1, True, True)
    assert [file.name for file in folder.iterdir()] == ["gridpatrol.yaml"]


def test_from_the_channel_list_to_a_picture_with_nothing_left_running(tmp_path):
    folder = city(tmp_path / "city")
    good, silent = "34020000001320000001", "34020000001320000002"
    with RtspServer() as rtsp, FakeWvp({good: rtsp.url("h264"), silent: rtsp.url("silent")}) as wvp:
        assert gridpatrol("feeds", "import", wvp.url(), "--config", folder, "--credentials-env", "WVP").code == 0
        checked = gridpatrol("check", "--config", folder, env=ENV)
        assert (checked.code, "no mistakes" in checked.out) == (0, True)

        configuration = load_configuration(folder, environ=ENV)
        patrol = configuration.settings.patrol.model_copy(update={"read_timeout_s": 3.0, "deadline_s": 30.0})
        looks = Looks.started(patrol, now=_now)
        looks.wait_started()
        outcomes = {}
        for written in configuration.feeds:
            feed = feed_of(written, configuration)
            source = looks.source(feed, enough_px=None)
            visit, frame = Capture(30, now=_now).visit(feed, source, due_at=_now())
            outcomes[feed.id] = (visit.outcome, frame is not None)
        looks.close()
        assert outcomes == {good: (Outcome.OK, True), silent: (Outcome.TIMEOUT, False)}
        assert (wvp.sessions, wvp.opened, wvp.stopped) == (set(), 2, 2)


def _now() -> datetime:
    return datetime.now(UTC)
