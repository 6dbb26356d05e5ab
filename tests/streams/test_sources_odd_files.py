"""Odd picture files in a drop folder, through the front door: names, shapes, ends and dates."""

from __future__ import annotations

import os
import struct
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from streams import errors
from streams.capture import Capture
from streams.feed import Feed, Protocol
from streams.source import Limits
from streams.sources import open_source
from streams.visit import Outcome
from tests.servers.clips import jpeg, scene, write_scenes

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def feed_of(path) -> Feed:
    return Feed(id="cam-1", name="Gate", url=str(path), protocol=Protocol.FOLDER, max_age_s=1e9)


def source_of(path, limits=None):
    return open_source(feed_of(path), limits or Limits(), now=lambda: NOW)


def put(folder, data, name: bytes = b"a.jpg"):
    path = folder / os.fsdecode(name)
    path.write_bytes(data)
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))


@pytest.mark.parametrize(
    ("name", "shown"),
    [(b"\xb3\xb5\xc1\xbe.jpg", "车辆.jpg"), (b"\xff\xff.jpg", "\ufffd\ufffd.jpg"), ("街道.jpg".encode(), "街道.jpg")],
    ids=["gbk", "neither", "utf-8"],
)
def test_a_name_that_is_no_utf8_is_read_and_shown_as_text(tmp_path, name, shown):
    put(tmp_path, jpeg(scene()), name)
    frame = source_of(tmp_path).look()
    assert (frame.name, frame.width) == (shown, 320)
    assert [frame.name for frame in source_of(tmp_path).frames()] == [shown]


@pytest.mark.parametrize("name", [b"\xb3\xb5\xc1\xbe.jpg", b"\xff\xff.jpg"], ids=["gbk", "neither"])
def test_a_visits_detail_is_valid_text_whatever_the_file_is_called(tmp_path, name):
    put(tmp_path, b"no picture", name)
    visit, _ = Capture(10, now=lambda: NOW).visit(feed_of(tmp_path), source_of(tmp_path), due_at=NOW)
    assert visit.outcome is Outcome.NOT_AN_IMAGE
    assert visit.detail.encode("utf-8").decode().endswith(".jpg: this is no JPEG, PNG, WebP or BMP picture")


def test_a_detail_is_cleaned_wherever_its_words_came_from():
    class Odd:
        def look(self):
            raise errors.Unreachable("nothing at " + b"\xb3\xb5/\xff".decode("utf-8", "surrogateescape") + " \ud800")

        frames = look

    visit, _ = Capture(10, now=lambda: NOW).visit(feed_of("/x"), Odd(), due_at=NOW)
    assert visit.detail == "nothing at 车/\ufffd ?"


def cut(data: bytes, share: float = 0.5) -> bytes:
    return data[: int(len(data) * share)]


def with_thumbnail(data: bytes) -> bytes:
    """Put a whole small JPEG into an APP1 segment of ``data``."""
    record = b"Exif\0\0" + jpeg(scene(width=64, height=48))
    return data[:2] + b"\xff\xe1" + (len(record) + 2).to_bytes(2, "big") + record + data[2:]


def progressive(**size) -> bytes:
    return cv2.imencode(".jpg", scene(**size), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()


@pytest.mark.parametrize("enough_px", [None, 256])
@pytest.mark.parametrize(
    "make",
    [
        lambda: cut(jpeg(scene(width=1024, height=768))) + b"\xff\xd9",
        lambda: cut(jpeg(scene()), 0.2) + b"\xff\xd9",
        lambda: cut(with_thumbnail(jpeg(scene()))),
        lambda: cut(progressive()),
        lambda: cut(jpeg(scene())) + jpeg(scene(1)),
        lambda: cut(jpeg(scene())) + with_thumbnail(jpeg(scene(1))),
    ],
    ids=["end-appended", "end-appended-early", "thumbnail", "progressive", "another-after", "another-with-thumbnail"],
)
def test_a_cut_jpeg_is_no_picture_however_it_ends(tmp_path, make, enough_px):
    put(tmp_path, make())
    with pytest.raises(errors.NotAnImage, match=r"a\.jpg: the picture is truncated"):
        source_of(tmp_path, Limits(enough_px=enough_px)).look()


def bordered(level: int = 128):
    image = scene(width=1024, height=768)
    image[600:] = level
    return image


@pytest.mark.parametrize("enough_px", [None, 256])
@pytest.mark.parametrize(
    "make",
    [
        lambda: with_thumbnail(jpeg(scene())),
        progressive,
        lambda: jpeg(scene()) + b"junk after the end\xff\xd9",
        lambda: jpeg(bordered()),
        lambda: jpeg(np.full((240, 320, 3), 128, np.uint8)),
        cv2.imencode(".jpg", scene(), [cv2.IMWRITE_JPEG_RST_INTERVAL, 2])[1].tobytes,
    ],
    ids=["thumbnail", "progressive", "junk-after", "grey-bar", "all-grey", "restarts"],
)
def test_a_whole_jpeg_is_a_picture_whatever_else_is_in_it(tmp_path, make, enough_px):
    put(tmp_path, make())
    assert source_of(tmp_path, Limits(enough_px=enough_px)).look().width in {320, 1024, 512, 256}


@pytest.mark.parametrize("size", [(6000, 1), (2, 6000), (15, 20), (20, 1001)])
@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_a_line_is_no_view(tmp_path, size, ending):
    width, height = size
    put(tmp_path, cv2.imencode(ending, np.full((height, width, 3), 90, np.uint8))[1].tobytes())
    with pytest.raises(errors.NotAnImage, match=rf"a\.jpg: the picture is {width}×{height} pixels: no side may be"):
        source_of(tmp_path).look()


def test_a_panorama_is_a_view(tmp_path):
    put(tmp_path, jpeg(scene(width=1600, height=32)))
    assert source_of(tmp_path).look().width == 1600


def test_a_video_that_is_a_line_is_no_view(tmp_path):
    path = write_scenes(tmp_path / "a.mkv", 3, lambda _: np.full((16, 1600, 3), 90, np.uint8), codec="ffv1")
    feed = Feed(id="cam-1", name="Gate", url=str(path), protocol=Protocol.VIDEO)
    with pytest.raises(errors.NotAnImage, match=r"a\.mkv: the video is 1600×16 pixels: no side"):
        open_source(feed, Limits(), now=lambda: NOW).look()


def test_a_date_outside_the_calendar_is_passed_over(tmp_path):
    put(tmp_path, with_date(jpeg(scene()), b"0001:01:01 00:00:00\0", b"+14:00\0"))
    assert source_of(tmp_path).look().captured_at == NOW


def with_date(data: bytes, date: bytes, offset: bytes) -> bytes:
    """Put an EXIF record with DateTimeOriginal and OffsetTimeOriginal into a JPEG."""
    tiff = b"II" + struct.pack("<HIHHHIII", 42, 8, 1, 0x8769, 4, 1, 26, 0)
    tiff += struct.pack("<HHHII", 2, 0x9003, 2, len(date), 56)
    tiff += struct.pack("<HHIII", 0x9011, 2, len(offset), 56 + len(date), 0) + date + offset
    record = b"Exif\0\0" + tiff
    return data[:2] + b"\xff\xe1" + (len(record) + 2).to_bytes(2, "big") + record + data[2:]
