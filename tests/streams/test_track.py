"""Tracks: fixes where they can be trusted, refusals where they cannot, and one sentence for every flaw of a file."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path

import numpy as np
import pytest

from streams.errors import TrackError
from streams.frame import Fix
from streams.track import NoFix, Track

SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "video" / "sf_30km_h.gpx"
DEMO = Path(__file__).parents[2] / "configs" / "demo" / "car-01.gpx"
START = datetime(2026, 3, 1, 8, tzinfo=UTC)
LON, LAT = 106.5, 29.5
M_PER_DEGREE = math.radians(1) * 6_371_008.8


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def point(seconds: float | None, north_m: float, east_m: float = 0.0, extra: str = "") -> str:
    lat, lon = LAT + north_m / M_PER_DEGREE, LON + east_m / M_PER_DEGREE / math.cos(math.radians(LAT))
    when = f"<time>{at(seconds).isoformat().replace('+00:00', 'Z')}</time>" if seconds is not None else ""
    return f'<trkpt lat="{lat:.9f}" lon="{lon:.9f}">{when}{extra}</trkpt>'


def gpx(*points: str) -> str:
    body = "\n".join(points)
    return (
        '<?xml version="1.0"?>\n<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>\n'
        f"{body}\n</trkseg></trk></gpx>\n"
    )


@pytest.fixture
def load(tmp_path):
    def loaded(text: str | bytes, **settings) -> Track:
        path = tmp_path / "car.gpx"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return Track.load(path, **settings)

    return loaded


def steady(seconds: int, mps: float = 10.0) -> list[str]:
    return [point(second, second * mps) for second in range(seconds + 1)]


def test_a_fix_lies_on_the_line_between_its_neighbours(load):
    fix = load(gpx(*steady(10))).fix_at(at(2.25))
    assert (fix.lat - LAT) * M_PER_DEGREE == pytest.approx(22.5, abs=0.01)
    assert fix.lon == pytest.approx(LON)
    assert fix.age_s == pytest.approx(0.25)
    assert fix.heading_deg == pytest.approx(0, abs=0.01)
    assert fix.speed_mps == pytest.approx(10, rel=1e-3)


@pytest.mark.parametrize(
    ("north", "east", "heading"), [(8, 0, 0), (0, 8, 90), (-8, 0, 180), (0, -8, 270), (5, 5, 45)]
)
def test_heading_runs_clockwise_from_north(load, north, east, heading):
    fix = load(gpx(*(point(second, second * north, second * east) for second in range(5)))).fix_at(at(2))
    assert fix.heading_deg == pytest.approx(heading, abs=0.1) or heading - fix.heading_deg == pytest.approx(
        -360, abs=0.1
    )


def test_a_standing_vehicle_has_no_heading(load):
    fix = load(gpx(*(point(second, 0.1 * (second % 2)) for second in range(5)))).fix_at(at(2.5))
    assert fix.heading_deg is None
    assert fix.speed_mps < 0.5


def test_accuracy_grows_with_age_by_its_stated_formula(load):
    track = load(gpx(point(0, 0), point(4, 40), point(8, 80)))
    assert [track.fix_at(at(second)).accuracy_m for second in (0, 1, 2, 4)] == pytest.approx(
        [10, 10 + 1.5 * 1 * 3, 10 + 1.5 * 2 * 2, 10]
    )


def test_a_recorded_dilution_of_precision_counts_five_metres_each(load):
    track = load(gpx(point(0, 0, extra="<hdop>0.8</hdop>"), point(1, 9, extra="<hdop>4</hdop>")))
    assert [track.fix_at(at(second)).accuracy_m for second in (0, 1)] == pytest.approx([5, 20])


def test_a_moment_too_far_from_every_recorded_position_is_refused(load):
    track = load(gpx(*steady(5), point(65, 500), point(66, 510)), max_fix_age_s=3)
    assert isinstance(track.fix_at(at(7.9)), Fix)
    assert track.fix_at(at(8.1)) is NoFix.TOO_OLD
    assert track.fix_at(at(61.9)) is NoFix.TOO_OLD
    assert isinstance(track.fix_at(at(62.1)), Fix)


@pytest.mark.parametrize("seconds", [-0.001, 10.001])
def test_a_moment_outside_the_track_is_refused_however_near(load, seconds):
    assert load(gpx(*steady(10))).fix_at(at(seconds)) is NoFix.OUTSIDE


def test_first_and_last_moment_have_fixes(load):
    track = load(gpx(*steady(10)))
    assert track.span == (at(0), at(10))
    assert all(isinstance(track.fix_at(moment), Fix) for moment in track.span)


def test_a_moment_without_a_zone_is_refused_as_a_mistake(load):
    with pytest.raises(ValueError, match="aware"):
        load(gpx(*steady(2))).fix_at(datetime(2026, 3, 1, 8))  # noqa: DTZ001 - this is the mistake


@pytest.mark.parametrize("outlier", [0, 5, 10])
def test_of_an_isolated_jump_only_the_outlier_is_refused(load, outlier):
    points = [point(second, second * 10, 2000 * (second == outlier)) for second in range(11)]
    track = load(gpx(*points), max_speed_kmh=150)
    good = [second for second in range(11) if second != outlier]
    assert all(isinstance(track.fix_at(at(second)), Fix) for second in good)
    assert track.fix_at(at(outlier)) in (NoFix.JUMP, NoFix.OUTSIDE)
    assert track.length_m == pytest.approx(100 if outlier == 5 else 90, rel=1e-3)
    assert "1 positions skipped that could only be reached at an impossible speed" in track.notes[0]


def test_moments_nearest_to_an_outlier_are_refused_and_others_are_not(load):
    track = load(gpx(*(point(second, second * 10, 2000 * (second == 5)) for second in range(11))))
    assert [isinstance(track.fix_at(at(second)), Fix) for second in (4.4, 4.6, 5.4, 5.6)] == [
        True,
        False,
        False,
        True,
    ]


def test_a_pair_of_outliers_is_refused_too(load):
    track = load(gpx(*(point(second, second * 10, 3000 * (second in (5, 6))) for second in range(30))))
    assert track.fix_at(at(5)) is NoFix.JUMP
    assert track.fix_at(at(6)) is NoFix.JUMP
    assert isinstance(track.fix_at(at(7)), Fix)


def test_where_the_track_moves_elsewhere_for_good_both_parts_stay_and_only_the_step_between_is_refused(load):
    track = load(gpx(*(point(second, second * 10, 90_000 * (second >= 30)) for second in range(60))))
    assert isinstance(track.fix_at(at(29)), Fix)
    assert track.fix_at(at(29.5)) is NoFix.JUMP
    assert isinstance(track.fix_at(at(30)), Fix)
    assert track.length_m == pytest.approx(580, rel=0.02)
    assert len(track.positions_every(10)) == pytest.approx(57, abs=1)


def test_a_track_that_is_faster_than_allowed_throughout_is_no_track(load):
    with pytest.raises(TrackError, match=r"car\.gpx: 1 of 6 positions can be used .*max_speed_kmh"):
        load(gpx(*steady(5, mps=60)))


def test_places_every_ten_metres_lie_ten_metres_apart_with_their_moments(load):
    places = load(gpx(*steady(11, mps=8))).positions_every(10)
    assert [(moment - START).total_seconds() for moment, _ in places] == pytest.approx(
        [1.25 * step for step in range(1, 9)], abs=1e-3
    )
    assert [(fix.lat - LAT) * M_PER_DEGREE for _, fix in places] == pytest.approx(list(range(10, 90, 10)), abs=0.01)


def test_a_standing_vehicle_has_no_places_however_long_its_receiver_wanders(load):
    rng = np.random.default_rng(3)
    wander = [point(second, *rng.uniform(-3, 3, 2)) for second in range(600)]
    track = load(gpx(*wander))
    assert track.positions_every(10) == []


def test_places_are_left_out_where_there_is_no_fix(load):
    track = load(gpx(*steady(5), point(65, 650), point(66, 661)))
    assert len(track.times_every(10)) == 66
    assert len(track.positions_every(10)) == pytest.approx(5 + 3 + 3 + 1, abs=1)


def test_places_must_be_some_metres_apart(load):
    with pytest.raises(ValueError, match="more than 0 m"):
        load(gpx(*steady(3))).times_every(0)


def test_the_datum_is_converted_by_what_is_passed_in(load):
    track = load(gpx(*steady(3)), datum_to_wgs84=lambda places: places + np.array([0.5, 0.25]))
    assert track.fix_at(at(0)).lon == pytest.approx(LON + 0.5)
    assert track.fix_at(at(0)).lat == pytest.approx(LAT + 0.25)


# Flawed files


def test_positions_out_of_order_are_sorted_and_said(load):
    track = load(gpx(*reversed(steady(10))))
    assert track.fix_at(at(3)).speed_mps == pytest.approx(10, rel=1e-3)
    assert "not in the order of time" in track.notes[0]


def test_a_time_recorded_twice_counts_once_and_is_said(load):
    track = load(gpx(*steady(3), point(3, 9999)))
    assert track.length_m == pytest.approx(30, rel=1e-3)
    assert track.notes == (
        f"{track.notes[0].partition(': ')[0]}: 1 positions skipped whose time was recorded before",
    )


def test_points_without_time_or_place_are_skipped_with_count_and_first_line(load):
    odd = '<trkpt lat="91" lon="0"><time>2026-03-01T08:00:00Z</time></trkpt>'
    wrong_time = '<trkpt lat="29" lon="106"><time>yesterday</time></trkpt>'
    notes = load(gpx(point(None, 5), *steady(3), wrong_time, odd)).notes
    assert [note.partition("car.gpx:")[2] for note in notes] == [
        "3: 2 skipped: a point without a time that can be read",
        "9: 1 skipped: a point whose lon and lat are no place",
    ]


def test_times_without_a_zone_are_utc(load):
    track = load(gpx(*steady(3)).replace("Z</time>", "</time>"))
    assert track.span == (at(0), at(3))


def test_elements_of_extensions_are_not_taken_for_the_points_own(load):
    inner = "<extensions><x><time>1999-01-01T00:00:00Z</time></x></extensions>"
    track = load(gpx(*(point(second, second * 10, extra=inner) for second in range(4))))
    assert track.span == (at(0), at(3))


def test_a_file_cut_off_is_used_up_to_there_and_says_so(load):
    whole = gpx(*steady(10))
    track = load(whole[: whole.index("</trkpt>", len(whole) // 2) + 12])
    assert track.span[0] == at(0)
    assert "it breaks off at line" in track.notes[-1]


BOMB = '<?xml version="1.0"?><!DOCTYPE gpx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><gpx>&b;</gpx>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "neither GPX nor NMEA"),
        ("lat;lon\n29.5;106.5\n", "neither GPX nor NMEA"),
        ("<gpx><trk>", r"car\.gpx:1: not a GPX file"),
        ("<html><body>404</body>", "not a GPX file"),
        ("<kml></kml>", "no position with a time in it"),
        (gpx(), "no position with a time in it"),
        (gpx(point(None, 0), point(None, 1)), r"no position .*\(.*:3: 2 skipped: a point without a time"),
        (gpx(point(0, 0)), "1 of 1 positions can be used and a track needs 2"),
        (BOMB, "defines XML entities"),
        (b"\x00\x01\x02" * 100, "neither GPX nor NMEA"),
        (b"<\xff\xfe\x00", "not a GPX file"),
    ],
)
def test_a_file_that_is_no_track_is_refused_in_one_sentence_that_names_it(load, content, sentence):
    with pytest.raises(TrackError, match=sentence) as told:
        load(content)
    assert "car.gpx" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_missing_file_is_named_with_where_it_is_asked_for(tmp_path):
    with pytest.raises(TrackError, match=r"none\.gpx: cannot be read \(No such file.*track\.file"):
        Track.load(tmp_path / "none.gpx")


def test_a_folder_is_no_track(tmp_path):
    with pytest.raises(TrackError, match="cannot be read"):
        Track.load(tmp_path)


# NMEA


def sentence(body: str) -> str:
    return f"${body}*{reduce(lambda value, character: value ^ ord(character), body, 0):02X}\r\n"


def degrees(value: float, width: int) -> str:
    return f"{int(abs(value)):0{width}d}{abs(value) % 1 * 60:08.5f}"


def place_fields(lat: float, lon: float) -> str:
    return f"{degrees(lat, 2)},{'NS'[lat < 0]},{degrees(lon, 3)},{'EW'[lon < 0]}"


def rmc(when: datetime, lat: float, lon: float, status: str = "A", talker: str = "GN") -> str:
    return sentence(
        f"{talker}RMC,{when:%H%M%S}.{when:%f},{status},{place_fields(lat, lon)},19.4,0.0,{when:%d%m%y},,,A"
    )


def gga(when: datetime, lat: float, lon: float, quality: int = 1, hdop: str = "3.0") -> str:
    return sentence(f"GPGGA,{when:%H%M%S}.00,{place_fields(lat, lon)},{quality},08,{hdop},250.0,M,0,M,,")


def northward(seconds: float) -> tuple[float, float]:
    return LAT + seconds * 10 / M_PER_DEGREE, LON


def test_an_nmea_log_gives_the_same_fixes_as_gpx(load):
    log = "".join(rmc(at(second), *northward(second)) for second in range(6))
    fix = load(log).fix_at(at(2.5))
    assert (fix.lat - LAT) * M_PER_DEGREE == pytest.approx(25, abs=0.1)
    assert fix.speed_mps == pytest.approx(10, rel=0.01)


def test_the_southern_and_western_hemispheres_are_negative(load):
    log = "".join(rmc(at(second), -33.5, -70.25) for second in range(3))
    fix = load(log).fix_at(at(1))
    assert (fix.lat, fix.lon) == pytest.approx((-33.5, -70.25))


def test_gga_adds_its_dilution_of_precision(load):
    log = "".join(rmc(at(s), *northward(s)) + gga(at(s), *northward(s)) for s in range(3))
    assert load(log).fix_at(at(1)).accuracy_m == pytest.approx(15)


def test_gga_stands_in_for_a_missing_rmc_with_its_day_over_midnight(load):
    late = datetime(2026, 3, 1, 23, 59, 58, tzinfo=UTC)
    moments = [late + timedelta(seconds=second) for second in range(5)]
    log = rmc(moments[0], *northward(0)) + "".join(gga(when, *northward(i)) for i, when in enumerate(moments))
    assert load(log).span == (moments[0], moments[-1])


def test_lines_with_a_wrong_checksum_are_skipped_with_count_and_first_line(load):
    lines = [rmc(at(second), *northward(second)) for second in range(6)]
    lines[2] = lines[2].replace("RMC,08", "RMC,09")
    lines[4] = lines[4].replace("*", "")
    track = load("".join(lines))
    assert track.notes[0].endswith("car.gpx:3: 2 skipped: a line whose checksum is wrong or missing")
    assert track.fix_at(at(2)).age_s == pytest.approx(1)


def test_sentences_without_a_fix_are_skipped_and_counted(load):
    log = rmc(at(0), 0, 0, "V") + "".join(rmc(at(s), *northward(s)) for s in range(1, 4)) + gga(at(4), LAT, LON, 0)
    track = load(log)
    assert track.span == (at(1), at(3))
    assert track.notes[0].endswith(":1: 2 skipped: a sentence without a fix")


def test_a_place_at_zero_degrees_is_no_fix(load):
    track = load(rmc(at(0), 0, 0) + "".join(rmc(at(s), *northward(s)) for s in range(1, 4)))
    assert track.notes[0].endswith(":1: 1 skipped: a sentence without a fix")


def test_gga_before_any_rmc_has_no_day_and_is_skipped_and_counted(load):
    track = load(gga(at(0), *northward(0)) + "".join(rmc(at(s), *northward(s)) for s in range(1, 4)))
    assert track.span == (at(1), at(3))
    assert "1 skipped: a GGA sentence before the first RMC" in track.notes[0]


def test_a_log_of_gga_alone_says_that_the_date_is_missing(load):
    with pytest.raises(
        TrackError, match=r"no position with a time in it .*3 skipped: a GGA sentence before the first"
    ):
        load("".join(gga(at(s), *northward(s)) for s in range(3)))


def test_gga_of_the_evening_before_keeps_its_day(load):
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    before = midnight - timedelta(seconds=1)
    log = rmc(midnight, *northward(1)) + gga(before, *northward(0))
    assert load(log).span == (before, midnight)


def test_a_sentence_with_an_unknown_hemisphere_is_skipped(load):
    log = "".join(rmc(at(s), *northward(s)) for s in range(3))
    wrong = rmc(at(3), *northward(3)).partition("*")[0][1:].replace(",N,", ",X,")
    assert "a field that cannot be read" in load(log + sentence(wrong)).notes[0]


def test_a_cut_sentence_with_a_right_checksum_is_skipped_and_counted(load):
    log = "".join(rmc(at(s), *northward(s)) for s in range(3)) + sentence("GPRMC,080003,A,2930.0")
    assert "a sentence with a field that cannot be read" in load(log).notes[0]


def test_a_loggers_stamp_and_other_sentences_are_passed_over(load):
    noise = sentence("GPGSV,3,1,11,03,03,111,00") + "### boot\r\n\r\n"
    log = noise + "".join("[08:00:00.1] " + rmc(at(s), *northward(s), talker="BD") for s in range(3))
    assert load(log).notes == ()


# Real tracks


def test_a_track_drawn_at_thirty_kilometres_an_hour_measures_so():
    if not SAMPLE.exists():
        pytest.skip("needs shared/samples beside the project")
    track = Track.load(SAMPLE)
    begin, end = track.span
    assert track.length_m / (end - begin).total_seconds() * 3.6 == pytest.approx(30, abs=0.5)
    assert track.notes == ()


def test_the_demonstrations_track_is_one():
    track = Track.load(DEMO)
    assert track.notes == ()
    assert len(track.positions_every(10)) > 50


def test_ten_hours_at_one_position_a_second_with_outliers_load_in_seconds(tmp_path):
    rng = np.random.default_rng(5)
    wild = set(rng.integers(0, 36_000, 300).tolist())
    path = tmp_path / "long.gpx"
    path.write_text(gpx(*(point(s, s * 8, 5000 * (s in wild)) for s in range(36_000))))
    track = Track.load(path)
    assert f"{len(wild)} positions skipped" in track.notes[-1]
