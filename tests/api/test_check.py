"""``check`` opens every part of a configuration and tells what is wrong with it, and what it comes to."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import configs
from api.check import check

PROJECT = Path(configs.__file__).parent.parent
WEST, SOUTH, STEP = 106.57, 29.56, 0.001
FIRST, SECOND = "500103001001001", "500103001001002"
GRID = "grid: {file: grid.geojson, datum: wgs84}\n"


PARTS = "person and one of food, bag, table, umbrella"
OFF = "street_vending is not looked for by the rule: vending.enabled is false"


def square(column: float = 0, row: float = 0, width: float = 1) -> list[list[float]]:
    """Return a ring about 97 m wide and 111 m high in the grid's column and row."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    east, north = west + width * STEP, south + STEP
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def geojson(*cells: tuple[str, list[list[float]]]) -> str:
    """Return a grid file of cells, each an id and its ring."""
    features = [
        {"type": "Feature", "properties": {"id": cell_id}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for cell_id, ring in cells
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def manifest(folder: Path, labels: str = "[garbage, overflow, ad, graffiti, stall]") -> str:
    """Write weights of one file into ``folder`` and return the manifest that lists them."""
    (folder / "w.bin").write_bytes(b"weights")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    return (
        "version: 1\nweights:\n  - name: tiny\n"
        f"    files: [{{path: w.bin, sha256: {sha256}}}]\n    labels: {labels}\n"
        "    input_px: 320\n    origin: made up\n    licence: AGPL-3.0-only\n    card: card.md\n"
    )


@pytest.fixture
def city(tmp_path):
    """A function that writes a configuration and returns its folder: two cells and one feed unless told otherwise."""

    def written(**files: str) -> Path:
        parts = {
            "gridpatrol.yaml": GRID,
            "feeds.yaml": "feeds:\n  - id: cam-01\n    url: rtsp://10.0.0.1/1\n",
            "grid.geojson": geojson((FIRST, square(0)), (SECOND, square(1))),
            "manifest.yaml": manifest(tmp_path),
            **{name.replace("_", "."): text for name, text in files.items()},
        }
        parts["gridpatrol.yaml"] += "model: {manifest: manifest.yaml, name: tiny}\n"
        for name, text in parts.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return written


def told(folder: Path) -> list[str]:
    """Return the mistakes in ``folder`` as people read them, without the folder's own path."""
    return [str(mistake).replace(f"{folder}/", "") for mistake in check(folder, environ={}).mistakes]


def camera(lines: str) -> str:
    """Return a file of one feed with ``lines`` more."""
    return f"feeds:\n  - id: cam-01\n    url: rtsp://10.0.0.1/1\n{lines}"


def calibration(*pairs: tuple[float, float, float, float], datum: str = "wgs84") -> str:
    """Return a calibration from ``(picture x, picture y, metres east, metres north)`` of the grid's corner."""
    points = "".join(
        f"        - {{picture: [{x}, {y}], ground: [{WEST + east / 96907}, {SOUTH + north / 110860}]}}\n"
        for x, y, east, north in pairs
    )
    return camera(f"    calibration:\n      datum: {datum}\n      points:\n{points}")


GOOD_PAIRS = ((0.1, 0.9, 10, 10), (0.9, 0.9, 20, 10), (0.7, 0.5, 22, 40), (0.3, 0.5, 8, 40))
FIFTH = (0.5, 0.9, 15, 10)


def test_a_configuration_without_mistakes_is_summed_up(city):
    """The notes say how many feeds and cells there are, how well feeds are calibrated, and what the model knows."""
    report = check(city(feeds_yaml=calibration(*GOOD_PAIRS, FIFTH)), environ={})

    assert report.mistakes == ()
    assert report.lines() == [
        "1 feeds",
        "grid: 2 cells, 2 ids, 0.021 km²: no faults",
        "feed cam-01: calibrated with 5 points, reprojection error 0.00 m, 0.00 m at points left out",
        "model tiny: 1 files as listed, garbage, overflow, ad, graffiti, stall",
        f"model tiny cannot see street_vending by the rule, which needs the classes {PARTS}",
        "model tiny has no class person: kept pictures show them as they are",
        "model tiny has no class person, car, bus, truck: what they hide may be taken for gone",
        "exposed_garbage counts from garbage 0.35 (the default)",
        "overflowing_bin counts from overflow 0.35 (the default)",
        "illegal_ad counts from ad 0.35 (the default), graffiti 0.35 (the default)",
        "street_vending counts from stall 0.4 (its rule)",
        "no mistakes",
    ]


def test_the_report_as_json_is_plain_values(city):
    """Editors and scripts get ``ok``, the mistakes with their places, and the notes."""
    folder = city(gridpatrol_yaml="http: {port: x}\n")

    report = check(folder, environ={}).as_json()

    assert report == {
        "ok": False,
        "mistakes": [
            {
                "file": str(folder / "gridpatrol.yaml"),
                "line": 1,
                "key": "http.port",
                "wrong": "must be a whole number, not 'x'",
                "right": "write one such as 8000",
            }
        ],
        "notes": [],
    }


GRIDS = [
    (
        "overlapping cells",
        geojson((FIRST, square(0, width=1.5)), (SECOND, square(1))),
        [
            (
                f"grid.geojson: overlap: {FIRST} and {SECOND} overlap, 5370.92 m², at lon 106.57125 lat 29.5605; "
                "give the ground they share to one of them"
            )
        ],
    ),
    (
        "an id used twice",
        geojson((FIRST, square(0)), (FIRST, square(1))),
        [f"grid.geojson: duplicate id: {FIRST} is used 2 times; give each cell its own id"],
    ),
    (
        "an id that is none",
        geojson((FIRST, square(0)), ("7", square(1))),
        [
            (
                "grid.geojson: bad id: '7' is not 15 digits (district 6, street 3, community 3, sequence 3); "
                "give it an id of 15 digits"
            )
        ],
    ),
    (
        "no cells",
        geojson(),
        ["gridpatrol.yaml:1: grid.file: grid.geojson: holds no cells; mend what is written here"],
    ),
    ("no grid file", "hello", None),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in GRIDS], ids=[case[0] for case in GRIDS])
def test_a_faulty_grid_is_told(city, text, expected):
    """Each fault of the grid is one mistake that names the cells and the place."""
    found = told(city(grid_geojson=text))

    if expected is None:
        (line,) = found
        assert line.startswith("gridpatrol.yaml:1: grid.file: grid.geojson: ")
    else:
        assert found == expected


def test_a_ring_that_crosses_itself_is_told(city):
    """An invalid ring is a mistake of the grid file."""
    bow_tie = [[WEST, SOUTH], [WEST + STEP, SOUTH + STEP], [WEST + STEP, SOUTH], [WEST, SOUTH + STEP], [WEST, SOUTH]]

    (mistake,) = told(city(grid_geojson=geojson((FIRST, bow_tie), (SECOND, square(1)))))

    assert mistake.startswith(f"grid.geojson: invalid ring: {FIRST} has an invalid ring: Self-intersection")


def test_a_gap_is_a_note(city):
    """A gap may be meant, as for a river: it is told, and nothing is refused."""
    around = [
        (f"5001030010010{number:02}", square(*at))
        for number, at in enumerate([(0, 0), (1, 0), (2, 0), (0, 1), (2, 1), (0, 2), (1, 2), (2, 2)])
    ]

    report = check(city(grid_geojson=geojson(*around)), environ={})

    assert report.ok
    assert any(note.startswith("grid: gap: a gap at ") for note in report.notes)


def test_without_a_grid_findings_have_no_cell(city):
    """No grid is allowed, and said."""
    report = check(city(gridpatrol_yaml=""), environ={})

    assert report.ok
    assert "no grid: findings will have no cell" in report.notes


def test_a_demand_in_a_zone_that_only_leaves_out_is_told(city):
    """What the patrol would refuse when it starts is told here."""
    feeds = """feeds:
  - id: cam-01
    url: rtsp://10.0.0.8/1
    zones:
      - {name: bin yard, kind: exclude, polygon: [[0, 0], [1, 0], [1, 1]], min_score: 0.9}
"""

    (mistake,) = told(city(feeds_yaml=feeds))

    assert mistake.startswith("feeds.yaml:5: feeds[0].zones[0]: ")
    assert "min_score" in mistake


def test_a_homography_from_points_on_a_line_is_refused(city):
    """Collinear points cannot carry a calibration; the message points at it."""
    on_a_line = [(0.1, 0.9, 0, 0), (0.3, 0.8, 10, 10), (0.5, 0.7, 20, 20), (0.7, 0.6, 30, 30)]

    (mistake,) = told(city(feeds_yaml=calibration(*on_a_line)))

    assert mistake == (
        "feeds.yaml:4: feeds[0].calibration: all points but one at most lie on one line in the picture; "
        "add points beside the line, 4 corners are best"
    )


def test_point_pairs_that_disagree_are_refused(city):
    """A wrong pair shows as a reprojection error; it is told in metres."""
    square_200_m = [(0.1, 0.9, 0, 0), (0.9, 0.9, 200, 0), (0.9, 0.1, 200, 200), (0.1, 0.1, 0, 200)]
    wrong = [(0.5, 0.5, 170, 100), (0.5, 0.9, 100, 0)]

    (mistake,) = told(city(feeds_yaml=calibration(*square_200_m, *wrong)))

    assert mistake.startswith("feeds.yaml:6: feeds[0].calibration.points: the point pairs disagree by ")
    assert mistake.endswith(" m on the ground; measure them again; up to 10 m is usable")


def test_four_points_cannot_show_their_error(city):
    """Four pairs always fit: the note says so instead of a figure."""
    report = check(city(feeds_yaml=calibration(*GOOD_PAIRS)), environ={})

    assert "feed cam-01: calibrated with 4 points, which always fit; a fifth would show the error" in report.notes


@pytest.mark.parametrize(
    ("key", "lines", "wrong"),
    [
        ("place", "    place: {lon: 116.4, lat: 39.9, datum: wgs84}\n", "the place is 1457 km outside the grid"),
        (
            "footprint",
            "    footprint:\n      datum: wgs84\n      polygon: [[116, 39], [116.1, 39], [116.1, 39.1]]\n",
            "the footprint is 1366 km outside the grid",
        ),
    ],
)
def test_a_feed_in_another_city_is_told(city, key, lines, wrong):
    """A place far outside the grid has swapped or mistyped coordinates, or another datum."""
    assert told(city(feeds_yaml=camera(lines))) == [
        f"feeds.yaml:4: feeds[0].{key}: {wrong}; mend its coordinates, or state the datum they are in"
    ]


def test_a_projection_nobody_knows_is_told_at_its_place(city):
    """An epsg code that is not one of a projection is a mistake of the key that names it."""
    (mistake,) = told(city(feeds_yaml=camera("    place: {lon: 361412, lat: 3272193, datum: epsg:9999}\n")))

    assert mistake.startswith("feeds.yaml:4: feeds[0].place: ")


def test_one_place_that_cannot_be_converted_does_not_hide_another(city):
    """Of many places exactly the wrong ones are told."""
    places = ["361412, lat: 3272193", "361412, lat: 3272200", "3614120000, lat: 3272193", "861412, lat: 4272193"]
    feeds = "".join(
        f"  - {{id: cam-{number}, url: 'rtsp://h/1', place: {{lon: {place}, datum: epsg:4545}}}}\n"
        for number, place in enumerate(places)
    )

    found = check(city(feeds_yaml=f"feeds:\n{feeds}"), environ={}).mistakes

    assert [mistake.key for mistake in found] == ["feeds[2].place", "feeds[3].place"]


def test_a_place_far_from_its_calibration_is_noted(city):
    """Coordinates of another datum are about 500 m off: not refused, but pointed out."""
    text = calibration(*GOOD_PAIRS) + "    place: {lon: 106.575, lat: 29.56, datum: wgs84}\n"

    report = check(city(feeds_yaml=text), environ={})

    assert report.ok
    assert any("feed cam-01: place and calibration are " in note for note in report.notes)


def test_changed_weights_are_refused(city):
    """Weights that are not the listed ones are told at the model's name."""
    folder = city()
    (folder / "w.bin").write_bytes(b"other")

    (mistake,) = told(folder)

    assert mistake.startswith(
        "gridpatrol.yaml:2: model.name: w.bin is not the file that manifest.yaml lists: expected"
    )


def test_an_unknown_model_is_told_with_the_nearest(city):
    """A misspelt name of weights gets the one that was meant."""
    folder = city()
    settings = folder / "gridpatrol.yaml"
    settings.write_text(settings.read_text().replace("name: tiny", "name: tyny"))

    assert told(folder) == [
        "gridpatrol.yaml:2: model.name: manifest.yaml lists no weights named 'tyny'; did you mean 'tiny'?"
    ]


def test_a_broken_manifest_is_told(city):
    """What the manifest lacks is told at the key that names it."""
    (mistake,) = told(city(manifest_yaml="version: 1\nweights: 3\n"))

    assert mistake.startswith("gridpatrol.yaml:2: model.manifest: manifest.yaml: weights: ")


def test_the_notes_say_whose_threshold_counts(city, tmp_path):
    """The model's own where no rule states one; zones that ask for more are counted."""
    zone = "{name: bin yard, polygon: [[0, 0], [1, 0], [1, 1]], min_score: 0.9}"
    folder = city(
        manifest_yaml=manifest(tmp_path) + "    thresholds: {ad: 0.62, stall: 0.7}\n",
        feeds_yaml=camera(f"    zones: [{zone}]\n"),
    )
    notes = check(folder, environ={}).notes

    assert "illegal_ad counts from ad 0.62 (the model), graffiti 0.35 (the default)" in notes
    assert "street_vending counts from stall 0.4 (its rule)" in notes
    assert "1 zones ask for scores of their own" in notes


def test_matters_that_the_model_cannot_see_are_noted(city, tmp_path):
    """A model without a matter's class is usable, and the check says what it will miss."""
    report = check(city(manifest_yaml=manifest(tmp_path, labels="[garbage, overflow, ad]")), environ={})

    assert report.ok
    assert "model tiny has no class that means street_vending: it will not be found" in report.notes


@pytest.mark.parametrize(
    ("labels", "settings", "note"),
    [
        ("person, table, stall", "", "model tiny sees street_vending by the rule and its class stall"),
        ("person, dining table", "", "model tiny sees street_vending by the rule alone"),
        ("person, food", "vending: {enabled: false}\n", OFF),
    ],
)  # fmt: skip
def test_it_is_said_how_the_model_sees_vending(city, tmp_path, labels, settings, note):
    """By the rule, by its own class, or not at all: nobody should wait for stalls that cannot be found."""
    text = manifest(tmp_path, labels=f"[garbage, overflow, ad, {labels}]")

    notes = check(city(manifest_yaml=text, gridpatrol_yaml=GRID + settings), environ={}).notes

    assert note in notes
    assert ("model tiny has no class that means street_vending: it will not be found" in notes) == bool(settings)
    assert not any("kept pictures" in each or "taken for gone" in each for each in notes)


def test_what_zones_exempt_and_when_is_told(city):
    """A market that is legal in the morning is not forgotten at noon."""
    square_ring = "[[0, 0], [1, 0], [1, 1]]"
    zones = f"""    zones:
      - {{name: 早市, kind: exclude, matters: [street_vending], windows: ["05:00-08:30", "22:00-24:00"],
         polygon: {square_ring}}}
      - {{name: 围挡, kind: exclude, polygon: {square_ring}}}
"""

    notes = check(city(feeds_yaml=camera(zones)), environ={}).notes

    assert (
        "feed cam-01: zone '早市' exempts street_vending 05:00-08:30 and 22:00-24:00; outside these hours they count"
        in notes
    )
    assert "feed cam-01: zone '围挡' leaves out all matters at all hours" in notes


def test_the_scripted_backend_needs_its_truth(tmp_path):
    """Drawn scenes are detected from a file, which must be named."""
    (tmp_path / "gridpatrol.yaml").write_text("model: {backend: scripted}\nfeeds: []\n")

    assert told(tmp_path) == [
        "gridpatrol.yaml:1: model.truth: the scripted backend has no truth; add truth: with its file"
    ]


def test_weights_given_as_a_file_must_be_there(tmp_path):
    """The ultralytics backend takes a path; a wrong one is told."""
    (tmp_path / "gridpatrol.yaml").write_text("feeds: []\nmodel: {backend: ultralytics, name: best.pt}\n")

    assert told(tmp_path) == ["gridpatrol.yaml:2: model.name: there is no file 'best.pt'; mend the path"]


def gpx(*places: tuple[float, float]) -> str:
    """Return a track with one place (lon, lat) each second from midnight UTC."""
    points = "".join(
        f'<trkpt lon="{lon}" lat="{lat}"><time>2026-01-01T00:00:{second:02}Z</time></trkpt>'
        for second, (lon, lat) in enumerate(places)
    )
    return f'<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>{points}</trkseg></trk></gpx>'


VEHICLE = camera("    kind: vehicle\n    track:\n      file: car.gpx\n      datum: wgs84\n")


@pytest.mark.parametrize("text", ["", "<gpx", "<gpx></gpx>", "$GPRMC,,V,,,,,,,,,,N*53\n"])
def test_a_track_that_is_none_is_told(city, text):
    """A vehicle's track that holds no positions is told at the key that names it."""
    (mistake,) = told(city(feeds_yaml=VEHICLE, car_gpx=text))

    assert mistake.startswith("feeds.yaml:6: feeds[0].track.file: ")


def test_a_track_is_summed_up(city):
    """Length and time of a vehicle's track are told, so that a track of another day is noticed."""
    report = check(city(feeds_yaml=VEHICLE, car_gpx=gpx((WEST, SOUTH), (WEST + 0.0001, SOUTH))), environ={})

    assert report.ok
    assert "feed cam-01: track of 0.01 km, 2026-01-01 00:00:00 to 2026-01-01 00:00:01 UTC" in report.notes


def test_a_track_in_another_city_is_told(city):
    """A vehicle's track is compared with the grid like a camera's place."""
    assert told(city(feeds_yaml=VEHICLE, car_gpx=gpx((116.4, 39.9), (116.4001, 39.9)))) == [
        (
            "feeds.yaml:5: feeds[0].track: the track is 1457 km outside the grid; "
            "mend its coordinates, or state the datum they are in"
        )
    ]


def test_a_track_s_datum_is_heard(city):
    """A place that its datum does not know is told at the track."""
    (mistake,) = told(
        city(feeds_yaml=VEHICLE.replace("wgs84", "epsg:4545"), car_gpx=gpx((WEST, SOUTH), (WEST, SOUTH)))
    )

    assert mistake.startswith("feeds.yaml:6: feeds[0].track.file: ")


def test_all_parts_are_inspected_when_one_is_broken(city):
    """A broken grid does not hide a broken calibration or model."""
    folder = city(grid_geojson="hello", feeds_yaml=calibration(*[(0.1 * n, 0.1 * n, n, n) for n in range(1, 5)]))
    (folder / "w.bin").unlink()

    assert [mistake.key for mistake in check(folder, environ={}).mistakes] == [
        "grid.file",
        "feeds[0].calibration",
        "model.name",
    ]


def test_the_demonstration_has_no_mistakes():
    """What is shipped can be started."""
    assert check(PROJECT / "configs" / "demo", environ=os.environ).lines()[-1] == "no mistakes"


def gridpatrol_check(
    *arguments: str | Path, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``gridpatrol check`` as people do."""
    return subprocess.run(
        [sys.executable, "-m", "api", "check", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={**os.environ, **(environ or {})},
        timeout=60,
        check=False,
    )


def test_the_command_lists_mistakes_and_ends_with_2(city):
    """Mistakes go to standard output, one a line, without a traceback."""
    folder = city(gridpatrol_yaml="", feeds_yaml=camera("    password: ${CAM_PASSWORD}\n    intervall_s: 3\n"))

    done = gridpatrol_check("--config", folder)

    assert done.returncode == 2
    assert done.stdout.splitlines() == [
        (
            f"{folder}/feeds.yaml:4: feeds[0].password: environment variable CAM_PASSWORD is not set; "
            "set CAM_PASSWORD, or write the password here"
        ),
        f"{folder}/feeds.yaml:5: feeds[0].intervall_s: unknown key 'intervall_s'; write interval_s",
        "2 mistakes",
    ]
    assert "Traceback" not in done.stderr


def test_the_command_ends_with_0_when_all_is_well(city):
    """The environment is the process's own; the JSON answer is one document."""
    folder = city(feeds_yaml=camera("    password: ${CAM_PASSWORD}\n"))

    done = gridpatrol_check("--config", folder, "--json", environ={"CAM_PASSWORD": "hunter2"})

    assert (done.returncode, json.loads(done.stdout)["ok"]) == (0, True)
    assert "hunter2" not in done.stdout + done.stderr


PLAN = """plans:
  - {id: a, interval_s: 60, cells: ['500103001001009']}
  - {id: b, interval_s: 60, streets: [Nowhere]}
"""


def test_streets_and_cells_of_plans_must_be_in_the_grid(city):
    """A plan that means ground the grid does not have would silently visit nobody."""
    cell, street = told(city(gridpatrol_yaml=GRID + "plans: [plans.yaml]\n", plans_yaml=PLAN))

    assert cell.startswith("plans.yaml:2: plans[0].cells[0]: the grid has no cell '500103001001009'; did you mean ")
    assert street.startswith("plans.yaml:3: plans[1].streets[0]: the grid has no street 'Nowhere'; write it as ")


def test_streets_and_cells_of_plans_need_a_grid(city):
    """Without a grid nobody stands in a cell."""
    cells, streets = told(city(gridpatrol_yaml="plans: [plans.yaml]\n", plans_yaml=PLAN))

    assert cells.startswith("plans.yaml:2: plans[0].cells: there is no grid to find cells in; name its file under ")
    assert streets.startswith("plans.yaml:3: plans[1].streets: there is no grid to find streets in; ")


AREA = "{datum: wgs84, polygon: [[106.50, 29.50], [106.51, 29.50], [106.51, 29.51]]}"
PLACED = "feeds:\n  - {id: cam-01, url: 'rtsp://10.0.0.1/1', place: {lon: 106.5705, lat: 29.5605, datum: wgs84}}\n"


def test_a_plan_that_chooses_no_feed_is_told_with_its_key(city):
    """Drawn beside the cameras, or over a cell without any, a plan would silently visit nobody."""
    plans = (
        f"plans:\n  - {{id: lake, interval_s: 60, area: {AREA}}}\n"
        f"  - {{id: far, interval_s: 60, cells: ['{SECOND}']}}\n"
        f"  - {{id: near, interval_s: 60, cells: ['{FIRST}']}}\n"
    )
    settings = GRID + "plans: [plans.yaml]\n"
    lake, far = told(city(gridpatrol_yaml=settings, plans_yaml=plans, feeds_yaml=PLACED))

    right = "mend the plan's ground or its datum, or write place: at the feeds that stand there"
    assert lake == f"plans.yaml:2: plans[0].area: no feed that is switched on is in plan lake by its area; {right}"
    assert far == f"plans.yaml:3: plans[1].cells: no feed that is switched on is in plan far by its cells; {right}"


def test_a_plan_of_feeds_that_are_switched_off_is_told_and_a_misspelt_tag_once(city):
    off = "feeds:\n  - {id: cam-01, url: 'rtsp://10.0.0.1/1', tags: [market], enabled: false}\n"
    settings = "plans: [plans.yaml]\n"
    plan = "plans:\n  - {id: markets, interval_s: 60, tags: [market]}\n"
    (markets,) = told(city(gridpatrol_yaml=settings, plans_yaml=plan, feeds_yaml=off))
    assert markets.endswith("in plan markets by its tags; switch one of them on, or take the plan out")

    (misspelt,) = told(city(gridpatrol_yaml=settings, plans_yaml=plan.replace("[market]", "[markt]"), feeds_yaml=off))
    assert misspelt == "plans.yaml:2: plans[0].tags[0]: there is no tag 'markt'; did you mean 'market'?"


def test_a_view_since_of_a_day_to_come_is_told(city):
    text = "feeds:\n  - id: cam-01\n    url: rtsp://10.0.0.1/1\n    view_since: {}\n".format
    assert told(city(feeds_yaml=text("2099-01-31"))) == [
        (
            "feeds.yaml:4: feeds[0].view_since: 2099-01-31 is a day to come; "
            "write the day since which the camera looks as it does"
        )
    ]
    assert told(city(feeds_yaml=text("2026-01-31"))) == []
