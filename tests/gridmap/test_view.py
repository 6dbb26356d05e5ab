"""From detections to sightings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from configs.feeds import FeedSettings
from configs.matters import Catalogue
from detector.detection import Detection
from gridmap.coordinates import distance_m
from gridmap.errors import CalibrationError, GridmapError
from gridmap.grid import Grid
from gridmap.place import CellMatch, Method, Relation
from gridmap.view import View
from gridmap.zone import Reason
from streams.frame import Fix
from tests.gridmap import awkward

SIZE = (1000, 500)
AT = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
"""Noon in Chongqing."""
ONE = awkward.TOUCHING[0].id
CATALOGUE = Catalogue.model_validate(
    {
        "matters": [
            {"key": "exposed_garbage", "names": {"zh": "暴露垃圾", "en": "Exposed garbage"}, "labels": ["garbage"],
             "rule": {"min_score": 0.35}},
            {"key": "street_vending", "names": {"zh": "占道经营", "en": "Vending"}, "labels": ["stall", "cart"],
             "rule": {"min_score": 0.4, "dwell_s": 180}},
        ]
    }
)  # fmt: skip


def detection(label="garbage", *, score=0.9, box=(100, 100, 200, 300)):
    return Detection(label, score, box, "model@1")


def view(**keys):
    return View.of(
        FeedSettings.model_validate({"id": "cam-1", "url": "rtsp://camera/1", **keys}), CATALOGUE, "Asia/Shanghai"
    )


def place_at(column, row):
    lon, lat = awkward.at(column, row)
    return {"lon": lon, "lat": lat, "datum": "wgs84", "accuracy_m": 40}


def test_a_sighting_carries_what_was_seen_and_where():
    feed = view(place=place_at(0.5, 0.5))

    (sighting,) = feed.sightings([detection("cart")], frame_size=SIZE, at=AT, grid=Grid(awkward.TOUCHING))

    assert (sighting.feed_id, sighting.matter, sighting.at, sighting.fixed_view) == (
        "cam-1",
        "street_vending",
        AT,
        True,
    )
    assert (sighting.detection.label, sighting.dwell_s) == ("cart", 180)
    assert sighting.view_box == (0.1, 0.2, 0.2, 0.6)
    assert sighting.place.method is Method.POINT
    assert sighting.cell == CellMatch(ONE, Relation.INSIDE)


def test_context_classes_and_weak_detections_give_no_sighting_and_the_rest_keep_their_order():
    seen = [detection("person"), detection(score=0.5), detection(score=0.1), detection("stall")]

    sightings = view().sightings(seen, frame_size=SIZE, at=AT)

    assert [each.detection for each in sightings] == [seen[1], seen[3]]


def test_rulings_tell_why_a_detection_does_not_count():
    rulings = view().rulings([detection("person"), detection(score=0.1)], frame_size=SIZE, at=AT)

    assert [(matter.key, ruling.reason) for _, matter, ruling in rulings] == [("exposed_garbage", Reason.LOW_SCORE)]


def test_zones_are_judged_in_the_view_not_in_pixels():
    feed = view(zones=[{"name": "road", "polygon": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]], "dwell_s": 30}])

    sightings = feed.sightings(
        [detection(box=(0, 0, 10, 200)), detection(box=(0, 0, 10, 300))], frame_size=SIZE, at=AT
    )

    assert [(each.detection.box[3], each.dwell_s) for each in sightings] == [(300, 30)]


@pytest.mark.parametrize(("hour_utc", "counted"), [(4, 1), (14, 0), (23, 1)])
def test_windows_are_in_the_citys_time(hour_utc, counted):
    """04:00, 14:00 and 23:00 UTC are 12:00, 22:00 and 07:00 in Chongqing."""
    feed = view(zones=[{"name": "day", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "windows": ["07:00-22:00"]}])

    sightings = feed.sightings([detection()], frame_size=SIZE, at=AT.replace(hour=hour_utc))

    assert len(sightings) == counted
    assert ("exposed_garbage" in feed.not_sought(AT.replace(hour=hour_utc))) is (counted == 0)


CALIBRATION = {
    "datum": "wgs84",
    "points": [
        {"picture": [x, y], "ground": list(awkward.at(0.1 + 0.2 * x, 0.3 - 0.2 * y))} for x in (0, 1) for y in (0, 1)
    ],
}
"""A camera that looks straight down on part of the first cell."""


@pytest.mark.parametrize(("anchor", "y"), [("bottom_centre", 0.6), ("centre", 0.4)])
def test_the_ground_place_is_that_of_the_deciding_zones_anchor(anchor, y):
    feed = view(
        calibration=CALIBRATION,
        zones=[{"name": "all", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "anchor": anchor}],
    )

    (sighting,) = feed.sightings([detection()], frame_size=SIZE, at=AT)

    expected = awkward.at(0.1 + 0.2 * 0.15, 0.3 - 0.2 * y)
    assert sighting.place.method is Method.HOMOGRAPHY
    assert distance_m((sighting.place.lon, sighting.place.lat), expected) < 0.01


def test_each_sighting_gets_the_cell_of_its_own_place():
    lon, lat = awkward.at(0.99, 0.5)
    points = [
        {"picture": [x, y], "ground": [lon + 0.02 * awkward.STEP * x, lat - 0.02 * awkward.STEP * y]}
        for x in (0, 1) for y in (0, 1)
    ]  # fmt: skip
    feed = view(calibration={"datum": "wgs84", "points": points})

    west, east = feed.sightings(
        [detection(box=(0, 0, 100, 100)), detection(box=(900, 0, 1000, 100))],
        frame_size=SIZE, at=AT, grid=Grid(awkward.TOUCHING),
    )  # fmt: skip

    assert [each.cell.cell_id for each in (west, east)] == [cell.id for cell in awkward.TOUCHING]


def test_a_feed_without_a_place_gives_sightings_without_place_and_cell():
    (sighting,) = view().sightings([detection()], frame_size=SIZE, at=AT, grid=Grid(awkward.TOUCHING))

    assert (sighting.place, sighting.cell) == (None, None)


def test_a_vehicles_sightings_are_where_the_vehicle_was_and_have_no_fixed_view():
    feed = view(kind="vehicle", track={"file": "t.gpx", "datum": "wgs84"})
    lon, lat = awkward.at(1.5, 0.5)
    fix = Fix(lon, lat, accuracy_m=5, age_s=0.2)

    (sighting,) = feed.sightings([detection()], frame_size=SIZE, at=AT, fix=fix, grid=Grid(awkward.TOUCHING))
    (lost,) = feed.sightings([detection()], frame_size=SIZE, at=AT, grid=Grid(awkward.TOUCHING))

    assert feed.vehicle
    assert (sighting.place.method, sighting.cell.cell_id) == (Method.FIX, awkward.TOUCHING[1].id)
    assert not sighting.fixed_view
    assert (lost.place, lost.cell) == (None, None)


def test_a_view_shows_its_standing_place_and_what_to_blur():
    feed = view(
        place=place_at(0.5, 0.5),
        zones=[{"name": "window", "kind": "privacy", "polygon": [[0, 0], [0.2, 0], [0.2, 0.2]]}],
    )

    assert feed.place.method is Method.POINT
    assert feed.privacy_polygons == (((0.0, 0.0), (0.2, 0.0), (0.2, 0.2)),)


@pytest.mark.parametrize(
    ("key", "hint"),
    [("exposed_garbge", "did you mean 'exposed_garbage'?"), ("noise", "known are exposed_garbage, street_vending")],
)
def test_a_zone_that_names_an_unknown_matter_is_refused(key, hint):
    with pytest.raises(GridmapError) as caught:
        view(zones=[{"name": "road", "polygon": [[0, 0], [1, 0], [1, 1]], "matters": [key]}])

    assert str(caught.value) == f"feed cam-1: zone 'road': no matter is called {key!r}; {hint}"


def test_a_bad_calibration_is_told_when_the_view_is_made():
    points = [{"picture": [0.1 * n, 0.5], "ground": list(awkward.at(0.1 * n, 0.5))} for n in range(4)]

    with pytest.raises(CalibrationError, match=r"^feed cam-1: calibration: all points but one"):
        view(calibration={"datum": "wgs84", "points": points})


class TestThresholdsOfTheModel:
    """What the model comes with counts where nobody states more."""

    silent = Catalogue.model_validate(
        {
            "matters": [
                {"key": "illegal_ad", "names": {"zh": "广告", "en": "Ad"}, "labels": ["ad", "graffiti"]},
                {"key": "exposed_garbage", "names": {"zh": "暴露垃圾", "en": "Garbage"}, "labels": ["garbage"],
                 "rule": {"min_score": 0.35}},
            ]
        }
    )  # fmt: skip

    def counted(self, *seen, zones=()):
        feed = FeedSettings.model_validate({"id": "cam-1", "url": "rtsp://camera/1", "zones": zones})
        thresholds = {"ad": 0.6, "garbage": 0.9}
        looking = View.of(feed, self.silent, "Asia/Shanghai", thresholds)
        return [each.detection.label for each in looking.sightings(seen, frame_size=SIZE, at=AT)]

    def test_a_label_has_its_own_where_the_matter_states_none(self):
        assert self.counted(detection("ad", score=0.59), detection("ad", score=0.61)) == ["ad"]

    def test_a_label_for_which_the_model_has_none_falls_back(self):
        assert self.counted(detection("graffiti", score=0.34), detection("graffiti", score=0.36)) == ["graffiti"]

    def test_what_the_matter_states_counts_more(self):
        assert self.counted(detection("garbage", score=0.5)) == ["garbage"]

    def test_what_a_zone_states_counts_most(self):
        zone = {"name": "all", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "min_score": 0.1}
        assert self.counted(detection("ad", score=0.2), zones=[zone]) == ["ad"]
