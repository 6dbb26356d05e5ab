"""``gridpatrol detect`` through the front door."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from api.quicklook import quick_look
from api.wiring.subjects import subject_of
from detector.errors import ModelError
from detector.model import ModelCard
from streams.frame import Image
from tests.e2e.patrol_city import PROJECT, eventually, still, stills_folder, vehicle_run
from tests.servers.clips import jpeg, scene, write_clip
from tests.servers.rtsp import RtspServer


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
        (["x.jpg", "--out", "/dev/null/out"], 2, "cannot be written"),
        (["x.jpg", "--track", "no/such.gpx"], 2, "--track no/such.gpx cannot be read (No such file or directory)"),
        (["x.jpg", "--track", "LICENSE"], 2, "--track LICENSE: neither GPX nor NMEA"),
    ],
)
def test_a_wrong_call_is_told_in_one_sentence(arguments, code, said):
    ended = detect(*arguments)

    assert ended.returncode == code
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_source_that_was_never_seen_is_not_said_to_show_nothing(tmp_path):
    ended = detect(tmp_path / "none.jpg")

    assert ended.returncode == 3
    assert "nothing found" not in ended.stdout
    assert ended.stderr.count("no such") == 1


class BlindToSmall:
    """A model that sees nothing, and fails on pictures of 100 rows and fewer."""

    card = ModelCard(id="blind@0", labels=("garbage",), input_px=320, sha256="0" * 64, backend="scripted")

    def detect(self, images: list[Image]) -> list[tuple[()]]:
        if any(len(image) <= 100 for image in images):
            raise ModelError("blind@0 failed on a picture (too small)")
        return [() for _ in images]

    def warm_up(self, height: int, width: int) -> None:
        """Nothing to prepare."""

    def close(self) -> None:
        """Nothing to give back."""


def test_a_picture_the_model_fails_on_is_its_sources_error_and_no_others(tmp_path):
    for folder, heights in {"some": (240, 240, 90, 240), "good": (240,)}.items():
        (tmp_path / folder).mkdir()
        for number, height in enumerate(heights):
            (tmp_path / folder / f"{number}.jpg").write_bytes(jpeg(scene(number, height=height)))
    told = []

    seen = quick_look(
        [subject_of(str(tmp_path / folder)) for folder in ("some", "good")],
        BlindToSmall(),
        on_frame=lambda name, done, total: told.append((Path(name).name, done, total)),
    )

    assert told == [("some", 1, 4), ("some", 2, 4), ("good", 1, 1)]
    assert seen.looked[0].error.endswith("broken off after 2 frames: blind@0 failed on a picture (too small)")
    assert seen.looked[1].error is None


@pytest.mark.parametrize(("after", "code"), [([], 0), (["later.jpg"], 3)])
def test_ctrl_c_ends_a_live_camera_and_keeps_everything_seen(tmp_path, after, code):
    """A live camera's end is Ctrl-C; fewer frames than the model takes at once are kept all the same."""
    (tmp_path / "before.jpg").write_bytes(jpeg(scene()))
    out = tmp_path / "out"
    with RtspServer() as server:
        sources = [tmp_path / "before.jpg", server.url("h264"), *(tmp_path / name for name in after)]
        command = [sys.executable, "-m", "api", "detect", *map(str, sources), "--every", "0.5", "--json"]
        look = subprocess.Popen(
            [*command, "--out", str(out)], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        eventually(lambda: (out / "h264.mp4").exists() or look.poll() is not None, what="two frames of the camera")
        look.send_signal(signal.SIGINT)
        said, complaints = look.communicate(timeout=30)
    sources = json.loads(said)["sources"]

    assert look.returncode == code, complaints
    assert [len(each["frames"]) for each in sources[:2]] == [1, pytest.approx(2, abs=1)]
    assert [each["error"] for each in sources[:2]] == [None, None]
    assert [each["error"].endswith("stopped before it was looked at") for each in sources[2:]] == [True] * len(after)
    assert "Traceback" not in complaints
    assert (out / "detections.csv").exists()


def test_ctrl_c_in_a_clip_keeps_what_was_seen_and_says_that_it_is_not_all(tmp_path):
    frames = iter(subject_of(str(write_clip(tmp_path / "a.mp4", map(scene, range(30))))).frames(0.1))

    def interrupted(_every_s):
        for _ in range(6):
            yield next(frames)
        raise KeyboardInterrupt

    subject = replace(subject_of("a.mp4"), frames=interrupted)
    seen = quick_look([subject], BlindToSmall())

    assert len(seen.looked[0].records) == 6
    assert seen.looked[0].error == "a.mp4: stopped after 6 frames, before its end"
    assert seen.failed
