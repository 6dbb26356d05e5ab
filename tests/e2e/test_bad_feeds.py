"""Every way a feed can be bad, all at once in one patrol: each says one clear thing, none disturbs the good one."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.patrol_city import StillCamera, camera, eventually, running, still, write_config
from tests.servers.clips import write_sound
from tests.servers.rtsp import RtspServer

pytestmark = pytest.mark.timeout(240)

# feed, path on the snapshot camera, outcome, part of what is said
SNAPSHOTS = [
    ("unauthorised", "/401", "unauthorised", "401"),
    ("missing", "/404", "unreachable", "404"),
    ("server-error", "/500", "unreachable", "500"),
    ("html", "/html", "not_an_image", "text/html"),
    ("truncated", "/truncated.jpg", "not_an_image", "truncated"),
    ("empty", "/empty.jpg", "not_an_image", "0 bytes"),
    ("bomb", "/bomb.jpg", "not_an_image", "20000"),
    ("midway", "/midway.jpg", "not_an_image", ""),
    ("never", "/never.jpg", "timeout", ""),
    ("old", "/old.jpg", "stale", "old"),
    ("fixed", "/fixed.jpg", "frozen", "same picture"),
]
STREAMS = [
    ("audio", "audio", "not_an_image", "video"),
    ("silent", "silent", "timeout", ""),
    ("no-such-mount", "nothing-here", "unreachable", "404"),
    ("rtsp-frozen", "frozen", "frozen", "same picture"),
]


def test_each_bad_feed_says_one_clear_thing_and_the_good_one_goes_on(tmp_path):
    """The good camera keeps its interval of one second while fifteen bad ones hang, lie and break."""
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))  # bound but not listening: refused
    with StillCamera(still("00481")) as cameras, RtspServer() as rtsp, closed:
        expected = _expected(tmp_path, cameras, rtsp, closed.getsockname()[1])
        feeds = [feed for feed, _, _ in expected] + [camera("good", cameras.url("/live.jpg"))]
        patrol = {
            "interval_s": 1,
            "workers": 8,
            "open_timeout_s": 2,
            "read_timeout_s": 2,
            "deadline_s": 6,
            "backoff_first_s": 1,
            "backoff_limit_s": 3,
        }
        with running(write_config(tmp_path / "city", feeds, patrol=patrol)) as city, city.operator() as client:
            eventually(lambda: _good_visits(client) >= 25, what="25 visits of the good feed")
            told = {feed["id"]: feed for feed in client.get("/feeds", params={"limit": 100}).json()["items"]}

    good = told.pop("good")
    assert good["outcome"] == "ok"
    assert good["failures"] == 0
    wrong = {
        feed["id"]: (told[feed["id"]]["outcome"], told[feed["id"]]["detail"])
        for feed, outcome, part in expected
        if told[feed["id"]]["outcome"] != outcome or part not in told[feed["id"]]["detail"]
    }
    assert wrong == {}
    assert all(told[feed["id"]]["detail"] for feed, _, _ in expected)
    assert not [line for line in city.log.splitlines() if "Traceback" in line]


def _expected(
    folder: Path, cameras: StillCamera, rtsp: RtspServer, closed: int
) -> list[tuple[dict[str, Any], str, str]]:
    (folder / "text.mp4").write_text("this is no video")
    wrong_codec = write_sound(folder / "sound.mp4")
    files = [
        (camera("refused", f"rtsp://127.0.0.1:{closed}/live"), "unreachable", "refused"),
        (camera("no-host", "http://no-such-camera.invalid/a.jpg"), "unreachable", "no-such-camera.invalid"),
        (camera("no-video", str(folder / "text.mp4"), replay=True), "not_an_image", "text.mp4"),
        (camera("only-sound", str(wrong_codec), replay=True), "not_an_image", "sound.mp4"),
    ]
    snapshots = [(camera(name, cameras.url(path)), outcome, part) for name, path, outcome, part in SNAPSHOTS]
    streams = [(camera(name, rtsp.url(mount)), outcome, part) for name, mount, outcome, part in STREAMS]
    return files + snapshots + streams


def _good_visits(client) -> int:
    feeds = client.get("/feeds", params={"q": "good"}).json()["items"]
    return feeds[0]["visits"] if feeds else 0
