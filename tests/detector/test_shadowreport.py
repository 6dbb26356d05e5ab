"""Comparing two models: by hand-made looks whose answer is plain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from detector.detection import Detection
from detector.shadow import ShadowLook
from detector.shadowreport import ENOUGH, Tally, compare

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)


def seen(label: str, x: float = 0, score: float = 0.9) -> Detection:
    return Detection(label, score, (x, 0, x + 100, 100), "m")


def look(serving=(), shadow=(), *, feed="cam", minute=0, serving_ms=None) -> ShadowLook:
    at = NOON + timedelta(minutes=minute)
    return ShadowLook(feed, at, 704, 576, "old@1", "new@2", tuple(serving), tuple(shadow), 20.0, serving_ms)


def floor(label: str) -> float | None:
    return {"garbage": 0.4, "ad": 0.4}.get(label)


def test_the_same_thing_is_one_finding_of_both_and_the_rest_is_each_one_s_own():
    compared = compare(
        [look([seen("garbage"), seen("ad", 200)], [seen("garbage", 20), seen("garbage", 400)])],
        serving=floor,
        shadow=floor,
    )

    assert compared.by_label == {
        "ad": Tally(only_serving=1),
        "garbage": Tally(both=1, only_shadow=1),
    }
    assert compared.total.agreement == pytest.approx(1 / 3)


def test_boxes_that_overlap_too_little_or_mean_something_else_do_not_agree():
    compared = compare([look([seen("garbage")], [seen("garbage", 40), seen("ad")])], serving=floor, shadow=floor)

    assert compared.total == Tally(only_serving=1, only_shadow=2)


def test_each_model_has_its_own_floor_and_context_never_counts():
    looks = [look([seen("garbage", score=0.5), seen("person")], [seen("garbage", score=0.5), seen("person", 300)])]

    compared = compare(looks, serving=floor, shadow=lambda label: 0.6 if label == "garbage" else None)

    assert compared.by_label == {"garbage": Tally(only_serving=1)}


def test_two_findings_of_one_model_never_share_a_partner():
    compared = compare([look([seen("ad", 0), seen("ad", 10)], [seen("ad", 5)])], serving=floor, shadow=floor)

    assert compared.total == Tally(both=1, only_serving=1)


def test_feeds_that_differ_most_come_first_and_cost_is_the_median():
    looks = [
        look([seen("ad")], [seen("ad")], feed="calm", serving_ms=30.0),
        look([seen("ad")], [], feed="odd", serving_ms=50.0),
        look([seen("ad")], [], feed="odd", minute=1, serving_ms=31.0),
        look([], [seen("ad")], feed="new"),
    ]

    compared = compare(looks, serving=floor, shadow=floor)

    assert list(compared.by_feed) == ["odd", "new", "calm"]
    assert (compared.looks, compared.feeds, compared.serving_ms, compared.shadow_ms) == (4, 3, 31.0, 20.0)


@pytest.mark.parametrize(("findings", "enough"), [(0, False), (ENOUGH - 1, False), (ENOUGH, True)])
def test_there_is_enough_when_a_share_is_known_to_five_points(findings, enough):
    looks = [look([seen("ad")], [seen("ad")], minute=minute) for minute in range(findings)]

    compared = compare(looks, serving=floor, shadow=floor)

    assert compared.enough is enough
    assert (compared.margin <= 0.05) is enough
