"""Live streams, through the front door, against GStreamer's RTSP server and real HTTP-FLV and HLS files."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import av
import cv2
import numpy as np
import pytest

from streams import errors
from streams.feed import Feed
from streams.source import Limits
from streams.sources import open_source, protocol_of
from tests.servers.camera import PASSWORD, USER, Camera
from tests.servers.clips import jpeg, scene, write_scenes
from tests.servers.rtsp import RtspServer

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LIMITS = Limits(open_timeout_s=8, read_timeout_s=8)
QUICK = Limits(open_timeout_s=0.8, read_timeout_s=0.8)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fixed-camera")
    for number in range(2):
        (folder / f"{number}.jpg").write_bytes(jpeg(scene(number, width=640, height=360)))
    return folder


@pytest.fixture(scope="module")
def rtsp(pictures) -> Iterator[RtspServer]:
    with RtspServer({"street": pictures}) as server:
        yield server


@pytest.fixture(scope="module")
def http(tmp_path_factory) -> Iterator[Camera]:
    folder = tmp_path_factory.mktemp("http-streams")
    write_scenes(folder / "live.flv")
    write_scenes(folder / "live.m3u8")
    with Camera(folder) as camera:
        yield camera


def source_of(url, *, limits=LIMITS, **feed):
    made = Feed(id="cam-1", name="Gate", url=url, protocol=protocol_of(url, feed.pop("written", "auto")), **feed)
    return open_source(made, limits, now=lambda: NOW)


def clock_in(image) -> float:
    """Return the time of day, in seconds, that the RTSP server wrote into the picture.

    OpenCV's plain detector leaves 8 in 1,000 of such codes unread, the one after ArUco none of 3,000.
    """
    corner = image[: image.shape[0] // 2, : image.shape[1] // 2]
    return float(cv2.QRCodeDetectorAruco().detectAndDecode(corner)[0])


@pytest.mark.parametrize(
    ("mount", "shape", "transport"),
    [
        ("h264", (576, 704, 3), "tcp"),
        ("h264_1080p", (1080, 1920, 3), "tcp"),
        ("h265", (576, 704, 3), "tcp"),
        ("slices", (576, 704, 3), "tcp"),
        ("h264", (576, 704, 3), "udp"),
        ("h265", (576, 704, 3), "udp"),
    ],
)
def test_a_look_brings_a_whole_fresh_picture(rtsp, mount, shape, transport):
    before = time.time()
    frame = source_of(rtsp.url(mount), transport=transport).look()
    assert frame.image.shape == shape
    assert frame.captured_at == NOW
    assert before - 1.5 < clock_in(frame.image) <= time.time()
    colour_bars = frame.image[shape[0] * 6 // 10, :: shape[1] // 14].max(axis=1)
    assert colour_bars.min() > 150, "the lower half is there, too"


def test_two_looks_differ_and_two_looks_at_a_frozen_stream_do_not(rtsp):
    moving, frozen = source_of(rtsp.url("h264")), source_of(rtsp.url("frozen"))
    assert moving.look().digest != moving.look().digest
    assert frozen.look().digest == frozen.look().digest


def test_a_fixed_camera_shows_what_it_is_turned_to(rtsp, pictures):
    source = source_of(rtsp.url("street"))
    for number in (1, 0):
        rtsp.show("street", number)
        image, shown = source.look().image, cv2.imread(str(pictures / f"{number}.jpg"))
        difference = cv2.absdiff(image[120:], shown[120:]).mean()
        assert difference < 12


def test_credentials_are_used_by_digest_even_with_reserved_characters(rtsp):
    assert source_of(rtsp.guarded_url("h264")).look().width == 704


@pytest.mark.parametrize(
    ("mount", "error", "words"),
    [
        ("nothing_here", errors.Unreachable, "404"),
        ("audio", errors.NotAnImage, "sound in it but no video"),
        ("no_key", errors.TimedOut, "no key frame came within 0.8 s"),
        ("silent", errors.TimedOut, "no picture within 0.8 s"),
    ],
)
def test_a_stream_without_a_picture_is_told_in_one_sentence(rtsp, mount, error, words):
    with pytest.raises(error, match=words):
        source_of(rtsp.url(mount), limits=QUICK).look()


def test_a_wrong_password_is_unauthorised_and_named_nowhere(rtsp):
    with pytest.raises(errors.Unauthorised, match="check the feed's user and password") as caught:
        source_of(rtsp.guarded_url("h264", "admin", "hush-hush")).look()
    text = f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
    assert "hush" not in text
    assert "admin" not in text
    assert caught.value.__suppress_context__, "FFmpeg's own error carries the URL"


def test_a_larger_video_than_allowed_is_refused(rtsp):
    with pytest.raises(errors.NotAnImage, match="704×576 pixels, more than the 100000 allowed"):
        source_of(rtsp.url("h264"), limits=Limits(8, 8, max_pixels=100_000)).look()


def test_frames_of_a_live_stream_come_until_it_ends(rtsp):
    seen = []
    with pytest.raises(errors.NotAnImage, match="has ended"):
        seen.extend(source_of(rtsp.url("stops")).frames(every_s=0.5))
    assert [frame.index for frame in seen] == [0, 1]


def test_one_frame_of_a_live_stream_without_a_step(rtsp):
    assert len(list(source_of(rtsp.url("h264")).frames())) == 1


def test_frames_of_a_live_stream_can_be_closed(rtsp):
    frames = source_of(rtsp.url("h264")).frames(every_s=0.1)
    assert next(frames).width == 704
    frames.close()


def test_a_server_that_accepts_and_says_nothing_is_timed_out():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        for scheme, end in (("rtsp", ""), ("http", ".flv")):
            with pytest.raises(errors.TimedOut, match=r"0\.8 s"):
                source_of(f"{scheme}://127.0.0.1:{mute.getsockname()[1]}/live{end}", limits=QUICK).look()


def test_a_server_that_talks_something_else_gives_no_picture():
    with socket.create_server(("127.0.0.1", 0)) as other:
        threading.Thread(target=_answer_rubbish, args=(other,), daemon=True).start()
        with pytest.raises((errors.NotAnImage, errors.Unreachable)):
            source_of(f"rtsp://127.0.0.1:{other.getsockname()[1]}/1", limits=LIMITS).look()


def _answer_rubbish(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


@pytest.mark.parametrize("url", ["rtsp://127.0.0.1:{}/1", "http://127.0.0.1:{}/live.flv"])
def test_nobody_listening_is_unreachable(url):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(errors.Unreachable, match=r"(?i)refused; check the address and that the camera is on$"):
            source_of(url.format(held.getsockname()[1])).look()


def test_a_host_without_an_address_is_unreachable():
    with pytest.raises(errors.Unreachable, match=r"no-such-camera\.invalid"):
        source_of("rtsp://no-such-camera.invalid/1").look()


@pytest.mark.parametrize("path", ["/live.flv", "/live.m3u8"])
def test_flv_and_hls_bring_a_picture(http, path):
    frame = source_of(http.url(path)).look()
    assert frame.image.shape == (240, 320, 3)
    assert frame.captured_at == NOW


def test_a_live_playlist_is_entered_at_its_newest_segment(tmp_path):
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:7"]
    for number in range(5):
        write_scenes(tmp_path / f"{number}.ts", 10, draw=lambda _, number=number: scene(number))
        lines += ["#EXT-X-DISCONTINUITY", "#EXTINF:1.0,", f"{number}.ts"]
    (tmp_path / "live.m3u8").write_text("\n".join([*lines, ""]))
    with Camera(tmp_path) as camera:
        image = source_of(camera.url("/live.m3u8")).look().image
    assert cv2.absdiff(image, scene(4)).mean() < cv2.absdiff(image, scene(3)).mean()
    assert [path for path, _ in camera.requests if path.endswith(".ts")] == ["/4.ts"]


def test_a_running_multipart_stream_brings_a_picture(http):
    assert source_of(http.url("/multipart"), written="stream").look().width == 320


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/none.flv", errors.Unreachable, "404"),
        ("/401", errors.Unauthorised, "401"),
        ("/403", errors.Unauthorised, "403"),
        ("/500", errors.Unreachable, "5XX"),
        ("/html", errors.NotAnImage, "no video that can be read"),
        ("/never.jpg", errors.TimedOut, "0.8 s"),
    ],
)
def test_an_http_stream_without_a_picture_is_told_in_one_sentence(http, path, error, words):
    with pytest.raises(error, match=words) as caught:
        source_of(http.url(path, USER, PASSWORD), limits=QUICK, written="stream").look()
    assert USER not in str(caught.value)


def test_the_resolution_may_change_between_visits(tmp_path):
    with Camera(tmp_path) as camera:
        source = source_of(camera.url("/live.flv"))
        write_scenes(tmp_path / "live.flv", draw=lambda number: scene(number, width=320, height=240))
        assert source.look().image.shape == (240, 320, 3)
        write_scenes(tmp_path / "live.flv", draw=lambda number: scene(number, width=640, height=480))
        assert source.look().image.shape == (480, 640, 3)


def test_a_grey_first_key_frame_is_passed_over_once(tmp_path):
    grey = np.full((240, 320, 3), 128, np.uint8)
    with Camera(tmp_path) as camera:
        write_scenes(tmp_path / "live.flv", draw=lambda number: grey if number < 10 else scene(number))
        assert source_of(camera.url("/live.flv")).look().image.std() > 30


def test_a_stream_that_stays_grey_is_handed_on_as_it_is(tmp_path):
    """That the view is covered is for Sight to say."""
    grey = np.full((240, 320, 3), 128, np.uint8)
    with Camera(tmp_path) as camera:
        for count in (5, 30):
            write_scenes(tmp_path / "live.flv", count, draw=lambda _: grey)
            assert source_of(camera.url("/live.flv")).look().image.std() < 5


def spoilt(clip, *key_frames):
    """Overwrite the content of the given key frames (10 frames apart) of an MPEG transport stream."""
    data = bytearray(clip.read_bytes())
    with av.open(str(clip)) as container:
        sizes = [
            (packet.pos, packet.size) for packet in container.demux(video=0) if packet.is_keyframe and packet.size
        ]
    for number in key_frames:
        start, size = sizes[number]
        for at in range(start + 188 * 3, start + size, 188):
            data[at + 40 : at + 188] = bytes(148)
    return bytes(data)


def test_a_broken_first_key_frame_is_passed_over_once(tmp_path):
    clip = write_scenes(tmp_path / "whole.ts")
    (tmp_path / "broken.live.ts").write_bytes(spoilt(clip, 0, 1))
    with Camera(tmp_path) as camera:
        image = source_of(camera.url("/broken.live.ts")).look().image
    assert cv2.absdiff(image, scene(20)).mean() < 8, "the third; the first is not even recognised as one"


def test_broken_pictures_only_are_told(tmp_path):
    clip = write_scenes(tmp_path / "whole.ts")
    (tmp_path / "broken.live.ts").write_bytes(spoilt(clip, 0, 1, 2))
    with Camera(tmp_path) as camera, pytest.raises(errors.NotAnImage, match="only broken pictures came"):
        source_of(camera.url("/broken.live.ts")).look()


def test_a_playlist_cannot_make_us_read_files_of_this_machine(tmp_path):
    secret = write_scenes(tmp_path / "private.ts")
    served = tmp_path / "served"
    served.mkdir()
    lines = ("#EXTM3U", "#EXT-X-TARGETDURATION:3", "#EXTINF:3.0,", f"file://{secret}", "#EXT-X-ENDLIST", "")
    (served / "live.m3u8").write_text("\n".join(lines))
    with Camera(served) as camera, pytest.raises(errors.SourceError):
        source_of(camera.url("/live.m3u8"), limits=QUICK).look()
