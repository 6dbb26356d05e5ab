"""``gridpatrol detect`` through the front door."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.patrol_city import PROJECT, still, stills_folder, vehicle_run
from tests.servers.clips import jpeg, scene, write_clip


def detect(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api", "detect", *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=110, check=False)


def test_real_stills_come_back_as_one_json_document_with_what_they_show():
    """At least nine in ten of the pictures that show exposed garbage or an overflowing bin are flagged."""
    folder = stills_folder()
    ended = detect(folder, "--json")
    document = json.loads(ended.stdout)
    frames = {frame["name"]: frame for frame in document["sources"][0]["frames"]}
    with (folder.parent / "samples.csv").open() as table:
        shows = {Path(row["file"]).name: row["shows"] for row in csv.DictReader(table) if row["file"].endswith("jpg")}
    positives = [name for name, what in shows.items() if what in {"garbage", "overflow"}]
    flagged = [n for n in positives if {d["label"] for d in frames[n]["detections"]} & {"garbage", "overflow"}]

    assert ended.returncode == 0
    assert set(document) == {"model", "sources"}
    assert set(document["sources"][0]) == {"source", "frames", "error"}
    assert set(frames) == set(shows)
    assert set(frames["street_00038.jpg"]) == {"index", "name", "captured_at", "width", "height", "detections"}
    assert set(frames["street_00038.jpg"]["detections"][0]) == {"label", "score", "box"}
    assert len(flagged) / len(positives) >= 0.9


def test_broken_sources_never_stop_the_others_and_nothing_but_json_is_printed(tmp_path):
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    good.write_bytes(jpeg(scene()))
    bad.write_bytes(b"no picture")
    ended = detect(bad, "rtsp://admin:hush@127.0.0.1:9/1", "gopher://x", tmp_path / "none", good, "--json")
    sources = json.loads(ended.stdout)["sources"]

    assert ended.returncode == 3
    assert [len(each["frames"]) for each in sources] == [0, 0, 0, 0, 1]
    assert [bool(each["error"]) for each in sources] == [True, True, True, True, False]
    assert "hush" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_clip_becomes_an_annotated_clip_and_lists(tmp_path):
    clip = write_clip(tmp_path / "street.mp4", [scene(number) for number in range(30)])
    out = tmp_path / "out"

    ended = detect(clip, "--out", out, "--every", "0.5")

    assert ended.returncode == 0, ended.stderr
    assert (out / "street.mp4").stat().st_size > 1000
    assert (out / "detections.csv").read_text().startswith("source,index,name,captured_at,label,score")
    assert len(json.loads((out / "coco.json").read_text())["images"]) == 6
    assert not (out / "detections.geojson").exists()


def test_with_a_track_detections_have_places(tmp_path):
    clip, track = vehicle_run(tmp_path, still("00222"))
    out = tmp_path / "out"

    ended = detect(clip, "--track", track, "--out", out)
    features = json.loads((out / "detections.geojson").read_text())["features"]

    assert ended.returncode == 0, ended.stderr
    assert features
    lon, lat = features[0]["geometry"]["coordinates"]
    assert 106.533 <= lon <= 106.5345
    assert lat == pytest.approx(29.55, abs=1e-4)


def test_two_sources_of_one_name_do_not_overwrite_each_other(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder / "cam").mkdir(parents=True)
        (tmp_path / folder / "cam" / "1.jpg").write_bytes(jpeg(scene()))

    ended = detect(tmp_path / "a/cam", tmp_path / "b/cam", "--out", tmp_path / "out")

    assert ended.returncode == 0
    assert (tmp_path / "out/cam/1.jpg").exists()
    assert (tmp_path / "out/cam-2/1.jpg").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["x.jpg", "--model", "gridpatrol-startr"], 2, "gridpatrol-starter"),
        (["x.jpg", "--min-score", "7"], 2, "min-score"),
        ([], 2, "sources"),
        (["x.jpg", "--out", "/dev/null/out"], 1, "cannot be written"),
    ],
)
def test_a_wrong_call_is_told_in_one_sentence(arguments, code, said):
    ended = detect(*arguments)

    assert ended.returncode == code
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
