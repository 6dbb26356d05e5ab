"""``gridpatrol models calibrate``: validation pictures make a manifest's scores mean what they say."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from configs.settings import ModelSettings
from detector.calibrating import findings, judged_by_label
from detector.evaluation.classes import match_classes
from detector.evaluation.dataset import open_data
from detector.evaluation.looking import Looked
from detector.loading import load_model
from detector.manifest import Manifest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"


def calibrate(models, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "api", "models", "calibrate", *arguments, "--out", models],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.fixture
def models(tmp_path):
    return shutil.copytree(ROOT / "models", tmp_path / "models")


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    """A dataset of some real validation pictures."""
    if not DATA.exists():
        pytest.skip("needs the labelled pictures in ../shared/data")
    folder = tmp_path_factory.mktemp("some")
    for picture in sorted((DATA / "images" / "val").glob("street_*"))[:24]:
        for kind, name in (("images", picture.name), ("labels", f"{picture.stem}.txt")):
            (folder / kind / "val").mkdir(parents=True, exist_ok=True)
            shutil.copy(DATA / kind / "val" / name, folder / kind / "val")
    names = "[garbage, overflow, bin, graffiti, ad, stall]"
    (folder / "data.yaml").write_text(f"val: images/val\nnames: {names}\nsources: {{street: {{unlabelled: [ad]}}}}\n")
    return folder / "data.yaml"


def test_a_model_gets_calibrations_and_thresholds(models, some):
    done = calibrate(
        models, "gridpatrol-starter", "--data", some, "--precision", "0.7", "--precision", "garbage=0.999", "--json"
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    labels = {each["label"]: each for each in told["labels"]}
    assert told["pictures"] == 24
    assert labels["ad"]["boxes"] == 0, "nobody labelled ads in these pictures"
    assert (labels["garbage"]["asked"], labels["bin"]["asked"]) == (0.999, 0.7)
    entry = Manifest.load(models / "manifest.yaml").entry("gridpatrol-starter")
    assert "bin" in entry.calibration
    assert "ad" not in entry.thresholds
    assert entry.thresholds["bin"] == labels["bin"]["threshold"]["score"]
    if labels["bin"]["threshold"]["reached"]:
        assert labels["bin"]["threshold"]["precision"] >= 0.7
    settings = ModelSettings(manifest=str(models / "manifest.yaml"), name="gridpatrol-starter")
    model = load_model(settings, root=ROOT)
    assert model.card.calibrated
    assert model.card.threshold("bin") == entry.thresholds["bin"]
    model.close()


def test_what_is_shown_says_what_was_not_reached(models, some):
    done = calibrate(models, "gridpatrol-starter", "--data", some, "--precision", "0.999")
    assert done.returncode == 0, done.stderr
    assert "calibration error over all" in done.stdout
    assert "is not reached; the threshold is that of the best F1" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["gridpatrol-startr"], "did you mean 'gridpatrol-starter'?"),
        (["gridpatrol-starter", "--precision", "7"], "--precision 7: a precision is a number"),
        (["gridpatrol-starter", "--precision", "bn=0.7"], "did you mean 'bin'?"),
        (["gridpatrol-starter"], "no.yaml cannot be read"),
    ],
)
def test_what_cannot_be_calibrated_is_told_in_one_line(models, arguments, told):
    done = calibrate(models, *arguments, "--data", "no.yaml")
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def seen(name, source, labels, found):
    boxes = np.array([(0, 0, 10, 10)] * max(len(labels), len(found)), np.float32)
    return Looked(
        name=name,
        source=source,
        width=20,
        height=20,
        label_classes=np.array(labels, np.intp),
        labels=boxes[: len(labels)],
        classes=np.array([number for number, _ in found], np.intp),
        scores=np.array([score for _, score in found]),
        boxes=boxes[: len(found)],
    )


def test_pictures_of_a_source_that_does_not_label_a_class_say_nothing_of_it():
    classes = match_classes(("garbage", "ad"), ("garbage", "ad"), {})
    looked = [seen("a", "wall", [1], [(1, 0.9)]), seen("b", "street", [0], [(0, 0.8), (1, 0.7)])]
    judged = judged_by_label(looked, classes, {"street": frozenset({"ad"})})
    assert (judged["ad"].scores.tolist(), judged["ad"].right.tolist(), judged["ad"].boxes) == ([0.9], [True], 1)
    assert (judged["garbage"].scores.tolist(), judged["garbage"].boxes) == ([0.8], 1)


def test_calibrating_twice_comes_to_the_same(models, some):
    settings = ModelSettings(manifest=str(models / "manifest.yaml"), name="gridpatrol-starter")
    model = load_model(settings, root=ROOT, raw_scores=True)
    asked = dict.fromkeys(model.card.labels, 0.8)
    first, second = (findings(model, open_data(some), asked, tell=print) for _ in range(2))
    model.close()
    assert first == second
    entry = Manifest.load(models / "manifest.yaml").entry("gridpatrol-starter")
    assert second.into(first.into(entry)) == first.into(entry)
