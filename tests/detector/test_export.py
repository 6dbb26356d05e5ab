"""A checkpoint becomes files that the default backend runs, and the manifest lists them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from detector.backends.openvino import OpenVinoModel
from detector.manifest import Manifest

ROOT = Path(__file__).resolve().parents[2]


def export(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "detector.export", *arguments, "--out", folder],
        cwd=ROOT,
        env={**os.environ, "YOLO_CONFIG_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_a_checkpoint_is_exported_listed_and_runs(starter_pt, tmp_path):
    models = shutil.copytree(ROOT / "models", tmp_path / "models")
    done = export(models, starter_pt, "--name", "mine", "--input-px", "320", "--origin", "自己的街道")
    assert done.returncode == 0, done.stderr
    manifest = Manifest.load(models / "manifest.yaml")
    assert manifest.names == ("gridpatrol-starter", "mine")
    assert manifest.verify("gridpatrol-starter").labels == manifest.verify("mine").labels
    assert manifest.entry("mine").origin == "自己的街道"
    model = OpenVinoModel(manifest.verify("mine"))
    assert model.card.input_px == 320
    assert len(model.detect([np.zeros((100, 200, 3), np.uint8)])) == 1
    model.close()
    assert str(starter_pt.parent) not in (models / "mine" / "model.xml").read_text(encoding="utf-8")
    assert sorted(path.name for path in (models / "mine").iterdir()) == ["model.bin", "model.xml"]


def test_a_missing_checkpoint_is_told_in_one_line(tmp_path):
    done = export(tmp_path, tmp_path / "none.pt", "--name", "mine")
    assert done.returncode == 2
    assert done.stderr.strip() == f"{tmp_path / 'none.pt'} is not there; name the checkpoint to export"
