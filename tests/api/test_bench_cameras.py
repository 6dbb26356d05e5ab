"""The measuring's own cameras speak RTSP and HTTP as real ones do: FFmpeg and the patrol's own sources see them."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from api.bench import rtp
from api.bench.behaviour import Behaviour
from api.bench.cameras import Cameras
from api.bench.encoding import key_frame_decoder
from api.bench.material import KINDS, Kind, prepare, stream_of
from api.wiring.feeds import source_of
from streams.errors import NotAnImage, SourceError, Stale, TimedOut, Unauthorised
from streams.feed import Feed, Protocol
from streams.source import Limits
from tests.servers.clips import scene

SMALL = {
    "h264": Kind("rtsp_704x576_h264", "rtsp", 704, 576, "h264"),
    "hevc": Kind("rtsp_1080p_h265", "rtsp", 320, 240, "hevc"),
    "jpeg": Kind("snapshot_1080p", "snapshot", 320, 240, "jpeg"),
}


@pytest.fixture(scope="module")
def material(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("material")
    prepare(folder, [scene(width=704, height=576)], list(SMALL.values()))
    return folder


@pytest.fixture(scope="module")
def rtsp(material):
    with Cameras("rtsp", material) as cameras:
        yield cameras


@pytest.fixture(scope="module")
def snapshots(material):
    with Cameras("snapshot", material) as cameras:
        yield cameras


def look(url: str):
    protocol = Protocol.RTSP if url.startswith("rtsp") else Protocol.SNAPSHOT
    limits = Limits(open_timeout_s=1, read_timeout_s=1)
    return source_of(Feed("cam", "cam", url, protocol), limits, now=lambda: datetime.now(UTC)).look()


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_visit_sees_the_key_frame_that_was_sent_and_the_next_visit_another(rtsp, material, codec):
    kind = SMALL[codec]
    sent = [key_frame_decoder(codec, unit)() for unit in stream_of(material, kind.name, 0).key_frames]

    first, second = (look(rtsp.url("ok", kind.name, f"{codec}-cam", host="127.0.7.9")) for _ in range(2))

    assert np.array_equal(first.image, sent[0])
    assert np.array_equal(second.image, sent[1])


def test_a_frozen_camera_shows_the_same_picture_again(rtsp, snapshots):
    for url in (rtsp.url("frozen", SMALL["h264"].name, "a"), snapshots.url("frozen", SMALL["jpeg"].name, "a")):
        assert look(url).digest == look(url).digest


def test_a_snapshot_camera_never_shows_the_same_picture_again(snapshots):
    url = snapshots.url("ok", SMALL["jpeg"].name, "a")

    assert look(url).digest != look(url).digest


def test_two_snapshot_cameras_never_show_the_same_picture(snapshots):
    # The patrol takes what two cameras of a host share for a gateway's picture, and would be right.
    one, other = (snapshots.url("ok", SMALL["jpeg"].name, name) for name in ("twin-1", "twin-2"))

    assert look(one).digest != look(other).digest


def test_the_cameras_say_how_often_each_has_shown_a_picture(rtsp, snapshots):
    for cameras, kind in ((rtsp, SMALL["h264"].name), (snapshots, SMALL["jpeg"].name)):
        for _ in range(2):
            look(cameras.url("ok", kind, "counted"))

        assert [times for path, times in cameras.shown().items() if "counted" in path] == [2]


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (Behaviour.SILENT, TimedOut),
        (Behaviour.MUTE, TimedOut),
        (Behaviour.UNAUTHORISED, Unauthorised),
        (Behaviour.HTML, NotAnImage),
        (Behaviour.TRUNCATED, NotAnImage),
        (Behaviour.STALE, Stale),
    ],
)
def test_a_bad_snapshot_camera_is_bad_in_its_own_way(snapshots, behaviour, error):
    with pytest.raises(error):
        look(snapshots.url(behaviour, SMALL["jpeg"].name, "a"))


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [(Behaviour.SILENT, TimedOut), (Behaviour.MUTE, TimedOut), (Behaviour.UNAUTHORISED, Unauthorised)],
)
def test_a_bad_stream_is_bad_in_its_own_way(rtsp, behaviour, error):
    with pytest.raises(error):
        look(rtsp.url(behaviour, SMALL["h264"].name, "a"))


def test_an_address_that_no_camera_has_is_not_found(rtsp, snapshots):
    for url in (rtsp.url("ok", "nothing", "a"), snapshots.url("ok", "nothing", "a")):
        with pytest.raises(SourceError, match="404"):
            look(url)


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="needs ffprobe: apt-get install ffmpeg")
@pytest.mark.parametrize("transport", [("-rtsp_transport", "tcp"), ()], ids=["tcp", "udp first"])
def test_ffprobe_reads_the_stream_and_falls_back_to_tcp_when_it_asked_for_udp(rtsp, transport):
    url = rtsp.url("ok", SMALL["h264"].name, "probed")
    asked = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0"]

    probed = subprocess.run([*asked, *transport, url], capture_output=True, text=True, timeout=60, check=False)

    assert probed.stdout.strip() == "h264,704,576"


def test_a_large_unit_goes_in_fragments_that_fit_an_ethernet_frame_and_come_together_again():
    nal = bytes([0x65]) + bytes(range(256)) * 20
    parts = rtp.payloads("h264", b"\0\0\0\1" + nal)

    assert all(len(part) <= 1402 for part in parts)
    assert [part[1] & 0xC0 for part in parts] == [0x80, *[0] * (len(parts) - 2), 0x40]
    assert bytes([parts[0][0] & 0xE0 | parts[0][1] & 0x1F]) + b"".join(part[2:] for part in parts) == nal


def test_packets_are_numbered_and_the_last_of_a_picture_is_marked():
    data = rtp.packets((b"ab", b"c"), sequence=0xFFFF, timestamp=2**32 + 7, source=1)

    assert data == (
        b"$\0\0\x0e\x80\x60\xff\xff\0\0\0\x07\0\0\0\x01ab" + b"$\0\0\x0d\x80\xe0\0\0\0\0\0\x07\0\0\0\x01c"
    )


def test_every_kind_of_feed_has_a_name_of_its_own():
    assert set(KINDS) == {"rtsp_704x576_h264", "rtsp_1080p_h264", "rtsp_1080p_h265", "snapshot_1080p"}
