"""Registers of cameras, as offices keep them, through the command line."""

from __future__ import annotations

import codecs
import csv
import stat
import time
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.api.importing.city import city, configured, gridpatrol

HEADER = ["编号", "点位名称", "RTSP地址", "经度", "纬度", "权属单位", "监视方位"]
ROWS = [
    ["cam-1", "解放碑北口", "rtsp://admin:p%40ss@10.0.0.1/1", "１０６．５７６４", "29.5590，", "城管", "东北"],
    ["", "民权路 2 号", "rtsp://10.0.0.2：554/1", "106,577", "29.558", "公安", "90"],
]


def write_csv(file: Path, rows: list[list[str]], *, encoding: str = "utf-8", separator: str = ",") -> Path:
    with file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=separator).writerows(rows)
    return file


def write_xlsx(file: Path, rows: list[list[object]]) -> Path:
    book = Workbook()
    book.active.title = "封面"
    sheet = book.create_sheet("点位表")
    for row in rows:
        sheet.append(row)
    book.save(file)
    return file


@pytest.mark.parametrize(
    ("encoding", "separator"), [("utf-8", ","), ("utf-8-sig", ","), ("gb18030", ","), ("utf-16", "\t"), ("gbk", ";")]
)
def test_a_register_in_any_encoding_becomes_feeds_that_check_is_content_with(tmp_path, encoding, separator):
    folder = city(tmp_path / "city")
    rows = [[cell.replace(separator, "") if separator != "," else cell for cell in row] for row in ROWS]
    if separator != ",":
        rows = [[cell.replace("，", "").replace("106,577", "106.577") for cell in row] for row in rows]
    register = write_csv(tmp_path / "城东.csv", [HEADER, *rows], encoding=encoding, separator=separator)

    ended = gridpatrol("feeds", "import", register, "--config", folder, "--datum", "gcj02")
    assert (ended.code, ended.err.count("wrote")) == (0, 1)
    assert "2 new, 0 changed" in ended.out

    first, second = configured(folder).values()
    assert (first.id, first.name, first.owner) == ("cam-1", "解放碑北口", "城管")
    assert (first.url, first.user, first.password) == ("rtsp://10.0.0.1/1", "admin", "p@ss")
    assert (first.place.lon, first.place.lat, first.place.datum) == (106.5764, 29.559, "gcj02")
    assert (first.place.direction_deg, second.place.direction_deg) == (45, 90)
    assert second.url == "rtsp://10.0.0.2:554/1"
    assert second.place.lon == 106.577
    assert gridpatrol("check", "--config", folder).code == 0


def test_a_workbook_with_titles_above_and_excels_numbers(tmp_path):
    folder = city(tmp_path / "city")
    rows: list[list[object]] = [
        ["2026 年监控点位汇总表"],
        [],
        ["编号", "国标编号", "名称", "子码流地址", "主码流地址", "经度", "纬度", "坐标系", "是否启用", "备注"],
        [
            1001,
            "34020000001320000001",
            "东门",
            "rtsp://10.0.0.1/2",
            "rtsp://10.0.0.1/1",
            106.5,
            29.5,
            "高德",
            "是",
            "x",
        ],
        [1002.0, None, "西门", "rtsp://10.0.0.2/2", None, 106.6, 29.6, "WGS-84", "停用", None],
        [1003, 34020000001320000003, "南门", "rtsp://10.0.0.3/2", None, 106.6, 29.6, "WGS84", None, None],
    ]
    ended = gridpatrol(
        "feeds", "import", write_xlsx(tmp_path / "t.xlsx", rows), "--config", folder, "--out", "f.yaml"
    )
    assert ended.code == 3
    assert "row 6: gb_id: a spreadsheet kept only 15 digits of it" in ended.out
    assert "columns not used: 备注" in ended.out
    feeds = configured(folder)
    assert list(feeds) == ["1001", "1002"]
    assert (feeds["1001"].main_url, feeds["1001"].place.datum) == ("rtsp://10.0.0.1/1", "gcj02")
    assert not feeds["1002"].enabled


BAD = [
    (["", "no url", "", "106.5", "29.5"], "row 3: url: there is none"),
    (["b", "no scheme", "10.0.0.9:554/1", "106.5", "29.5"], "row 4: url: it starts with none of rtsp://"),
    (["c", "swapped", "rtsp://10.0.0.3/1", "29.5", "106.5"], "row 5: place: 106.5 is no latitude"),
    (["d", "half", "rtsp://10.0.0.4/1", "106.5", ""], "row 6: lat: only one of the two"),
    (["e", "words", "rtsp://10.0.0.5/1", "106度34分", "29.5"], "row 7: lon: '106度34分' is not a number"),
    (["a", "same id", "rtsp://10.0.0.6/1", "106.5", "29.6"], "row 8: id 'a' is that of row 2"),
    (["g", "wide", "rtsp://10.0.0.7/1", "106.5", "29.6", "x", "nowhere"], "row 9: direction_deg: 'nowhere'"),
    (["h", "metres", "rtsp://10.0.0.8/1", "361412.5", "3272193.2"], "row 10: place: 361412.5, 3272193.2 are not deg"),
    (["i", "sign", "rtsp://admin:a#hush@10.0.0.11/1"], "row 11: url: its user or password holds # / or ?"),
    (["j", "slash", "rtsp://admin:a/hush@10.0.0.12/1"], "row 12: url: its user or password holds # / or ?"),
]


def test_bad_rows_are_listed_with_their_numbers_and_the_good_ones_enter(tmp_path):
    folder = city(tmp_path / "city")
    good = [["a", "good", "rtsp://10.0.0.1/1", "106.5", "29.5"], ["z", "no place", "rtsp://10.0.0.2/1", "0", "0"]]
    register = write_csv(tmp_path / "r.csv", [HEADER, good[0], *(row for row, _ in BAD), good[1]])
    ended = gridpatrol("feeds", "import", register, "--config", folder, "--datum", "wgs84")
    assert ended.code == 3
    assert [told for _, told in BAD if told not in ended.out] == []
    assert "hush" not in ended.out + ended.err
    assert set(configured(folder)) == {"a", "z"}
    assert configured(folder)["z"].place is None


def test_cameras_there_twice_enter_once(tmp_path):
    folder = city(tmp_path / "city", "feeds:\n  - {id: old, url: 'rtsp://u:p@10.0.0.9/1'}\n")
    header = ["id", "国标编号", "name", "url", "lon", "lat"]
    rows = [
        ["a", "34020000001320000001", "n", "rtsp://10.0.0.1/1", "106.5", "29.5"],
        ["b", "", "m", "rtsp://x:y@10.0.0.1/1", "106.6", "29.5"],
        ["c", "34020000001320000001", "o", "rtsp://10.0.0.3/1", "106.7", "29.5"],
        ["d", "", "pole", "rtsp://10.0.0.4/1", "106.8", "29.5"],
        ["e", "", "pole", "rtsp://10.0.0.5/1", "106.8", "29.5"],
        ["", "", "pole", "rtsp://10.0.0.6/1", "106.8", "29.5"],
        ["f", "", "p", "rtsp://10.0.0.9/1", "106.9", "29.5"],
    ]
    register = write_csv(tmp_path / "r.csv", [header, *rows])
    ended = gridpatrol("feeds", "import", register, "--config", folder, "--datum", "wgs84", "--json")
    document = ended.document
    assert ended.code == 3
    assert document["new"] == ["a", "d", "e"]
    assert [(each["where"], each["reason"]) for each in document["repeated"]] == [
        ("row 3", "is the same camera as row 2, by its url; left out"),
        ("row 4", "is the same camera as row 2, by its channel; left out"),
    ]
    assert document["elsewhere"] == [{"where": "row 8", "reason": "is old of feeds.yaml already; left out"}]
    assert [each["where"] for each in document["refused"]] == ["row 7"]
    assert set(configured(folder)) == {"old", "a", "d", "e"}


def test_a_camera_that_took_over_anothers_address_does_not_take_over_its_feed(tmp_path):
    """The two stand on one pole, and the newcomer comes first in the register."""
    folder = city(tmp_path / "city")
    header = ["id", "name", "url", "lon", "lat"]
    pole = ["106.5", "29.5"]
    register = write_csv(tmp_path / "r.csv", [header, ["a", "pole", "rtsp://10.0.0.1/1", *pole]])
    command = ("feeds", "import", register, "--config", folder, "--datum", "wgs84", "--json")
    assert gridpatrol(*command).code == 0
    moved = [["b", "pole", "rtsp://10.0.0.1/1", *pole], ["a", "pole", "rtsp://10.0.0.2/1", *pole]]
    write_csv(register, [header, *moved])
    document = gridpatrol(*command).document
    assert document["new"] == ["b"]
    assert document["changed"] == [{"id": "a", "keys": {"url": ["rtsp://10.0.0.1/1", "rtsp://10.0.0.2/1"]}}]
    assert {feed.id: feed.url[-3] for feed in configured(folder).values()} == {"a": "2", "b": "1"}
    # Without an id, place and name find the feed again although its address is another.
    write_csv(register, [header, ["", "pole", "rtsp://10.0.0.9/1", *pole]])
    document = gridpatrol(*command).document
    assert ([each["id"] for each in document["changed"]], document["gone"]) == (["a"], ["b"])


def test_the_demonstration_city_is_not_written_to(tmp_path):
    register = write_csv(tmp_path / "r.csv", [HEADER, *ROWS])
    ended = gridpatrol("feeds", "import", register, "--datum", "gcj02")
    assert (ended.code, "name your city's folder with --config" in ended.err) == (2, True)


def test_the_datum_is_never_guessed(tmp_path):
    folder = city(tmp_path / "city")
    register = write_csv(tmp_path / "r.csv", [HEADER, *ROWS])
    ended = gridpatrol("feeds", "import", register, "--config", folder)
    assert (ended.code, "add --datum wgs84, gcj02" in ended.err) == (2, True)
    ended = gridpatrol("feeds", "import", register, "--config", folder, "--datum", "mars")
    assert (ended.code, "'mars' is not a datum" in ended.err) == (2, True)
    assert list(folder.iterdir()) == [folder / "gridpatrol.yaml"]


def test_a_dry_run_tells_field_by_field_and_writes_nothing(tmp_path):
    folder = city(tmp_path / "city")
    register = write_csv(tmp_path / "r.csv", [HEADER, *ROWS])
    command = ("feeds", "import", register, "--config", folder, "--datum", "gcj02")
    before = gridpatrol(*command, "--dry-run")
    assert (before.code, "new      cam-1 解放碑北口" in before.out) == (0, True)
    assert list(folder.iterdir()) == [folder / "gridpatrol.yaml"]

    assert gridpatrol(*command).code == 0
    written = (folder / "feeds-r.yaml").read_text(encoding="utf-8")
    by_hand = written.replace(
        "    owner: 城管\n", "    owner: 城管   # ours\n    zones: [{name: z, polygon: [[0, 0], [1, 0], [1, 1]]}]\n"
    )
    (folder / "feeds-r.yaml").write_text(by_hand, encoding="utf-8")
    moved = [[*ROWS[0][:3], "106.58", *ROWS[0][4:]], ["new", "新", "rtsp://10.0.0.7/1", "", "", "", ""]]
    write_csv(register, [HEADER, *moved])

    dry = gridpatrol(*command, "--dry-run")
    place = "{'lon': 106.5764, 'lat': 29.559, 'datum': 'gcj02', 'direction_deg': 45.0}"
    assert f"changed  cam-1: place: {place} -> {place.replace('106.5764', '106.58')}" in dry.out
    assert "1 new, 1 changed, 0 as they were, 1 gone" in dry.out
    assert (folder / "feeds-r.yaml").read_text(encoding="utf-8") == by_hand

    done = gridpatrol(*command)
    assert "gone     2-" in done.out
    text = (folder / "feeds-r.yaml").read_text(encoding="utf-8")
    assert text.startswith(by_hand.replace("106.5764", "106.58"))
    assert "民权路" in text

    again = gridpatrol(*command)
    assert "0 new, 0 changed, 2 as they were, 1 gone" in again.out
    removed = gridpatrol(*command, "--remove-missing")
    assert (removed.code, "removed  2-" in removed.out) == (0, True)
    assert [*configured(folder)] == ["cam-1", "new"]
    assert configured(folder)["cam-1"].zones[0].name == "z"
    assert gridpatrol("check", "--config", folder).code == 0


def test_nothing_is_removed_while_rows_are_bad(tmp_path):
    folder = city(tmp_path / "city")
    register = write_csv(tmp_path / "r.csv", [HEADER, *ROWS])
    command = ("feeds", "import", register, "--config", folder, "--datum", "gcj02", "--remove-missing")
    assert gridpatrol(*command).code == 0
    write_csv(register, [HEADER, ["cam-1", "x", "no address"]])
    ended = gridpatrol(*command)
    assert (ended.code, "were kept" in ended.err) == (3, True)
    assert len(configured(folder)) == 2


def test_passwords_stay_out_of_the_file_and_of_every_message(tmp_path):
    folder = city(tmp_path / "city")
    rows = [*ROWS, ["x", "other", "rtsp://viewer:hush@10.0.0.5/1", "", ""], ["y", "no scheme", "u:hush@10.0.0.6/1"]]
    register = write_csv(tmp_path / "r.csv", [HEADER, *rows])
    command = ("feeds", "import", register, "--config", folder, "--datum", "gcj02")
    ended = gridpatrol(*command, "--credentials-env", "CAM")
    text = (folder / "feeds-r.yaml").read_text(encoding="utf-8")
    assert "set CAM_USER and CAM_PASSWORD for 1 feeds" in ended.out
    assert "user: ${CAM2_USER}" in text.replace('"', "")
    assert not [told for told in (text, ended.out, ended.err) if "hush" in told or "p@ss" in told]
    env = {"CAM_USER": "admin", "CAM_PASSWORD": "p@ss", "CAM2_USER": "viewer", "CAM2_PASSWORD": "hush"}
    assert configured(folder, env)["x"].password == "hush"
    assert gridpatrol("check", "--config", folder, env=env).code == 0
    # An import without the option puts no password in the place of a reference.
    assert "0 changed" in gridpatrol(*command).out
    listed = gridpatrol("feeds", "list", "--config", folder, "--json", env=env)
    assert [feed["id"] for feed in listed.document] == [*configured(folder, env)]
    assert "hush" not in listed.out
    lines = gridpatrol("feeds", "list", "--config", folder, env=env).out.splitlines()
    assert (len(lines), lines[0].split("\t")[:2]) == (4, ["id", "name"])


def test_a_file_with_passwords_is_for_its_owner_alone(tmp_path):
    folder = city(tmp_path / "city")
    gridpatrol(
        "feeds", "import", write_csv(tmp_path / "r.csv", [HEADER, *ROWS]), "--config", folder, "--datum", "gcj02"
    )
    assert stat.S_IMODE((folder / "feeds-r.yaml").stat().st_mode) == 0o600


def test_columns_by_other_names_are_mapped(tmp_path):
    folder = city(tmp_path / "city")
    register = write_csv(tmp_path / "r.csv", [["位置", "视频", "经度"], ["桥头", "rtsp://10.0.0.1/1", "x"]])
    refused = gridpatrol("feeds", "import", register, "--config", folder)
    assert (refused.code, "位置, 视频, 经度; name the columns with --map" in refused.err) == (2, True)
    wrong = gridpatrol("feeds", "import", register, "--config", folder, "--map", "位置=nmae")
    assert (wrong.code, "no key 'nmae'; use name" in wrong.err) == (2, True)
    mapped = ("--map", "位置=name", "--map", "视频=url", "--map", "经度=-")
    assert gridpatrol("feeds", "import", register, "--config", folder, *mapped).code == 0
    assert [feed.name for feed in configured(folder).values()] == ["桥头"]


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("none.csv", None, "there is no such file"),
        ("empty.csv", b"", "there is nothing in it"),
        ("binary.csv", b"\x81\x00\xff\xfe\xff", "neither UTF-8 nor GBK"),
        ("fake.xlsx", b"name,url\n", "is no XLSX workbook"),
        ("old.xls", b"", "give a .csv, .xlsx or .geojson"),
        ("page.geojson", b"<html>", "is no JSON"),
        ("list.geojson", b"[]", "no GeoJSON FeatureCollection"),
        ("gauss.geojson", codecs.encode('{"crs":{"properties":{"name":"EPSG:4545"}},"features":[]}'), "--datum epsg"),
    ],
)
def test_what_is_no_register_is_refused_in_one_sentence(tmp_path, name, data, told):
    datum = () if name == "gauss.geojson" else ("--datum", "wgs84")
    if data is not None:
        (tmp_path / name).write_bytes(data)
    ended = gridpatrol("feeds", "import", tmp_path / name, "--config", city(tmp_path / "city"), *datum)
    assert ended.code == 2
    assert told in ended.err
    assert len(ended.err.strip().splitlines()) == 1


def test_geojson_points_are_wgs84_unless_it_is_said_otherwise(tmp_path):
    folder = city(tmp_path / "city")
    (tmp_path / "p.geojson").write_text(
        """{"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": 7, "properties": {"name": "桥", "url": "http://10.0.0.1/snap.jpg"},
         "geometry": {"type": "Point", "coordinates": [106.5, 29.5, 240]}},
        {"type": "Feature", "properties": {"name": "线", "url": "rtsp://10.0.0.2/1"},
         "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}]}""",
        encoding="utf-8",
    )
    ended = gridpatrol("feeds", "import", tmp_path / "p.geojson", "--config", folder)
    assert (ended.code, "feature 2: it is a LineString; a camera is a Point" in ended.out) == (3, True)
    (feed,) = configured(folder).values()
    assert (feed.id, feed.place.lon, feed.place.datum) == ("7", 106.5, "wgs84")


@pytest.mark.timeout(240)
def test_ten_thousand_rows_in_well_under_half_a_minute(tmp_path):
    """New, then all of them changed: the two most expensive imports. CPU time, as machines that test are busy."""
    folder = city(tmp_path / "city")
    rows = [
        [f"cam-{n:05}", f"点位{n}", f"rtsp://u:p@10.{n >> 8}.{n & 255}.1/1", str(106 + n / 1e5), "29.5", "城管", "东"]
        for n in range(10_000)
    ]
    register = write_csv(tmp_path / "r.csv", [HEADER, *rows], encoding="gbk")
    command = ("feeds", "import", register, "--config", folder, "--datum", "gcj02")
    began = time.process_time()
    assert "10000 new" in gridpatrol(*command).out
    write_csv(register, [HEADER, *([*row[:5], "公安", "西"] for row in rows)])
    assert "10000 changed" in gridpatrol(*command).out
    assert time.process_time() - began < 30
