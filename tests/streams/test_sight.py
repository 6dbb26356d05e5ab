"""Whether a frame sees the street."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from streams.feed import Feed, Protocol
from streams.fingerprint import sampled
from streams.frame import Frame
from streams.sight import Sight, light_of
from streams.visit import Outcome
from tests.servers.clips import scene

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
FEED = Feed(id="cam-1", name="Gate", url="rtsp://10.0.0.1/1", protocol=Protocol.RTSP, max_age_s=60)
OTHER = Feed(id="cam-2", name="Park", url="rtsp://10.0.0.2/1", protocol=Protocol.RTSP, max_age_s=60)
STILLS = Path(__file__).parents[2].parent / "shared" / "samples" / "stills"


def sight(**options):
    return Sight(now=lambda: NOW, **options)


def frame(image=None, *, digest="d", age_s=0.0):
    return Frame(scene() if image is None else image, NOW - timedelta(seconds=age_s), digest)


def noise(level, sigma, shape=(576, 704, 3)):
    return np.random.default_rng(7).normal(level, sigma, shape).clip(0, 255).astype(np.uint8)


def stills():
    if not STILLS.is_dir():
        pytest.skip("../shared/samples/stills is not here")
    return [cv2.imread(str(path)) for path in sorted(STILLS.glob("*.jpg"))]


def test_a_clear_picture_sees():
    assert sight().judge(FEED, frame()) == (Outcome.OK, "")


def test_every_street_still_sees():
    pictures = stills()
    judged = [sight().judge(FEED, frame(picture))[0] for picture in pictures]
    assert pictures
    assert set(judged) == {Outcome.OK}


def test_every_street_still_without_light_is_dark():
    judged = [sight().judge(FEED, frame((still * 0.06).astype(np.uint8)))[0] for still in stills()]
    assert set(judged) == {Outcome.DARK}


def test_every_street_still_behind_a_hand_is_blocked():
    """A covered lens mixes a twentieth of the scene into an even grey with sensor noise."""
    covered = [still * 0.05 + noise(90, 12, still.shape) * 0.95 for still in stills()]
    judged = [sight().judge(FEED, frame(picture.astype(np.uint8)))[0] for picture in covered]
    assert set(judged) == {Outcome.BLOCKED}


@pytest.mark.parametrize("sigma", [0, 5, 15, 25])
@pytest.mark.parametrize("level", [60, 128, 220])
def test_an_even_picture_is_blocked_however_noisy(level, sigma):
    outcome, detail = sight().judge(FEED, frame(noise(level, sigma)))
    assert outcome is Outcome.BLOCKED
    assert "contrast" in detail


def test_a_clock_written_into_a_covered_view_does_not_make_it_see():
    image = noise(90, 5)
    cv2.putText(image, "2026-03-01 08:00:00", (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (255, 255, 255), 2)
    assert sight().judge(FEED, frame(image))[0] is Outcome.BLOCKED


def test_a_lamp_in_the_night_is_still_dark_and_a_lit_street_is_not():
    night = noise(6, 3)
    cv2.circle(night, (350, 100), 30, (255, 255, 255), -1)
    assert sight().judge(FEED, frame(night))[0] is Outcome.DARK
    cv2.rectangle(night, (100, 300), (600, 560), (90, 110, 120), -1)
    assert sight().judge(FEED, frame(night))[0] is Outcome.OK


@pytest.mark.parametrize(
    ("age_s", "outcome"),
    [
        (0, Outcome.OK),
        (60, Outcome.OK),
        (61, Outcome.STALE),
        (-60, Outcome.OK),
        (-61, Outcome.STALE),
    ],
)
def test_too_old_and_from_the_future_are_stale(age_s, outcome):
    assert sight().judge(FEED, frame(age_s=age_s))[0] is outcome


def test_the_same_picture_so_many_times_in_a_row_is_frozen():
    judge = sight(frozen_after=3)
    assert [judge.judge(FEED, frame(digest="same"))[0] for _ in range(4)] == [
        Outcome.OK,
        Outcome.OK,
        Outcome.FROZEN,
        Outcome.FROZEN,
    ]


def test_another_picture_ends_the_run_and_feeds_are_counted_apart():
    judge = sight(frozen_after=2)
    for feed, digest in ((FEED, "a"), (OTHER, "a"), (FEED, "b"), (FEED, "a"), (OTHER, "b")):
        assert judge.judge(feed, frame(digest=digest))[0] is Outcome.OK
    assert judge.judge(OTHER, frame(digest="b"))[0] is Outcome.FROZEN


def test_the_same_bytes_from_two_feeds_of_a_host_are_a_gateways_and_not_a_cameras():
    judge = sight().judge
    first, second, elsewhere = (
        Feed(f"cam-{number}", "Gate", f"http://u:p@{host}/snap?channel={number}", Protocol.SNAPSHOT)
        for number, host in enumerate(("10.0.0.9", "10.0.0.9", "10.0.0.8"))
    )
    assert judge(first, frame(digest="logo"))[0] is Outcome.OK
    outcome, sentence = judge(second, frame(digest="logo"))
    assert outcome is Outcome.STALE
    assert sentence.startswith("the very same picture came from feed cam-0, which has the same host")
    assert judge(elsewhere, frame(digest="logo"))[0] is Outcome.OK
    assert judge(second, frame(digest="a street"))[0] is Outcome.OK
    assert judge(OTHER, frame(digest="logo"))[0] is Outcome.OK


def test_the_run_goes_on_over_a_restart():
    before = sight(frozen_after=3)
    for _ in range(2):
        before.judge(FEED, frame(digest="same"))
    after = sight(frozen_after=3)
    after.restore(json.loads(json.dumps(before.state())))
    assert after.judge(FEED, frame(digest="same"))[0] is Outcome.FROZEN
    assert after.state() == {"cam-1": ("same", 3)}


def test_a_stale_picture_still_counts_for_the_run():
    judge = sight(frozen_after=2)
    assert judge.judge(FEED, frame(digest="same", age_s=99))[0] is Outcome.STALE
    assert judge.judge(FEED, frame(digest="same"))[0] is Outcome.FROZEN


@pytest.mark.parametrize("shape", [(1, 1, 3), (2000, 3, 3), (3, 2000, 3), (2160, 3840, 3)])
def test_any_shape_can_be_measured(shape):
    light = light_of(sampled(np.full(shape, 100, np.uint8)))
    assert light.bright == pytest.approx(100)
    assert light.spread == pytest.approx(0)
