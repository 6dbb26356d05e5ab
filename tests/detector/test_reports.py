"""What was seen can be read back from every report, whatever the names in it."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

import numpy as np
import pytest

from detector.detection import Detection
from detector.reports import COLUMNS, CsvReport, Seen, coco_document, frame_record, geojson_document
from streams.frame import Fix, Frame

WHEN = datetime(2025, 3, 1, 8, 30, tzinfo=UTC)
FOUND = (
    Detection("garbage", 0.91237, (10.004, 20.0, 110.0, 70.5), "starter@1a2b3c4d"),
    Detection("bin", 0.5, (0.0, 0.0, 640.0, 360.0), "starter@1a2b3c4d"),
)
LABELS = ("garbage", "overflow", "bin")


def frame(name="a.jpg", index=0, fix=None):
    return Frame(np.zeros((360, 640, 3), np.uint8), WHEN, digest="d", name=name, index=index, fix=fix)


def vehicle_frame(name="b.jpg"):
    return frame(name, index=1, fix=Fix(lon=104.06, lat=30.67, accuracy_m=5, age_s=0.2))


def test_a_frames_record_has_exactly_the_promised_keys():
    record = frame_record(frame("街角.jpg", index=3), FOUND)
    assert record == {
        "index": 3,
        "name": "街角.jpg",
        "captured_at": "2025-03-01T08:30:00+00:00",
        "width": 640,
        "height": 360,
        "detections": [
            {"label": "garbage", "score": 0.9124, "box": [10.0, 20.0, 110.0, 70.5]},
            {"label": "bin", "score": 0.5, "box": [0.0, 0.0, 640.0, 360.0]},
        ],
    }
    assert json.loads(json.dumps(record)) == record


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["街角, 一号.jpg", 'said "no".jpg', "line\nbreak.jpg", " blank .jpg"])
def test_awkward_names_come_back_from_the_table(tmp_path, name):
    with CsvReport(tmp_path / "detections.csv") as report:
        report.add(Seen.of("文件夹,甲", frame(name), FOUND))
    rows = read(tmp_path / "detections.csv")
    assert [row["name"] for row in rows] == [name, name]
    assert {row["source"] for row in rows} == {"文件夹,甲"}


def test_the_table_has_one_row_per_detection_with_a_place_where_it_is_known(tmp_path):
    with CsvReport(tmp_path / "detections.csv") as report:
        report.add(Seen.of("clip.mp4", frame(), FOUND[:1]))
        report.add(Seen.of("clip.mp4", vehicle_frame(), FOUND))
        report.add(Seen.of("clip.mp4", frame(), ()))
    rows = read(tmp_path / "detections.csv")
    assert tuple(rows[0]) == COLUMNS
    assert [(row["label"], row["lon"], row["lat"]) for row in rows] == [
        ("garbage", "", ""),
        ("garbage", "104.06", "30.67"),
        ("bin", "104.06", "30.67"),
    ]
    assert [float(rows[0][key]) for key in ("score", "x1", "y1", "x2", "y2")] == [0.9124, 10, 20, 110, 70.5]
    assert datetime.fromisoformat(rows[0]["captured_at"]) == WHEN


def test_passwords_of_sources_are_in_no_report(tmp_path):
    seen = Seen.of("rtsp://admin:secret@10.0.0.1/1", vehicle_frame(), FOUND)
    with CsvReport(tmp_path / "detections.csv") as report:
        report.add(seen)
    written = (tmp_path / "detections.csv").read_text(encoding="utf-8")
    assert "secret" not in written + json.dumps([coco_document([seen], LABELS), geojson_document([seen])])


def test_the_coco_document_is_well_formed():
    frames = [
        Seen.of("s", frame("街角.jpg"), FOUND),
        Seen.of("s", frame("", 7), ()),
        Seen.of("s", frame(), FOUND[1:]),
    ]
    document = json.loads(json.dumps(coco_document(frames, LABELS)))
    images, categories = ({each["id"]: each for each in document[key]} for key in ("images", "categories"))
    assert [each["name"] for each in document["categories"]] == list(LABELS)
    assert [each["file_name"] for each in document["images"]] == ["街角.jpg", "s#7", "a.jpg"]
    assert len({each["id"] for each in document["annotations"]}) == 3
    for each in document["annotations"]:
        x, y, width, height = each["bbox"]
        image = images[each["image_id"]]
        assert 0 <= x <= x + width <= image["width"]
        assert 0 <= y <= y + height <= image["height"]
        assert each["area"] == pytest.approx(width * height)
        assert 0 <= each["score"] <= 1
    first = document["annotations"][0]
    assert (first["bbox"], categories[first["category_id"]]["name"]) == ([10.0, 20.0, 100.0, 50.5], "garbage")


def test_the_map_has_a_point_for_each_detection_of_a_known_place():
    document = geojson_document([Seen.of("s", frame(), FOUND), Seen.of("s", vehicle_frame(), FOUND)])
    assert document["type"] == "FeatureCollection"
    assert [each["geometry"] for each in document["features"]] == [
        {"type": "Point", "coordinates": [104.06, 30.67]}
    ] * 2
    assert document["features"][0]["properties"]["label"] == "garbage"
    assert json.loads(json.dumps(document)) == document


def test_nothing_seen_gives_empty_documents(tmp_path):
    CsvReport(tmp_path / "detections.csv").close()
    assert read(tmp_path / "detections.csv") == []
    assert geojson_document([])["features"] == []
    assert coco_document([], LABELS)["annotations"] == []
