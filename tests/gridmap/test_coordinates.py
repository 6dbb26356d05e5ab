"""Datums, distances and local metres."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod

from gridmap.coordinates import distance_m, from_wgs84, local_metres, to_wgs84
from gridmap.errors import DatumError

CITIES = {
    "Chengdu": (104.0657, 30.6595),
    "Yuzhong": (106.57, 29.56),
    "Wuhan": (114.3055, 30.5928),
    "Taizhou": (119.9229, 32.4555),
    "Beijing": (116.3913, 39.9075),
    "Urumqi": (87.6168, 43.8256),
    "Sanya": (109.5083, 18.2479),
}
# coord-convert 0.2.1; prcoords 1.0.2 gives the same nine decimals.
GCJ02 = {
    "Chengdu": (104.0682074, 30.657079145),
    "Yuzhong": (106.573692967, 29.557120467),
    "Wuhan": (114.310944888, 30.590390564),
    "Taizhou": (119.927636151, 32.453277168),
    "Beijing": (116.397541182, 39.908901276),
    "Urumqi": (87.619649949, 43.826805393),
    "Sanya": (109.512394365, 18.246207235),
}
# coord-convert 0.2.1.
BD09 = {
    "Chengdu": (104.074701703, 30.663109266),
    "Yuzhong": (106.580144074, 29.563366453),
    "Wuhan": (114.317512682, 30.596099926),
    "Taizhou": (119.934220469, 32.45899198),
    "Beijing": (116.403913944, 39.915244664),
    "Urumqi": (87.626099771, 43.832949795),
    "Sanya": (109.518944275, 18.251946536),
}
# eviltransform 0.1.1 computes on another ellipsoid: it agrees within 1 cm, not to the last digit.
GCJ02_OF_EVILTRANSFORM = {
    "Chengdu": (104.068207442, 30.657079104),
    "Yuzhong": (106.573693029, 29.557120419),
    "Wuhan": (114.310944981, 30.590390524),
    "Taizhou": (119.927636232, 32.45327713),
}
SHIFT_M = {"Chengdu": (361, 950), "Yuzhong": (480, 1050), "Wuhan": (586, 1207), "Taizhou": (509, 1131)}

china = st.tuples(st.floats(73.5, 135.0), st.floats(18.2, 53.5))
near_chongqing = st.tuples(st.floats(105.0, 110.9), st.floats(20.0, 42.0))


@pytest.mark.parametrize("city", CITIES)
def test_gcj02_equals_the_public_implementations(city):
    ours = from_wgs84(CITIES[city], "gcj02")

    assert distance_m(ours, GCJ02[city]).max() < 0.001


@pytest.mark.parametrize("city", CITIES)
def test_bd09_equals_the_public_implementation(city):
    ours = from_wgs84(CITIES[city], "bd09")

    assert distance_m(ours, BD09[city]).max() < 0.001


@pytest.mark.parametrize("city", GCJ02_OF_EVILTRANSFORM)
def test_gcj02_is_within_a_centimetre_of_the_implementation_on_another_ellipsoid(city):
    ours = from_wgs84(CITIES[city], "gcj02")

    assert distance_m(ours, GCJ02_OF_EVILTRANSFORM[city]).max() < 0.011


@pytest.mark.parametrize("city", SHIFT_M)
def test_a_wrong_datum_moves_a_place_by_hundreds_of_metres(city):
    gcj02_m, bd09_m = (distance_m(CITIES[city], from_wgs84(CITIES[city], datum))[0] for datum in ("gcj02", "bd09"))

    assert (round(gcj02_m), round(bd09_m)) == pytest.approx(SHIFT_M[city], abs=1)


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000", "gcj02", "bd09"])
@settings(max_examples=200, deadline=None)
@given(points=st.lists(china, min_size=1, max_size=20))
def test_degrees_come_back_within_a_micrometre_all_over_china(datum, points):
    there = from_wgs84(points, datum)

    assert distance_m(to_wgs84(there, datum), points).max() < 1e-6
    assert distance_m(from_wgs84(to_wgs84(there, datum), datum), there).max() < 1e-6


@pytest.mark.parametrize("datum", ["epsg:4545", "epsg:4524", "epsg:4497", "epsg:32648"])
@settings(max_examples=50, deadline=None)
@given(points=st.lists(near_chongqing, min_size=1, max_size=20))
def test_metres_come_back_within_a_centimetre(datum, points):
    assert distance_m(to_wgs84(from_wgs84(points, datum), datum), points).max() < 0.01


@pytest.mark.parametrize("code", range(4513, 4555))
def test_every_gauss_kruger_zone_of_cgcs2000_has_its_meridian_at_its_false_easting(code):
    zone = 25 + (code - 4513) % 21
    area = CRS.from_epsg(code).area_of_use
    on_meridian = (3 * zone, (area.south + area.north) / 2)

    easting, _ = from_wgs84(on_meridian, f"epsg:{code}")[0]

    assert easting == pytest.approx(500_000 + (zone * 1_000_000 if code <= 4533 else 0), abs=1e-6)


def test_zones_that_name_their_number_and_zones_that_do_not_agree():
    plain, numbered = from_wgs84(CITIES["Yuzhong"], "epsg:4545")[0], from_wgs84(CITIES["Yuzhong"], "epsg:4524")[0]

    assert numbered - plain == pytest.approx((36_000_000, 0))


def test_cgcs2000_is_taken_as_wgs84():
    assert to_wgs84(CITIES["Wuhan"], "cgcs2000").tolist() == [list(CITIES["Wuhan"])]


@pytest.mark.parametrize(
    "outside", [(72.0039, 30.0), (137.8348, 30.0), (100.0, 0.8292), (100.0, 55.8272), (2.35, 48.86)]
)
def test_gcj02_shifts_nothing_outside_the_box(outside):
    assert from_wgs84(outside, "gcj02").tolist() == [list(outside)]


@pytest.mark.parametrize("edge", [(72.004, 30.0), (137.8347, 30.0), (100.0, 0.8293), (100.0, 55.8271)])
def test_gcj02_shifts_on_the_edge_of_the_box_and_comes_back(edge):
    shifted = from_wgs84(edge, "gcj02")

    assert distance_m(shifted, edge)[0] > 30
    assert distance_m(to_wgs84(shifted, "gcj02"), edge)[0] < 0.01


def test_a_gcj02_place_reached_by_no_wgs84_place_is_left_as_it_is():
    edge = (72.004, 35.0)
    gap = (edge + from_wgs84(edge, "gcj02")[0]) / 2

    assert to_wgs84(gap, "gcj02").tolist() == [gap.tolist()]


def test_no_points_give_no_points():
    assert to_wgs84([], "gcj02").shape == from_wgs84([], "epsg:4545").shape == (0, 2)


AREA_4545 = "outside the area of epsg:4545 (106.5 to 109.51 E, 18.19 to 42.47 N)"
AREA_4524 = "outside the area of epsg:4524 (106.5 to 109.51 E, 18.19 to 42.47 N)"
LON_LAT, METRES = (106.57, 29.56), (361412, 3272193)
MISTAKES = [
    (LON_LAT, "wgs-84", "'wgs-84' is not a datum; use wgs84, gcj02, bd09, cgcs2000 or epsg:NNNN (Gauss-Kruger)"),
    ((29.5, 106.5), "gcj02", "lat 106.5 is out of range: lon and lat look swapped"),
    ((200, 10), "wgs84", "lon 200 is out of range: lon runs from -180 to 180, lat from -90 to 90"),
    (
        METRES,
        "bd09",
        "lat 3272193 is out of range: these look like metres; bd09 is in degrees, state epsg:NNNN for metres",
    ),
    ((float("nan"), 29.5), "wgs84", "a coordinate is not a number; every point needs two finite numbers"),
    ((float("inf"), 29.5), "epsg:4545", "a coordinate is not a number; every point needs two finite numbers"),
    ((1, 2, 3), "wgs84", "points are pairs (N, 2), not an array of shape (1, 3)"),
    (METRES[::-1], "epsg:4545", f"easting 3272193 northing 361412 is {AREA_4545}: easting and northing look swapped"),
    (LON_LAT, "epsg:4545", f"easting 106.57 northing 29.56 is {AREA_4545}: these look like degrees"),
    (METRES, "epsg:4524", f"easting 361412 northing 3272193 is {AREA_4524}: its eastings are near 36500000"),
    (METRES, "epsg:99999", "epsg:99999 is no EPSG code; Gauss-Kruger on CGCS2000 is epsg:4513 to 4554"),
    (METRES, "epsg:x", "epsg:x is no EPSG code; Gauss-Kruger on CGCS2000 is epsg:4513 to 4554"),
    (LON_LAT, "epsg:4326", "epsg:4326 (WGS 84) is in degrees; write wgs84, cgcs2000, gcj02 or bd09 instead"),
    (
        METRES,
        "epsg:2437",
        "epsg:2437 (Beijing 1954 / 3-degree Gauss-Kruger CM 120E) is not a projection on CGCS2000 or WGS-84",
    ),
]


@pytest.mark.parametrize(("points", "datum", "sentence"), MISTAKES)
def test_bad_coordinates_get_one_sentence(points, datum, sentence):
    with pytest.raises(DatumError) as caught:
        to_wgs84(points, datum)

    assert str(caught.value).removesuffix("; convert the data first") == sentence


def test_a_place_outside_a_projection_is_refused_on_the_way_out_too():
    with pytest.raises(DatumError, match=r"lon 2\.35 lat 48\.86 is outside the area of epsg:4545"):
        from_wgs84((2.35, 48.86), "epsg:4545")


def test_an_unknown_datum_is_refused_on_the_way_out_too():
    with pytest.raises(DatumError, match="'utm' is not a datum"):
        from_wgs84((106.57, 29.56), "utm")


@settings(max_examples=100, deadline=None)
@given(start=china, end=china)
def test_distances_are_within_six_in_a_thousand_of_the_ellipsoid(start, end):
    _, _, exact = Geod(ellps="WGS84").inv(*start, *end)

    assert distance_m(start, end) == pytest.approx(exact, rel=0.006, abs=1e-6)


def test_distances_are_worked_out_for_all_pairs_at_once():
    a, b = np.array([[106.5, 29.5], [106.6, 29.6]]), np.array([[106.5, 29.6], [106.7, 29.6]])

    table = distance_m(a[:, None], b[None])

    assert table.shape == (2, 2)
    assert table[1, 0] == distance_m(a[1], b[0])


@pytest.mark.parametrize(("away_m", "error_m"), [(300, 0.005), (1000, 0.06), (10_000, 5.5)])
def test_local_metres_are_as_exact_as_stated(away_m, error_m):
    azimuths = np.arange(0.0, 360.0, 10.0)
    origin = np.full_like(azimuths, 106.57), np.full_like(azimuths, 30.0)
    lon, lat, _ = Geod(ellps="WGS84").fwd(*origin, azimuths, np.full_like(azimuths, away_m))
    exact = away_m * np.column_stack([np.sin(np.radians(azimuths)), np.cos(np.radians(azimuths))])

    errors = np.linalg.norm(local_metres(106.57, 30.0).forward(np.column_stack([lon, lat])) - exact, axis=1)

    assert error_m / 2 < errors.max() <= error_m


def test_local_metres_come_back():
    plane = local_metres(106.57, 29.56)

    assert plane.inverse(plane.forward([(106.6, 29.5)]))[0] == pytest.approx((106.6, 29.5), abs=1e-12)
