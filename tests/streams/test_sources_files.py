"""Folders of pictures and video files, through the front door."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from streams import errors
from streams.feed import Feed, Protocol
from streams.source import Limits
from streams.sources import open_source, protocol_of
from tests.servers.clips import huge_jpeg, huge_png, jpeg, scene, with_exif, write_clip, write_scenes, write_sound

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def source_of(path, *, limits=None, **feed):
    made = Feed(id="cam-1", name="Gate", url=str(path), protocol=protocol_of(str(path)), **feed)
    return open_source(made, limits or Limits(), now=lambda: NOW)


def put(path, data=None, *, age_s=0.0, number=0):
    path.write_bytes(jpeg(scene(number)) if data is None else data)
    moment = (NOW - timedelta(seconds=age_s)).timestamp()
    os.utime(path, (moment, moment))
    return path


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("rtsp://10.0.0.1/1", Protocol.RTSP),
        ("RTSPS://10.0.0.1/1", Protocol.RTSP),
        ("http://10.0.0.1/snap.jpg", Protocol.SNAPSHOT),
        ("https://10.0.0.1/index/api/getSnap?url=rtsp://x/live.flv", Protocol.SNAPSHOT),
        ("http://10.0.0.1/rtp/34020000001320000001.live.flv?callId=1", Protocol.STREAM),
        ("http://10.0.0.1/rtp/34020000001320000001/hls.m3u8", Protocol.STREAM),
        ("http://10.0.0.1/video.mjpg", Protocol.STREAM),
        ("clips/none.mp4", Protocol.VIDEO),
        ("clips/none.JPG", Protocol.FOLDER),
    ],
)
def test_the_protocol_is_told_from_the_url(url, protocol):
    assert protocol_of(url) is protocol


def test_what_lies_on_disk_and_what_is_written_decide(tmp_path):
    assert protocol_of(str(tmp_path)) is Protocol.FOLDER
    assert protocol_of(str(put(tmp_path / "一.png"))) is Protocol.FOLDER
    assert protocol_of("http://10.0.0.1/x", "stream") is Protocol.STREAM


def test_an_unknown_scheme_is_refused_without_its_password():
    with pytest.raises(ValueError, match=r"ftp:// is not supported; use rtsp://") as caught:
        protocol_of("ftp://me:hush@10.0.0.1/x")
    assert "hush" not in str(caught.value)


def test_the_newest_picture_is_taken_with_its_own_time(tmp_path):
    put(tmp_path / "b.jpg", age_s=30, number=1)
    put(tmp_path / "a.jpg", age_s=10, number=2)
    put(tmp_path / "notes.txt", b"newer", age_s=0)
    frame = source_of(tmp_path).look()
    assert (frame.name, frame.captured_at) == ("a.jpg", NOW - timedelta(seconds=10))


def test_an_old_newest_picture_is_stale(tmp_path):
    put(tmp_path / "a.jpg", age_s=61)
    with pytest.raises(errors.Stale, match=r"a\.jpg, is 61 s old, more than the 60 s allowed; set replay"):
        source_of(tmp_path, max_age_s=60).look()


def test_while_the_newest_is_still_coming_in_the_one_before_is_taken(tmp_path):
    put(tmp_path / "whole.jpg", age_s=20)
    put(tmp_path / "coming.jpg", jpeg(scene(1))[:3000])
    assert source_of(tmp_path).look().name == "whole.jpg"


def test_a_lone_broken_picture_is_told(tmp_path):
    put(tmp_path / "a.jpg", jpeg(scene())[:3000])
    with pytest.raises(errors.NotAnImage, match=r"a\.jpg: the picture is truncated"):
        source_of(tmp_path).look()


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("a.jpg", lambda: b"", "0 bytes"),
        ("a.jpg", lambda: b"hello, this is text", "no JPEG, PNG, WebP or BMP"),
        ("a.jpg", lambda: jpeg(scene())[:30], "truncated inside its header"),
        ("a.jpg", huge_jpeg, "20000×20000 pixels, more than"),
        ("a.png", huge_png, "20000×20000 pixels, more than"),
        ("a.png", lambda: cv2.imencode(".png", scene())[1].tobytes()[:-100], "truncated"),
        ("a.webp", lambda: cv2.imencode(".webp", scene())[1].tobytes()[:-100], "truncated"),
        ("a.bmp", lambda: cv2.imencode(".bmp", scene())[1].tobytes()[:-100], "truncated"),
        ("a.jpg", lambda: bytes(3_000_000), "3000000 bytes, more than the 2000000 allowed"),
    ],
)
def test_what_is_no_picture_is_told_with_its_name(tmp_path, name, make, words):
    put(tmp_path / name, make())
    with pytest.raises(errors.NotAnImage, match=words) as caught:
        source_of(tmp_path, limits=Limits(max_bytes=2_000_000)).look()
    assert name in str(caught.value)


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".bmp"])
def test_every_kind_is_read_with_its_size_checked_first(tmp_path, ending):
    put(tmp_path / f"a{ending}", cv2.imencode(ending, scene(width=311, height=203))[1].tobytes())
    assert source_of(tmp_path).look().image.shape == (203, 311, 3)
    with pytest.raises(errors.NotAnImage, match="311×203 pixels, more than the 60000 allowed"):
        source_of(tmp_path, limits=Limits(max_pixels=60_000)).look()


@pytest.mark.parametrize("quality", [80, 101], ids=["lossy", "lossless"])
def test_both_webp_forms_tell_their_size(tmp_path, quality):
    data = cv2.imencode(".webp", scene(width=311, height=203), [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()
    put(tmp_path / "a.webp", data)
    with pytest.raises(errors.NotAnImage, match="311×203"):
        source_of(tmp_path, limits=Limits(max_pixels=60_000)).look()


@pytest.mark.parametrize(("empty", "error"), [(True, errors.NotAnImage), (False, errors.Unreachable)])
def test_an_empty_and_a_missing_folder(tmp_path, empty, error):
    folder = tmp_path / "drop"
    folder.mkdir()
    source = source_of(folder)
    if not empty:
        folder.rmdir()
    with pytest.raises(error, match="drop: no"):
        source.look()


def test_replay_plays_round_and_round_in_name_order_as_if_taken_now(tmp_path):
    for number, name in enumerate(("10.jpg", "20.jpg", "30.jpg")):
        put(tmp_path / name, age_s=9999, number=number)
    source = source_of(tmp_path, replay=True)
    looks = [source.look() for _ in range(4)]
    assert [frame.name for frame in looks] == ["10.jpg", "20.jpg", "30.jpg", "10.jpg"]
    assert {frame.captured_at for frame in looks} == {NOW}


def test_frames_of_a_folder_in_name_order_with_unicode_names(tmp_path):
    folder = tmp_path / "图片 文件夹"
    folder.mkdir()
    for number, name in enumerate(("一号.jpg", "b.PNG", "a b.jpg")):
        put(folder / name, age_s=100, number=number)
    frames = list(source_of(folder).frames())
    assert [(frame.index, frame.name) for frame in frames] == [(0, "a b.jpg"), (1, "b.PNG"), (2, "一号.jpg")]
    assert frames[0].captured_at == NOW - timedelta(seconds=100)


def test_broken_pictures_do_not_stop_the_run_and_are_all_named_at_the_end(tmp_path):
    for number, name in enumerate(("a.jpg", "c.jpg", "e.jpg")):
        put(tmp_path / name, number=number)
    put(tmp_path / "b.jpg", b"")
    put(tmp_path / "d.jpg", b"text, not a picture")
    seen = []
    with pytest.raises(errors.NotAnImage, match=r"2 of the pictures could not be read: .*b\.jpg.*; .*d\.jpg"):
        seen.extend(source_of(tmp_path).frames())
    assert [frame.name for frame in seen] == ["a.jpg", "c.jpg", "e.jpg"]


@pytest.mark.parametrize(("order", "mark"), [("<", b"II"), (">", b"MM")])
@pytest.mark.parametrize(("offset", "expected"), [("+08:00", datetime(2026, 2, 1, 4, tzinfo=UTC)), (None, NOW)])
def test_a_picture_says_when_it_was_taken_only_with_its_offset_from_utc(tmp_path, order, mark, offset, expected):
    put(tmp_path / "a.jpg", with_exif(jpeg(scene()), order, mark, offset=offset))
    assert next(source_of(tmp_path).frames()).captured_at == expected


def test_rubbish_where_exif_should_be_is_passed_over(tmp_path):
    data = with_exif(jpeg(scene()), "<", b"II", offset="+08:00")
    put(tmp_path / "a.jpg", data.replace(b"2026:02", b"XXXX:99"))
    assert next(source_of(tmp_path).frames()).captured_at == NOW


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "巡查 10:30.mp4"
    write_scenes(path, 40, gop=10, metadata={"creation_time": "2025-05-06T07:08:09.000000Z"})
    return path


def brightness_of(number):
    return np.full((240, 320, 3), 30 + number * 4, np.uint8)


def test_key_frames_of_a_video_carry_the_recordings_time(clip):
    frames = list(source_of(clip).frames())
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    began = datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert [frame.captured_at - began for frame in frames] == [timedelta(seconds=second) for second in range(4)]
    assert all(cv2.absdiff(frame.image, scene(number * 10)).mean() < 8 for number, frame in enumerate(frames))


def test_frames_of_a_video_each_so_many_media_seconds(tmp_path):
    path = write_clip(
        tmp_path / "a.mp4", map(brightness_of, range(40)), metadata={"creation_time": "2025-05-06T07:08:09Z"}
    )
    for every_s, numbers in (
        (0.5, range(0, 40, 5)),
        (0.1, range(40)),
        (0.25, [0, 3, 5, 8, 10, 13, 15, 18, 20]),
        (9, [0]),
    ):
        frames = list(source_of(path).frames(every_s))
        seen = [round((frame.image[..., 1].mean() - 29) / 4) for frame in frames]
        assert seen[: len(numbers)] == list(numbers)
        assert frames[-1].captured_at - frames[0].captured_at == timedelta(seconds=seen[-1] / 10)


def test_a_video_without_a_date_takes_the_files(tmp_path):
    path = write_scenes(tmp_path / "a.mp4", 10)
    moment = (NOW - timedelta(hours=5)).timestamp()
    os.utime(path, (moment, moment))
    assert source_of(path).look().captured_at == NOW - timedelta(hours=5)


def test_a_step_of_nothing_is_refused(clip):
    with pytest.raises(ValueError, match="every_s must be more than 0"):
        next(source_of(clip).frames(0))


@pytest.mark.parametrize(
    ("codec", "ending"), [("libx264", ".mp4"), ("libx265", ".mp4"), ("mjpeg", ".avi"), ("libx264", ".mkv")]
)
def test_a_replayed_video_plays_its_key_frames_round_and_round(tmp_path, codec, ending):
    path = write_scenes(tmp_path / f"a{ending}", 30, gop=10, codec=codec)
    source = source_of(path, replay=True)
    count = len(list(source_of(path).frames()))
    looks = [source.look() for _ in range(count + 1)]
    assert count >= 3
    assert len({frame.digest for frame in looks}) == count
    assert looks[-1].digest == looks[0].digest
    assert {frame.captured_at for frame in looks} == {NOW}


def test_a_video_cut_short_gives_its_good_frames_and_then_says_so(tmp_path):
    whole = write_scenes(tmp_path / "whole.mkv", 60, gop=10).read_bytes()
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole[: len(whole) // 2])
    seen = []
    with pytest.raises(errors.NotAnImage, match=r"cut\.mkv: it breaks off at \d\.\d s of 6\.0 s"):
        seen.extend(source_of(path).frames())
    assert 2 <= len(seen) < 6


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("text.mp4", lambda path: path.write_text("not a video"), "no video that can be read"),
        ("empty.mp4", lambda path: path.write_bytes(b""), "no video that can be read"),
        ("sound.mp4", write_sound, "sound in it but no video"),
        (
            "cut.mp4",
            lambda path: path.write_bytes(write_scenes(path).read_bytes()[:-2000]),
            "no video that can be read",
        ),
    ],
)
@pytest.mark.parametrize("replay", [False, True])
def test_what_is_no_video_is_told_with_its_name(tmp_path, name, make, words, replay):
    make(tmp_path / name)
    source = source_of(tmp_path / name, replay=replay)
    for ask in (source.look, lambda: list(source.frames())):
        with pytest.raises(errors.NotAnImage, match=words) as caught:
            ask()
        assert name in str(caught.value)


def test_a_missing_video_is_unreachable(tmp_path):
    with pytest.raises(errors.Unreachable, match=r"none\.mp4: no such file"):
        source_of(tmp_path / "none.mp4").look()


def test_a_larger_video_than_allowed_is_refused(clip):
    with pytest.raises(errors.NotAnImage, match="320×240 pixels, more than the 10000 allowed"):
        source_of(clip, limits=Limits(max_pixels=10_000)).look()
