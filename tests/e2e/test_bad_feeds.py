"""Every way a feed can be bad, all at once in one patrol: each says one clear thing, none disturbs the good one."""

from __future__ import annotations

import re
import socket
from itertools import cycle
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import psutil
import pytest

from streams.frame import Image
from tests.e2e.patrol_city import Running, StillCamera, camera, eventually, running, still, write_config
from tests.servers.clips import jpeg, write_scenes, write_sound
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
GOOD = ("good", "stops", "turning")
STREAMS = [
    ("audio", "audio", "not_an_image", "video"),
    ("silent", "silent", "timeout", ""),
    ("no-key", "no_key", "timeout", ""),
    ("no-such-mount", "nothing-here", "unreachable", "404"),
    ("rtsp-frozen", "frozen", "frozen", "same picture"),
]


class TurningCamera(StillCamera):
    """A camera whose picture has another size at each visit, as one that switches between its streams."""

    def __init__(self, view: Image) -> None:
        super().__init__(view)
        self._sizes = cycle([(704, 576), (1280, 720), (352, 288)])

    def next_picture(self) -> bytes:
        noisy = cv2.imdecode(np.frombuffer(super().next_picture(), np.uint8), cv2.IMREAD_COLOR)
        return jpeg(cv2.resize(noisy, next(self._sizes)))


def test_each_bad_feed_says_one_clear_thing_and_the_good_one_goes_on(tmp_path):
    """The good camera keeps its interval of one second while all the bad ones hang, lie and break.

    Amid it a capture process is killed: the good one is looked at in another, and operators see it.

    Two are odd and still good: an RTSP stream that stops after 1.5 s, since a visit needs its first picture only, and
    a camera whose resolution changes from visit to visit.
    """
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))  # bound but not listening: refused
    view = still("00481")
    with StillCamera(view) as cameras, TurningCamera(view) as turning, RtspServer() as rtsp, closed:
        odd = [camera("stops", rtsp.url("stops")), camera("turning", turning.url("/live.jpg"))]
        expected = _expected(tmp_path, cameras, rtsp, closed.getsockname()[1])
        feeds = [feed for feed, _, _ in expected] + odd + [camera("good", cameras.url("/live.jpg"))]
        patrol = {
            "interval_s": 1,
            "workers": 8,
            "open_timeout_s": 2,
            "read_timeout_s": 2,
            "deadline_s": 12,
            "backoff_first_s": 1,
            "backoff_limit_s": 3,
        }
        with running(write_config(tmp_path / "city", feeds, patrol=patrol)) as city, city.operator() as client:
            eventually(lambda: _good_visits(client) >= 5, what="5 visits of the good feed")
            _kill_capture_process(city)
            eventually(lambda: _good_visits(client) >= 25, what="25 visits of the good feed")
            eventually(lambda: _metric(client, city, "capture_crashed") >= 1, what="it is told")
            told = {feed["id"]: feed for feed in client.get("/feeds", params={"limit": 100}).json()["items"]}

    assert {name: (told[name]["outcome"], told[name]["failures"]) for name in GOOD} == dict.fromkeys(GOOD, ("ok", 0))
    assert all(told[name]["visits"] >= 3 for name in GOOD)
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
    clip = write_scenes(folder / "codec.mp4")
    clip.write_bytes(clip.read_bytes().replace(b"avc1", b"zzzz"))  # a kind of video that nobody has heard of
    files = [
        (camera("refused", f"rtsp://127.0.0.1:{closed}/live"), "unreachable", "refused"),
        (camera("no-host", "http://no-such-camera.invalid/a.jpg"), "unreachable", "no-such-camera.invalid"),
        (camera("no-video", str(folder / "text.mp4"), replay=True), "not_an_image", "text.mp4"),
        (camera("only-sound", str(write_sound(folder / "sound.mp4")), replay=True), "not_an_image", "no video"),
        (camera("wrong-codec", str(clip), replay=True), "not_an_image", "no decoder"),
    ]
    snapshots = [(camera(name, cameras.url(path)), outcome, part) for name, path, outcome, part in SNAPSHOTS]
    streams = [(camera(name, rtsp.url(mount)), outcome, part) for name, mount, outcome, part in STREAMS]
    return files + snapshots + streams


def _metric(client: httpx.Client, city: Running, name: str) -> float:
    text = client.get(f"{city.address}/metrics").text
    return float(re.findall(rf"^gridpatrol_{name} (\S+)$", text, re.MULTILINE)[0])


def _kill_capture_process(city: Running) -> None:
    children = psutil.Process(city.child("patrol")).children()
    next(child for child in children if "streams.captureworkers.worker" in child.cmdline()).kill()


def _good_visits(client) -> int:
    feeds = client.get("/feeds", params={"q": "good"}).json()["items"]
    return feeds[0]["visits"] if feeds else 0
