"""OpenVINO files that somebody points at."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from detector.errors import ManifestError
from detector.exported import exported_weights

MODELS = Path(__file__).resolve().parents[2] / "models"


def test_files_that_a_manifest_above_lists_are_as_it_says():
    weights = exported_weights(MODELS / "gridpatrol-starter" / "model.xml")
    assert weights.name == "gridpatrol-starter"
    assert weights.input_px == 512
    assert "overflow" in weights.labels


def test_files_as_ultralytics_exports_them(tmp_path):
    for kind in (".xml", ".bin"):
        shutil.copy(MODELS / "gridpatrol-starter" / f"model{kind}", tmp_path / f"best{kind}")
    (tmp_path / "metadata.yaml").write_text("names: {0: a, 1: b}\nimgsz: [384, 640]\nstride: 32\n")
    weights = exported_weights(tmp_path / "best.xml")
    assert (weights.name, weights.labels, weights.input_px) == ("best", ("a", "b"), 640)
    (tmp_path / "best.bin").unlink()
    with pytest.raises(ManifestError, match=r"needs its \.bin beside it"):
        exported_weights(tmp_path / "best.xml")


@pytest.mark.parametrize(("text", "said"), [(None, "nothing says the labels"), ("names: 3", "does not say names")])
def test_files_whose_labels_nothing_says(tmp_path, text, said):
    (tmp_path / "model.xml").touch()
    if text:
        (tmp_path / "metadata.yaml").write_text(text)
    with pytest.raises(ManifestError, match=said):
        exported_weights(tmp_path / "model.xml")
