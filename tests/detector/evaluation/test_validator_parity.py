"""The same numbers as Ultralytics' own validator gives for the same checkpoint and pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from configs.settings import ModelSettings
from detector.backends.ultralytics import open_yolo
from detector.evaluation.dataset import open_data
from detector.evaluation.evaluation import Plan, evaluate
from detector.loading import load_model

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared"
NAMES = ("garbage", "overflow", "bin", "graffiti", "ad", "stall")
WITHIN = 0.005
PICTURES = 40


@pytest.fixture(scope="module")
def checkpoint():
    path = SHARED / "weights" / "starter.pt"
    if not path.exists() or not (SHARED / "data" / "images" / "val").exists():
        pytest.skip("needs ../shared/weights/starter.pt and the pictures in ../shared/data")
    return path


@pytest.fixture(scope="module")
def data(checkpoint, tmp_path_factory):
    """Pictures of every source; our own reader goes by names, so the class that the checkpoint lacks may stay."""
    folder = tmp_path_factory.mktemp("data")
    every = sorted((SHARED / "data" / "images" / "val").iterdir())
    for part in ("images", "labels"):
        (folder / part).mkdir()
    for picture in every[:: len(every) // PICTURES][:PICTURES]:
        shutil.copy(picture, folder / "images")
        shutil.copy(SHARED / "data" / "labels" / "val" / f"{picture.stem}.txt", folder / "labels")
    return described(folder, NAMES)


def described(folder, names):
    path = folder / "data.yaml"
    YAML().dump({"path": str(folder), "train": "images", "val": "images", "names": list(names)}, path)
    return path


@pytest.fixture(scope="module")
def validated(checkpoint, data, tmp_path_factory):
    """What the validator says, by class name; it refuses classes that the checkpoint lacks."""
    pytest.importorskip("ultralytics", reason="needs the extra: pip install 'gridpatrol[ultralytics]'")
    folder = tmp_path_factory.mktemp("validator")
    shutil.copytree(data.parent / "images", folder / "images")
    (folder / "labels").mkdir()
    for file in (data.parent / "labels").iterdir():
        kept = [line for line in file.read_text().splitlines() if not line.startswith("5 ")]
        (folder / "labels" / file.name).write_text("\n".join(kept))
    told = open_yolo(checkpoint).val(
        data=str(described(folder, NAMES[:5])),
        imgsz=512,
        rect=True,
        # One by one: in a batch a picture is padded to its neighbours' shape, so that what is seen in it depends on
        # them, and with few pictures of many shapes the validator's own numbers move by some hundredths.
        batch=1,
        device="cpu",
        plots=False,
        workers=0,
        verbose=False,
        project=str(folder / "runs"),
    )
    rows = zip(told.box.ap_class_index.tolist(), told.box.ap50.tolist(), told.box.ap.tolist(), strict=True)
    return {NAMES[number]: pytest.approx((ap50, ap), abs=WITHIN) for number, ap50, ap in rows}


@pytest.mark.parametrize("backend", ["openvino", "ultralytics"])
def test_average_precisions_are_the_validators(backend, checkpoint, data, validated):
    name = "gridpatrol-starter" if backend == "openvino" else str(checkpoint)
    settings = ModelSettings(name=name, backend=backend, precision="f32", min_score=0.001)
    model = load_model(settings, root=ROOT, as_validator=True)
    told = evaluate(model, Plan(open_data(data), {}), pytest.fail, lambda *_: None)
    model.close()
    assert {each.name: (each.ap50, each.ap50_95) for each in told.figures.classes if each.labels} == validated
    assert [each.name for each in told.figures.not_measured] == ["stall"]
