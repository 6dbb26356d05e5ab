"""The demonstration's scenes: from real samples where there are some, else drawn with a detector that knows them."""

from __future__ import annotations

from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from ruamel.yaml import YAML

from api.demo.prepare import adapted, prepare, read_made
from configs.loading import load_configuration
from detector.loading import load_model
from tests.e2e.patrol_city import stills_folder

DEMO = Path(__file__).parents[2] / "configs" / "demo"


def offline() -> httpx.Client:
    return httpx.Client(proxy="http://127.0.0.1:9", trust_env=False)


def make(data: Path, samples: Path | str = "/no/such/folder") -> list[str]:
    said: list[str] = []
    prepare(
        DEMO,
        data,
        environ={"GRIDPATROL_SAMPLES": str(samples)},
        progress=lambda *_: None,
        say=said.append,
        client=offline,
    )
    return said


def test_without_samples_and_network_the_scenes_are_drawn_and_it_is_said(tmp_path):
    said = make(tmp_path)

    assert "the demonstration uses drawn scenes instead" in said[0]
    assert read_made(tmp_path).kind == "drawn"
    assert len(list((tmp_path / "demo" / "scenes").iterdir())) == 13


def test_the_scripted_detector_knows_every_drawn_scene_and_marks_itself(tmp_path):
    make(tmp_path)
    settings = adapted(load_configuration(DEMO, environ={}).settings, tmp_path)
    model = load_model(settings.model, root=DEMO)

    found = {
        camera: _labels(model, tmp_path / "demo" / "scenes" / camera) for camera in ("cam-01", "cam-03", "cam-05")
    }

    assert model.card.synthetic
    assert found == {"cam-01": {"garbage"}, "cam-03": {"stall"}, "cam-05": set()}
    assert "drawn scenes with a scripted detector" in settings.city.notice


def _labels(model, folder: Path) -> set[str]:
    pictures = [cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR) for path in sorted(folder.iterdir())]
    return {detection.label for detections in model.detect(pictures) for detection in detections}


def test_a_start_with_network_replaces_drawn_scenes_by_real_ones(tmp_path):
    make(tmp_path)
    said = make(tmp_path, stills_folder().parent)

    assert said == ["making the demonstration's camera views from real samples"]
    assert read_made(tmp_path).kind == "real"
    assert not adapted(load_configuration(DEMO, environ={}).settings, tmp_path).model.truth


def test_a_second_start_makes_nothing_again(tmp_path):
    make(tmp_path, stills_folder().parent)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}

    assert make(tmp_path, stills_folder().parent) == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_every_camera_has_scenes_and_every_sample_its_licence():
    feeds = {feed["id"] for feed in YAML(typ="safe").load(DEMO / "feeds.yaml")["feeds"]}
    scenes = YAML(typ="safe").load(DEMO / "scenes.yaml")
    samples = YAML(typ="safe").load(DEMO / "samples.yaml")["samples"]
    used = {camera.get("still") or camera["clip"] for camera in scenes["cameras"]} | set(scenes["vehicle"]["stills"])

    assert feeds == {camera["feed"] for camera in scenes["cameras"]} | {scenes["vehicle"]["feed"]}
    assert used == {sample["file"] for sample in samples}
    assert all(sample["licence"] and sample["url"].startswith("https://") for sample in samples)


@pytest.mark.parametrize("broken", ["", "{", '{"kind": "real"}'])
def test_a_damaged_note_of_what_was_made_means_it_is_made_again(tmp_path, broken):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "made.json").write_text(broken)

    assert read_made(tmp_path) is None
