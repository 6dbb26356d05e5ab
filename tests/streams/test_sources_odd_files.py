"""Odd picture files in a drop folder, through the front door: names, shapes, ends and dates."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest

from streams import errors
from streams.capture import Capture
from streams.feed import Feed, Protocol
from streams.source import Limits
from streams.sources import open_source
from streams.visit import Outcome
from tests.servers.clips import jpeg, scene

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
