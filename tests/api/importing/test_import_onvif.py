"""Cameras that speak ONVIF: asked for their streams, whatever their clock and way of authentication."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.importing.city import city, configured, gridpatrol
from tests.servers.onvif import PASSWORD, USER, OnvifServer, Way

SUB, MAIN = (704, 576), (1920, 1080)
ONE_SOURCE = [
    Way("main", "v1", MAIN, "rtsp://10.0.0.1/1", "http://10.0.0.1/1.jpg"),
    Way("sub", "v1", SUB, "rtsp://10.0.0.1/2?x=1&amp;y=2", "http://10.0.0.1/2.jpg"),
]


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=9), timedelta(days=-9000)])
@pytest.mark.parametrize("http_digest", [False, True], ids=["token", "digest"])
def test_a_camera_gives_its_sub_stream_first_and_the_largest_as_main(tmp_path, ahead, http_digest):
    folder = city(tmp_path / "city")
    with OnvifServer(ONE_SOURCE, clock_ahead=ahead, http_digest=http_digest) as device:
        ended = gridpatrol("feeds", "import", device.url(), "--config", folder)
    assert ended.code == 0
    assert ("its clock is" in ended.out) == bool(ahead)
    (feed,) = configured(folder).values()
    assert (feed.id, feed.url, feed.main_url) == ("SN-42", "rtsp://10.0.0.1/2?x=1&y=2", "rtsp://10.0.0.1/1")
    assert (feed.user, feed.password) == (USER, PASSWORD)
    assert feed.name.startswith("Examples Eye 2 127.0.0.1")
    assert gridpatrol("check", "--config", folder).code == 0


def test_still_pictures_are_taken_where_that_is_asked_for(tmp_path):
    folder = city(tmp_path / "city")
    with OnvifServer(ONE_SOURCE, odd="namespaces") as device:
        assert gridpatrol("feeds", "import", device.url(), "--config", folder, "--snapshot").code == 0
    (feed,) = configured(folder).values()
    assert (feed.url, feed.protocol, feed.main_url) == ("http://10.0.0.1/2.jpg", "snapshot", "rtsp://10.0.0.1/1")


def test_a_list_of_devices_with_bad_ones_and_a_recorder_of_two_sources(tmp_path):
    folder = city(tmp_path / "city")
    two = [Way("a", "v1", SUB, "rtsp://10.0.0.9/1"), Way("b", "v2", SUB, "rtsp://10.0.0.9/2")]
    with (
        OnvifServer(two) as recorder,
        OnvifServer([]) as deaf,
        OnvifServer(ONE_SOURCE, odd="html") as page,
        OnvifServer(ONE_SOURCE, odd="bomb") as bomb,
    ):
        lines = [
            "# the old town",
            recorder.url(),
            deaf.url(),
            page.url(),
            bomb.url(),
            recorder.url("hush"),
            "10.0.0.7",
            "onvif://u:hush@127.0.0.1:1",
        ]
        hosts = tmp_path / "hosts.txt"
        hosts.write_text("\n".join(lines))
        ended = gridpatrol("feeds", "import", hosts, "--config", folder, "--credentials-env", "CAM")
    assert ended.code == 3
    told = [
        ("line 3", "no profile with video"),
        ("line 4", "text/html, not ONVIF"),
        ("line 5", "not ONVIF"),
        ("line 6", "NotAuthorized"),
        ("line 7", "no onvif:// address"),
        ("line 8", "check the address"),
    ]
    refused = [line for line in ended.out.splitlines() if line.startswith("refused")]
    assert [(where, what) for where, what in told if not any(where in r and what in r for r in refused)] == []
    assert "hush" not in ended.out + ended.err
    env = {"CAM_USER": USER, "CAM_PASSWORD": PASSWORD}
    assert [*configured(folder, env)] == ["SN-42-v1", "SN-42-v2"]
