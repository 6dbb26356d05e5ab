"""Whoever asks for tiles is told what they cost."""

from __future__ import annotations

from api.looks import tiled_looks
from configs.feeds import FeedSettings


def feed(name, **more):
    return FeedSettings(id=name, url="rtsp://192.0.2.1/a", **more)


def test_each_tiling_is_told_with_its_feeds_and_looks() -> None:
    feeds = [feed("a", tiles="2x2"), feed("b"), feed("c", tiles="2x2"), feed("d", tiles="3x1")]

    assert list(tiled_looks(feeds)) == [
        "tiles 2x2 of a, c: each visit takes 5 looks of the model instead of one",
        "tiles 3x1 of d: each visit takes 4 looks of the model instead of one",
    ]


def test_many_feeds_are_counted_and_those_switched_off_left_out() -> None:
    feeds = [feed(f"f{number}", tiles="2x1") for number in range(7)] + [feed("off", tiles="2x1", enabled=False)]

    (told,) = tiled_looks(feeds)

    assert "f4 and 2 more: each visit takes 3 looks" in told
