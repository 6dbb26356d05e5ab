"""A checkpoint becomes files that the default backend runs, measured, and the manifest lists them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from detector.backends.openvino import OpenVinoModel
from detector.manifest import Manifest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
PICTURE = np.random.default_rng(1).integers(0, 255, (100, 200, 3), np.uint8)


def export(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "api", "models", "export", *arguments, "--out", folder],
        cwd=ROOT,
        env={**os.environ, "YOLO_CONFIG_DIR": str(folder), "HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.fixture
def models(tmp_path):
    return shutil.copytree(ROOT / "models", tmp_path / "models")


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A dataset of a few real pictures."""
    if not DATA.exists():
        pytest.skip("needs the labelled pictures in ../shared/data")
    folder = tmp_path_factory.mktemp("few")
    for split, count in (("train", 6), ("val", 3)):
        for picture in sorted((DATA / "images" / split).glob("street_*"))[:count]:
            for kind, name in (("images", picture.name), ("labels", f"{picture.stem}.txt")):
                (folder / kind / split).mkdir(parents=True, exist_ok=True)
                shutil.copy(DATA / kind / split / name, folder / kind / split)
    names = "{0: garbage, 1: overflow, 2: bin, 3: graffiti, 4: ad, 5: stall}"
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames: {names}\n")
    return folder / "data.yaml"


@pytest.fixture(scope="module")
def mine(starter_pt, few, tmp_path_factory):
    """One export of 32-bit floats and of 8-bit numbers that are refused: no weights gain a whole mAP50 by them."""
    pytest.importorskip("nncf", reason="8-bit numbers need NNCF: pip install 'gridpatrol[training]'")
    models = shutil.copytree(ROOT / "models", tmp_path_factory.mktemp("mine") / "models")
    done = export(
        models, starter_pt, "--name", "mine", "--formats", "fp32,int8", "--data", few,
        "--input-px", "128", "--origin", "自己的街道", "--max-loss", "-1",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return models, done


@pytest.mark.timeout(300)
def test_a_checkpoint_is_exported_listed_and_runs(starter_pt, mine):
    models, _ = mine
    manifest = Manifest.load(models / "manifest.yaml")
    before = Manifest.load(ROOT / "models" / "manifest.yaml")
    assert manifest.names == (*before.names, "mine")
    assert manifest.entries[:-1] == before.entries
    assert manifest.verify("gridpatrol-starter").labels == manifest.verify("mine").labels
    assert (manifest.entry("mine").origin, manifest.entry("mine").format) == ("自己的街道", "fp32")
    model = OpenVinoModel(manifest.verify("mine"))
    assert model.card.input_px == 128
    assert len(model.detect([PICTURE])) == 1
    model.close()
    assert str(starter_pt.parent) not in (models / "mine" / "model.xml").read_text(encoding="utf-8")
    assert sorted(path.name for path in (models / "mine").iterdir()) == ["model.bin", "model.pt", "model.xml"]
    kept = manifest.verify("mine").file(".pt")
    assert kept is not None
    assert str(starter_pt.parent).encode() not in kept.path.read_bytes(), "it must not tell of the machine"


@pytest.mark.timeout(300)
def test_every_format_is_measured_runs_any_shape_and_tells_nothing_of_this_machine(starter_pt, models, few):
    pytest.importorskip("nncf", reason="8-bit numbers need NNCF: pip install 'gridpatrol[training]'")
    formats = ("fp16", "int8", "onnx")
    done = export(
        models, starter_pt, "--name", "all", "--formats", ",".join(formats), "--data", few,
        "--input-px", "256", "--max-loss", "1", "--json", "--no-checkpoint",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = {each["form"]: each for each in json.loads(done.stdout)}
    assert list(told) == ["fp32", *formats]
    assert [each["name"] for each in told.values()] == [None, "all", "all-int8", "all-onnx"]
    assert told["fp32"]["measured"][0]["map50_lost"] == 0
    assert told["onnx"]["measured"][0]["map50_lost"] == pytest.approx(0, abs=0.01)
    assert told["int8"]["largest_mb"] < 0.7 * told["fp16"]["largest_mb"] < 0.4 * told["onnx"]["largest_mb"]
    manifest = Manifest.load(models / "manifest.yaml")
    for name in ("all", "all-int8", "all-onnx"):
        entry = manifest.entry(name)
        assert (entry.measured[0].data, entry.measured[0].pictures) == ("data.yaml", 3)
        assert entry.measured[0].ms > 0
        model = OpenVinoModel(manifest.verify(name))
        assert len(model.detect([PICTURE, PICTURE[:, :90], PICTURE[:40]])) == 3
        model.close()
        for file in entry.files:
            content = (models / file.path).read_bytes()
            assert str(ROOT).encode() not in content
            assert str(few.parent).encode() not in content
            assert b"site-packages" not in content
    assert not (models / "intel").exists(), "OpenVINO's tools must not report their use"


@pytest.mark.timeout(300)
def test_8_bit_numbers_that_lose_too_much_are_not_listed_and_the_others_are(mine):
    models, done = mine
    assert "int8 with the tail in floating point loses" in done.stderr
    assert "int8 with the head in floating point loses" in done.stderr
    assert "not listed" in done.stderr
    assert "refused" in done.stdout
    assert not (models / "mine-int8").exists()
    assert "mine-int8" not in Manifest.load(models / "manifest.yaml").names


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none.pt", "--formats", "fp32"], "none.pt is not there; name the checkpoint to export"),
        (["none.pt", "--formats", "fp8"], "--formats fp8: fp8 is no format; known are fp32, fp16, int8, onnx"),
        (["README.md", "--formats", "int8"], "8-bit numbers are calibrated and measured on pictures"),
        (["none.pt", "--formats", "fp32", "--input-px", "500"], "--input-px 500 is no multiple of 32; take 512"),
    ],
)
def test_what_cannot_be_exported_is_told_in_one_line(tmp_path, arguments, told):
    done = export(tmp_path, *arguments, "--name", "mine")
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
