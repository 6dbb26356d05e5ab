"""Which detections of a view count."""

from __future__ import annotations

from datetime import time

import numpy as np
import pytest

from configs.feeds import ZoneSettings
from configs.matters import Matter, Names, Rule
from gridmap.errors import GridmapError
from gridmap.zone import Anchor, Reason, Ruling, Zone, ZoneSet

NOON, NIGHT = time(12), time(23)
LEFT = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
TOP = [[0, 0], [1, 0], [1, 0.5], [0, 0.5]]
ALL = [[0, 0], [1, 0], [1, 1], [0, 1]]


def matter(key="exposed_garbage", **rule):
    return Matter(key=key, names=Names(zh="暴露垃圾", en="Exposed garbage"), rule=Rule(**rule))


def zone(polygon=LEFT, **keys):
    return Zone.of(ZoneSettings.model_validate({"name": "zone", "polygon": polygon, **keys}))


def box(x, y, *, width=0.1, height=0.1):
    """Return a box by its bottom centre."""
    return (x - width / 2, y - height, x + width / 2, y)


IN_LEFT, IN_RIGHT = box(0.2, 0.8), box(0.8, 0.8)


def ruling(*zones, at=IN_LEFT, score=0.9, of=None, moment=NOON):
    (only,) = ZoneSet(zones).judge(np.array([at]), [score], [of or matter()], moment=moment)
    return only


def test_without_zones_the_whole_view_counts_by_the_matters_rule():
    assert ruling(of=matter(dwell_s=180)) == Ruling(Reason.COUNTS, dwell_s=180)


@pytest.mark.parametrize(
    ("score", "reason"), [(0.34, Reason.LOW_SCORE), (0.35, Reason.COUNTS)]
)  # fmt: skip
def test_the_rules_score_is_the_least_that_counts(score, reason):
    assert ruling(score=score, of=matter(min_score=0.35)).reason is reason


@pytest.mark.parametrize(("side", "reason"), [(0.19, Reason.SMALL), (0.21, Reason.COUNTS)])
def test_the_rules_size_is_a_share_of_the_picture(side, reason):
    assert ruling(at=box(0.5, 0.5, width=side, height=side), of=matter(min_size=0.04)).reason is reason


def test_an_include_zone_leaves_out_what_is_not_in_it():
    assert ruling(zone()).counts
    assert ruling(zone(), at=IN_RIGHT) == Ruling(Reason.OUTSIDE)


def test_an_exclude_zone_leaves_out_what_is_in_it():
    assert ruling(zone(kind="exclude")) == Ruling(Reason.EXCLUDED, "zone")
    assert ruling(zone(kind="exclude"), at=IN_RIGHT).counts


def test_an_exclude_zone_wins_over_an_include_zone():
    assert ruling(zone(ALL), zone(kind="exclude")).reason is Reason.EXCLUDED


@pytest.mark.parametrize("kind", ["include", "exclude"])
def test_zones_speak_only_of_their_matters(kind):
    other = zone(kind=kind, matters=["illegal_ad"])

    assert ruling(other, at=IN_RIGHT).counts
    assert ruling(other, at=IN_LEFT).counts


def test_any_one_of_several_include_zones_will_do():
    right = zone([[0.6, 0], [1, 0], [1, 1], [0.6, 1]])

    assert ruling(zone(), right, at=IN_RIGHT).counts
    assert ruling(zone(), right, at=box(0.55, 0.8)).reason is Reason.OUTSIDE


@pytest.mark.parametrize(
    ("kind", "reason"), [("include", Reason.COUNTS), ("exclude", Reason.EXCLUDED)]
)  # fmt: skip
def test_an_edge_belongs_to_the_zone(kind, reason):
    assert ruling(zone(kind=kind), at=box(0.5, 0.8)).reason is reason
    assert ruling(zone(kind=kind), at=box(0.2, 1.0)).reason is reason


def test_the_bottom_centre_decides_unless_the_zone_says_centre():
    across = box(0.5, 0.55, height=0.2)

    assert ruling(zone(TOP), at=across).reason is Reason.OUTSIDE
    assert ruling(zone(TOP, anchor="centre"), at=across) == Ruling(Reason.COUNTS, "zone", anchor=Anchor.CENTRE)


@pytest.mark.parametrize(("least", "reason"), [(0.5, Reason.COUNTS), (0.51, Reason.OUTSIDE)])
def test_with_an_overlap_the_share_of_the_box_decides_instead(least, reason):
    half_in = box(0.5, 0.8)

    assert ruling(zone(min_overlap=least), at=half_in).reason is reason


def test_a_box_without_area_overlaps_nothing():
    assert ruling(zone(min_overlap=0.1), at=(0.2, 0.2, 0.2, 0.4)).reason is Reason.OUTSIDE


@pytest.mark.parametrize(
    ("keys", "reason", "general"),
    [
        ({"min_score": 0.95}, Reason.LOW_SCORE, {}),
        ({"min_score": 0.1}, Reason.COUNTS, {"min_score": 0.99}),
        ({"min_score": 0.0}, Reason.COUNTS, {"min_score": 0.99}),
        ({"min_size": 0.5}, Reason.SMALL, {}),
        ({"min_size": 0.0}, Reason.COUNTS, {"min_size": 0.5}),
    ],
)
def test_a_zones_demands_replace_those_of_the_rule(keys, reason, general):
    assert ruling(zone(**keys), of=matter(**general)).reason is reason


@pytest.mark.parametrize(("own", "dwell_s"), [(None, 180), (0.0, 0.0), (600.0, 600.0)])
def test_a_zones_dwell_replaces_that_of_the_rule(own, dwell_s):
    assert ruling(zone(dwell_s=own), of=matter(dwell_s=180)).dwell_s == dwell_s


def test_of_several_include_zones_the_first_whose_demands_are_met_decides():
    strict, lax, late = (
        zone(ALL, name="strict", min_score=0.8), zone(ALL, name="lax", dwell_s=60), zone(ALL, name="late"),
    )  # fmt: skip

    assert ruling(strict, lax, late, score=0.9).zone == "strict"
    assert ruling(strict, lax, late, score=0.5) == Ruling(Reason.COUNTS, "lax", dwell_s=60)
    assert ruling(strict, lax, late, score=0.1) == Ruling(Reason.LOW_SCORE, "strict")


def test_outside_its_windows_an_include_zone_lets_nothing_count():
    day = zone(windows=["07:00-22:00"])

    assert ruling(day).counts
    assert ruling(day, moment=NIGHT).reason is Reason.OUTSIDE
    assert ruling(day, at=IN_RIGHT, moment=NIGHT).reason is Reason.OUTSIDE


def test_outside_its_windows_an_exclude_zone_leaves_out_nothing():
    night_market = zone(kind="exclude", windows=["19:00-02:00"])

    assert ruling(night_market, moment=NIGHT).reason is Reason.EXEMPT
    assert ruling(night_market, moment=time(1, 59)).reason is Reason.EXEMPT
    assert ruling(night_market, moment=time(2, 0)).counts


def test_a_privacy_zone_is_shown_for_blurring_and_leaves_out_nothing():
    zones = ZoneSet([zone(kind="privacy", windows=["07:00-22:00"]), zone(ALL)])

    (only,) = zones.judge(np.array([IN_LEFT]), [0.9], [matter()], moment=NIGHT)

    assert only.counts
    assert zones.privacy_polygons == (((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),)


@pytest.mark.parametrize("kind", ["exclude", "privacy"])
@pytest.mark.parametrize("key", ["min_score", "min_size", "dwell_s"])
def test_a_demand_where_nothing_is_included_is_refused(kind, key):
    with pytest.raises(GridmapError) as caught:
        zone(kind=kind, **{key: 0.5})

    assert str(caught.value) == f"zone 'zone': {key} is for include zones, this one is {kind}; remove it"


def test_many_detections_are_ruled_each_by_its_own_matter_in_order():
    ads_left = zone(matters=["illegal_ad"])
    boxes = np.array([IN_RIGHT, IN_RIGHT, IN_LEFT])
    matters = [matter("illegal_ad"), matter(), matter("illegal_ad")]

    rulings = ZoneSet([ads_left]).judge(boxes, [0.9] * 3, matters, moment=NOON)

    assert [each.counts for each in rulings] == [False, True, True]


def test_nothing_seen_is_nothing_ruled():
    assert ZoneSet([zone()]).judge(np.empty((0, 4)), [], [], moment=NOON) == ()
