"""The settings choose the model; what they name wrongly is told."""

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
from detector.backends.openvino import prefers_bf16
from detector.backends.scripted import picture_key
from detector.calibration import Platt
from detector.errors import BackendMissing, ManifestError, ModelError
from detector.loading import load_model
from detector.manifest import Entry, Manifest

ROOT = Path(__file__).resolve().parents[2]


def test_the_shipped_settings_load_the_shipped_weights(tmp_path):
    model = load_model(ModelSettings(), root=ROOT, cache_dir=tmp_path)
    name = "gridpatrol-city" if prefers_bf16() else "gridpatrol-city-int8"
    assert model.card.id.startswith(f"{name}@")
    assert model.card.backend == "openvino"
    model.close()


def test_full_precision_is_the_weights_themselves_on_any_processor(tmp_path):
    model = load_model(ModelSettings(precision="f32"), root=ROOT, cache_dir=tmp_path)
    assert model.card.id.startswith("gridpatrol-city@")
    model.close()


def test_figures_that_compare_are_those_of_the_weights_named(tmp_path):
    model = load_model(ModelSettings(), root=ROOT, cache_dir=tmp_path, raw_scores=True)
    assert model.card.id.startswith("gridpatrol-city@")
    model.close()


def test_a_checkpoint_may_be_named_by_its_path(starter_pt, tmp_path):
    settings = ModelSettings(backend="ultralytics", name=starter_pt.name, min_score=0.4)
    model = load_model(settings, root=starter_pt.parent, cache_dir=tmp_path)
    assert model.card.backend == "ultralytics"
    assert model.card.id == "starter@ce21ba9e"
    assert model.card.labels[0] == "garbage"
    model.close()


def test_listed_weights_without_a_checkpoint_are_told():
    with pytest.raises(ManifestError, match=r"no \.pt, \.engine, \.onnx file"):
        load_model(ModelSettings(backend="ultralytics", name="gridpatrol-starter"), root=ROOT)


def test_a_checkpoint_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ManifestError, match=r"best\.pt cannot be read"):
        load_model(ModelSettings(backend="ultralytics", name="best.pt"), root=tmp_path)


def test_a_file_that_is_no_checkpoint_is_told(tmp_path):
    (tmp_path / "best.pt").write_bytes(b"<html>sign in</html>")
    with pytest.raises(ModelError, match="is no model Ultralytics can load"):
        load_model(ModelSettings(backend="ultralytics", name="best.pt"), root=tmp_path)


def test_a_missing_library_is_told_with_the_command(tmp_path):
    """In a Python where Ultralytics cannot be imported."""
    (tmp_path / "best.pt").write_bytes(b"-")
    program = """
import sys
sys.modules["ultralytics"] = None
from pathlib import Path
from configs.settings import ModelSettings
from detector.calibration import Platt
from detector.errors import BackendMissing
from detector.loading import load_model
try:
    load_model(ModelSettings(backend="ultralytics", name="best.pt"), root=Path(sys.argv[1]))
except BackendMissing as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert "pip install 'gridpatrol[ultralytics]'" in done.stdout
    assert issubclass(BackendMissing, ModelError)


def test_ultralytics_stays_off_the_network_and_out_of_home(starter_pt, tmp_path):
    """Every attempt to look up a host ends the program; home and working folder stay empty; nothing is printed."""
    home, work, cache = (tmp_path / name for name in ("home", "work", "cache"))
    home.mkdir()
    work.mkdir()
    program = """
import os, socket, sys
def refuse(*_): os._exit(97)
socket.getaddrinfo = socket.create_connection = socket.socket.connect = refuse
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import numpy as np
from configs.settings import ModelSettings
from detector.loading import load_model
settings = ModelSettings(backend="ultralytics", name=sys.argv[2])
model = load_model(settings, root=Path("/"), cache_dir=Path(sys.argv[3]))
model.detect([np.zeros((64, 64, 3), np.uint8)])
"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("YOLO_")}
    done = subprocess.run(
        [sys.executable, "-c", program, ROOT, starter_pt, cache],
        cwd=work,
        env={**environment, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""
    assert [*home.rglob("*"), *work.rglob("*")] == []


class TestCalibrated:
    """Weights that the manifest lists with a calibration."""

    @pytest.fixture
    def models(self, tmp_path):
        models = shutil.copytree(ROOT / "models", tmp_path / "models")
        manifest = Manifest.load(models / "manifest.yaml")
        told = {
            **manifest.entries[0].model_dump(mode="json", exclude_unset=True),
            "calibration": {"bin": {"slope": 0.9, "offset": -0.5}, "overflow": {"slope": 1.1, "offset": 0.8}},
            "thresholds": {"bin": 0.6},
            "context": ["graffiti"],
        }
        manifest.with_entries(Entry.model_validate(told)).write()
        return tmp_path

    @pytest.fixture
    def picture(self, stills):
        return next(still.image for still in stills if still.shows == "overflow")

    def test_scores_are_calibrated_and_the_card_says_so(self, models, picture):
        model = load_model(ModelSettings(name="gridpatrol-starter"), root=models)
        raw = load_model(ModelSettings(name="gridpatrol-starter"), root=models, raw_scores=True)
        assert (model.card.calibrated, model.card.thresholds, model.card.context) == (
            True,
            {"bin": 0.6},
            ("graffiti",),
        )
        assert (raw.card.calibrated, dict(raw.card.thresholds)) == (False, {})
        assert model.card.id == raw.card.id
        curves = {"bin": Platt(0.9, -0.5), "overflow": Platt(1.1, 0.8)}
        expected = {
            (each.label, each.box): curves.get(each.label, Platt())(each.score) for each in raw.detect([picture])[0]
        }
        told = {(each.label, each.box): each.score for each in model.detect([picture])[0]}
        shared = expected.keys() & told.keys()
        assert len(shared) > 2
        assert all(told[key] == pytest.approx(expected[key], abs=1e-6) for key in shared)
        assert all(score <= 0.05 for key, score in expected.items() if key not in told)
        model.close()
        raw.close()

    def test_everything_from_the_least_calibrated_score_up_is_kept(self, models, picture):
        """A modest label is asked for further down than 0.05, so that its 0.05 is not cut off."""
        model = load_model(ModelSettings(name="gridpatrol-starter"), root=models)
        everything = load_model(ModelSettings(name="gridpatrol-starter", min_score=0.001), root=models)
        told, known = (
            {(each.label, each.box) for each in m.detect([picture])[0] if each.score > 0.05}
            for m in (model, everything)
        )
        assert told == known
        model.close()
        everything.close()


class TestScripted:
    """The model of drawn scenes."""

    picture = np.full((40, 60, 3), 7, np.uint8)

    def model(self, folder, told, **settings):
        (folder / "truth.json").write_text(json.dumps(told), encoding="utf-8")
        return load_model(ModelSettings(backend="scripted", truth="truth.json", **settings), root=folder)

    def test_it_says_what_the_script_says_and_marks_it_as_made_up(self, tmp_path):
        shown = [{"label": "garbage", "score": 0.8, "box": [1, 2, 30, 20]}]
        model = self.model(tmp_path, {picture_key(self.picture): shown})
        ((found,),) = model.detect([self.picture])
        assert (found.label, found.score, found.box) == ("garbage", 0.8, (1, 2, 30, 20))
        assert model.card.synthetic
        assert found.model_id == model.card.id
        assert model.card.id.startswith("scripted@")

    def test_it_says_nothing_of_a_picture_it_does_not_know(self, tmp_path):
        assert self.model(tmp_path, {}).detect([self.picture, self.picture]) == [(), ()]

    def test_low_scores_are_left_out(self, tmp_path):
        shown = [{"label": "garbage", "score": 0.3, "box": [1, 2, 30, 20]}]
        assert self.model(tmp_path, {picture_key(self.picture): shown}, min_score=0.5).detect([self.picture]) == [()]

    def test_without_a_script_the_key_to_set_is_told(self, tmp_path):
        with pytest.raises(ManifestError, match=r"model\.truth is empty"):
            load_model(ModelSettings(backend="scripted"), root=tmp_path)

    def test_a_missing_script_is_told(self, tmp_path):
        with pytest.raises(ManifestError, match=r"none\.json cannot be read"):
            load_model(ModelSettings(backend="scripted", truth="none.json"), root=tmp_path)

    def test_a_script_that_does_not_fit_is_told_by_its_key(self, tmp_path):
        with pytest.raises(ManifestError, match=r"truth\.json: abc\.0\.score"):
            self.model(tmp_path, {"abc": [{"label": "garbage", "score": 7, "box": [0, 0, 1, 1]}]})
