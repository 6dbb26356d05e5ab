"""From a place in the picture to a place on the ground."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.feeds import FeedSettings
from gridmap.coordinates import distance_m, from_wgs84, local_metres
from gridmap.errors import CalibrationError, DatumError
from gridmap.homography import homography
from gridmap.place import Method
from gridmap.projection import FOUR_POINT_ERROR_M, PICTURE_UNCERTAINTY, Projection
from streams.frame import Fix

POLE = (106.57, 29.56)
FIX = Fix(lon=106.58, lat=29.57, accuracy_m=6.0, age_s=0.4)
CORNERS = [(-5, 8), (5, 8), (-8, 25), (8, 25)]
SIX = [*CORNERS, (0, 14), (3, 40)]


def seen(ground, *, height=8.0, tilt_deg=20.0, focal=0.6):
    """Return normalised picture points of ground points (metres right of and before the pole), seen from a pole."""
    right, ahead = np.asarray(ground, dtype=float).T
    tilt = np.radians(tilt_deg)
    depth = ahead * np.cos(tilt) + height * np.sin(tilt)
    down = height * np.cos(tilt) - ahead * np.sin(tilt)
    return np.column_stack([0.5 + focal * right / depth, 0.5 + focal * 16 / 9 * down / depth])


def lonlat(ground):
    return local_metres(*POLE).inverse(ground)


def pairs(ground, *, datum="wgs84", picture=None):
    shown = seen(ground) if picture is None else picture
    there = from_wgs84(lonlat(ground), datum)
    return [{"picture": list(p), "ground": list(g)} for p, g in zip(shown.tolist(), there.tolist(), strict=True)]


def camera(**keys):
    return FeedSettings.model_validate({"id": "cam-1", "url": "rtsp://camera/1", **keys})


def calibrated(ground=SIX, *, datum="wgs84", **keys):
    return camera(calibration={"datum": datum, "points": pairs(ground, datum=datum)}, **keys)


def point(accuracy_m=40.0):
    return {"lon": POLE[0], "lat": POLE[1], "datum": "wgs84", "accuracy_m": accuracy_m}


@settings(max_examples=100, deadline=None)
@given(st.floats(-6, 6), st.floats(7, 60))
def test_a_calibrated_camera_finds_a_place_to_the_centimetre(right, ahead):
    place = Projection.of(calibrated()).ground(tuple(seen([(right, ahead)])[0]))

    assert place.method is Method.HOMOGRAPHY
    assert distance_m((place.lon, place.lat), lonlat((right, ahead))) < 0.01


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "cgcs2000", "epsg:4545"])
def test_ground_points_may_be_in_any_datum(datum):
    place = Projection.of(calibrated(datum=datum)).ground(tuple(seen([(1, 20)])[0]))

    assert distance_m((place.lon, place.lat), lonlat((1, 20))) < 0.02


def test_accuracy_is_the_picture_uncertainty_on_the_ground_joined_with_the_error():
    projection = Projection.of(calibrated(CORNERS))
    x, y = seen([(1, 20)])[0]
    steps = [(x + dx * 1e-6, y + dy * 1e-6) for dx, dy in ((0, 0), (1, 0), (0, 1))]
    here, right, down = (np.array(local_metres(*POLE).forward((p.lon, p.lat))) for p in map(projection.ground, steps))
    most_m = np.linalg.norm(np.column_stack([right - here, down - here]) / 1e-6, ord=2)

    expected = np.hypot(most_m * PICTURE_UNCERTAINTY, FOUR_POINT_ERROR_M)
    assert projection.ground((x, y)).accuracy_m == pytest.approx(expected, rel=1e-3)


def test_far_places_are_known_less_well_than_near_ones():
    projection = Projection.of(calibrated())

    near, far = (projection.ground(tuple(seen([(0, ahead)])[0])).accuracy_m for ahead in (8, 60))

    assert far > 5 * near


def test_four_pairs_have_no_error_of_their_own():
    fit = Projection.of(calibrated(CORNERS)).reprojection_error_m

    assert (fit.points, fit.left_out_rms_m) == (4, None)
    assert fit.max_m < 1e-6


def test_with_more_pairs_a_bad_click_shows_when_it_is_left_out():
    picture = seen(SIX)
    picture[4] += (0.03, 0.0)
    feed = camera(calibration={"datum": "wgs84", "points": pairs(SIX, picture=picture)})

    fit = Projection.of(feed).reprojection_error_m

    assert 0.05 < fit.rms_m <= fit.max_m < fit.left_out_max_m
    assert fit.rms_m < fit.left_out_rms_m


def test_the_error_of_the_calibration_goes_into_the_accuracy():
    picture = seen(SIX)
    picture[4] += (0.03, 0.0)
    feed = camera(calibration={"datum": "wgs84", "points": pairs(SIX, picture=picture)})
    spot = tuple(seen([(0, 14)])[0])

    assert Projection.of(feed).ground(spot).accuracy_m > Projection.of(calibrated()).ground(spot).accuracy_m


@pytest.mark.parametrize(
    "spot",
    [
        pytest.param((0.5, -0.9), id="above the horizon"),
        pytest.param(tuple(seen([(0, 320)])[0]), id="so far that a hundredth of the picture is over 100 m"),
    ],
)
def test_what_the_homography_cannot_place_falls_to_the_next_way(spot):
    assert Projection.of(calibrated()).ground(spot) is None
    assert Projection.of(calibrated(place=point())).ground(spot).method is Method.POINT


@pytest.mark.parametrize(("ahead", "believed"), [(590, True), (610, False)])
def test_a_homography_is_not_believed_beyond_300_m_from_its_points(ahead, believed):
    """From a tower the picture alone would still be sharp enough."""
    ground = [(-60, 200), (60, 200), (-80, 300), (80, 300)]
    feed = camera(calibration={"datum": "wgs84", "points": pairs(ground, picture=seen(ground, height=100))})

    place = Projection.of(feed).ground(tuple(seen([(0, ahead)], height=100)[0]))

    assert (place is not None) is believed


def test_a_footprint_gives_one_place_whose_circle_covers_it():
    corners = lonlat([(-10, 10), (10, 10), (20, 60), (-20, 60)])
    projection = Projection.of(camera(footprint={"datum": "wgs84", "polygon": corners.tolist()}, place=point()))

    place = projection.ground((0.5, 0.9))

    assert place.method is Method.FOOTPRINT
    assert distance_m((place.lon, place.lat), corners).max() == pytest.approx(place.accuracy_m, rel=0.006)


def test_a_bent_footprint_gives_a_place_inside_it():
    bend = [(0, 0), (50, 0), (50, 5), (5, 5), (5, 50), (0, 50)]
    feed = camera(footprint={"datum": "wgs84", "polygon": lonlat(bend).tolist()})

    place = Projection.of(feed).ground((0.5, 0.5))
    right, ahead = local_metres(*POLE).forward((place.lon, place.lat))

    assert 0 <= min(right, ahead) <= 5
    assert max(right, ahead) <= 50


def test_a_feed_with_nothing_but_its_point_gives_that_with_its_accuracy():
    place = Projection.of(camera(place=point(25))).ground((0.1, 0.2))

    assert (place.lon, place.lat, place.accuracy_m, place.method) == (*POLE, 25, Method.POINT)


def test_a_feed_in_another_datum_stands_where_it_really_is():
    lon, lat = from_wgs84(POLE, "gcj02")[0]
    place = Projection.of(camera(place={"lon": lon, "lat": lat, "datum": "gcj02"})).ground((0.5, 0.5))

    assert distance_m((place.lon, place.lat), POLE) < 0.001


def test_a_feed_without_any_place_gives_none():
    assert Projection.of(camera()).ground((0.5, 0.5)) is None


def test_a_vehicle_is_where_its_fix_is_and_nowhere_without_one():
    car = camera(kind="vehicle", track={"file": "t.gpx", "datum": "wgs84"}, place=point())
    projection = Projection.of(car)

    place = projection.ground((0.5, 0.9), FIX)

    assert (place.lon, place.lat, place.accuracy_m, place.method) == (FIX.lon, FIX.lat, 6.0, Method.FIX)
    assert projection.ground((0.5, 0.9)) is None


def _both(ground):
    return seen(ground), np.array(ground, dtype=float)


ON_A_LINE = "all points but one at most lie on one line"
MISTAKES = {
    "too few": (_both(CORNERS[:3]), "a calibration needs at least 4 point pairs, this one has 3"),
    "doubled in the picture": (
        (seen([*CORNERS, CORNERS[1]]), np.array([*CORNERS, (0, 12)])),
        "points 2 and 5 are the same place in the picture",
    ),
    "doubled on the ground": (
        (seen([*CORNERS, (0, 12)]), np.array([*CORNERS, CORNERS[3]])),
        "points 4 and 5 are the same place on the ground",
    ),
    "on one line": (_both([(0, 8), (1, 12), (2, 16), (3, 20), (4, 24)]), ON_A_LINE),
    "all but one on one line": (_both([(0, 8), (0, 12), (0, 16), (5, 20)]), ON_A_LINE),
    "too unsteady": (_both([(0, 8), (0.25, 15), (0, 30), (5, 30)]), "the point pairs are too unsteady (condition"),
    "mirror image": (
        (seen(CORNERS), np.array([(-right, ahead) for right, ahead in CORNERS])),
        "the point pairs make a mirror image of the ground; two points are exchanged, or lon and lat are",
    ),
    "horizon between": (
        (seen(CORNERS), np.array([CORNERS[1], CORNERS[0], CORNERS[2], CORNERS[3]])),
        "the point pairs put the horizon between their picture points; one pair is wrong",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_pairs_that_cannot_carry_a_homography_are_refused_with_the_reason(mistake):
    (picture, ground), sentence = MISTAKES[mistake]

    with pytest.raises(CalibrationError) as caught:
        homography(picture, ground)

    assert str(caught.value).startswith(sentence)


@settings(max_examples=50, deadline=None)
@given(st.floats(10, 80), st.floats(3, 25), st.floats(-np.pi, np.pi))
def test_no_real_view_is_refused(tilt_deg, height, heading):
    """Whatever way a camera looks down, four well spread corners carry a homography."""
    turn = np.array([[np.cos(heading), np.sin(heading)], [-np.sin(heading), np.cos(heading)]])

    matrix = homography(seen(CORNERS, height=height, tilt_deg=tilt_deg), np.array(CORNERS) @ turn)

    assert np.linalg.det(matrix) < 0


def test_a_bad_calibration_names_the_feed_and_the_key():
    feed = camera(calibration={"datum": "wgs84", "points": pairs([(0, 8), (0, 12), (0, 16), (0, 20)])})

    with pytest.raises(CalibrationError, match=r"^feed cam-1: calibration: all points but one"):
        Projection.of(feed)


@pytest.mark.parametrize("key", ["place", "footprint", "calibration"])
def test_a_bad_coordinate_names_the_feed_and_the_key(key):
    """Eastings without the zone number in a datum whose eastings begin with it."""
    places = from_wgs84(lonlat(CORNERS), "epsg:4545").tolist()
    points = [{"picture": p, "ground": g} for p, g in zip(seen(CORNERS).tolist(), places, strict=True)]
    wrong = {
        "place": {"lon": places[0][0], "lat": places[0][1], "datum": "epsg:4524"},
        "footprint": {"datum": "epsg:4524", "polygon": [places[index] for index in (0, 1, 3, 2)]},
        "calibration": {"datum": "epsg:4524", "points": points},
    }

    with pytest.raises(DatumError, match=rf"^feed cam-1: {key}: easting .* its eastings are near 36500000$"):
        Projection.of(camera(**{key: wrong[key]}))


def test_a_pair_the_others_cannot_do_without_is_not_judged_without_it():
    ground = [(0, 8), (0, 12), (0, 16), (0, 20), (4, 10), (4, 18)]

    fit = Projection.of(calibrated(ground)).reprojection_error_m

    assert (fit.points, fit.left_out_max_m) == (6, pytest.approx(0, abs=1e-6))
