"""Weights are trusted only after the manifest's hashes agree; what is wrong is told in one sentence."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from detector.calibration import Platt
from detector.errors import ManifestError
from detector.manifest import Entry, Manifest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def models(tmp_path):
    """A copy of the shipped models that a test may spoil."""
    return shutil.copytree(ROOT / "models", tmp_path / "models")


def written(folder, text):
    path = folder / "manifest.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(path, name="gridpatrol-starter"):
    with pytest.raises(ManifestError) as caught:
        Manifest.load(path).verify(name)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_shipped_weights_are_the_listed_ones(models):
    weights = Manifest.load(models / "manifest.yaml").verify("gridpatrol-starter")
    assert weights.labels == ("garbage", "overflow", "bin", "graffiti", "ad")
    assert weights.input_px == 512
    assert not weights.end2end
    assert weights.file(".xml").path == models / "gridpatrol-starter" / "model.xml"
    assert weights.file(".onnx", ".bin").path.name == "model.bin"
    assert weights.file(".pt") is None


def test_every_entry_has_its_card_and_small_files(models):
    for entry in Manifest.load(models / "manifest.yaml").entries:
        assert (models / entry.card).is_file()
        assert all((models / file.path).stat().st_size <= 15_000_000 for file in entry.files)
        assert entry.origin
        assert entry.licence


def test_a_processor_slow_in_bf16_gets_eight_bits_where_they_are_listed_and_mean_the_same(models):
    manifest = Manifest.load(models / "manifest.yaml")
    eighth = manifest.entry("gridpatrol-city-int8")

    assert manifest.suited("gridpatrol-city", bf16=True) == "gridpatrol-city"
    assert manifest.suited("gridpatrol-city", bf16=False) == "gridpatrol-city-int8"
    assert manifest.suited("gridpatrol-starter", bf16=False) == "gridpatrol-starter"
    uncalibrated = manifest.with_entries(eighth.model_copy(update={"calibration": {}}))
    assert uncalibrated.suited("gridpatrol-city", bf16=False) == "gridpatrol-city"
    with pytest.raises(ManifestError, match="did you mean"):
        manifest.suited("gridpatrol-cty", bf16=False)
    (models / "gridpatrol-city-int8" / "model.bin").unlink()
    assert manifest.suited("gridpatrol-city", bf16=False) == "gridpatrol-city"


def test_changed_weights_are_refused_with_both_hashes(models):
    path = models / "gridpatrol-starter" / "model.bin"
    listed = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    text = refusal(models / "manifest.yaml")
    assert str(path) in text
    assert f"expected sha256 {listed}" in text
    assert f"found {hashlib.sha256(path.read_bytes()).hexdigest()}" in text
    assert "put the listed file back" in text


def test_missing_weights_are_refused_by_name(models):
    path = models / "gridpatrol-starter" / "model.xml"
    path.unlink()
    text = refusal(models / "manifest.yaml")
    assert str(path) in text
    assert "No such file" in text
    assert "gridpatrol models export" in text


def test_an_unknown_name_is_answered_with_the_nearest(models):
    assert "did you mean 'gridpatrol-starter'?" in refusal(models / "manifest.yaml", "gridpatrol-startr")


def test_a_name_like_no_other_is_answered_with_all_that_are_known(models):
    assert "known are: gridpatrol-starter" in refusal(models / "manifest.yaml", "zzz")


def test_a_missing_manifest_is_told(tmp_path):
    assert "model.manifest" in refusal(tmp_path / "none.yaml")


def test_broken_yaml_is_told_with_its_line(tmp_path):
    path = written(tmp_path, "version: 1\nweights: [\n")
    assert f"{path}:3" in refusal(path)


def test_text_that_is_not_utf8_is_told(tmp_path):
    path = tmp_path / "manifest.yaml"
    path.write_bytes("origin: 武汉".encode("gbk"))
    assert "UTF-8" in refusal(path)


def test_an_empty_manifest_knows_nothing(tmp_path):
    assert "known are: none" in refusal(written(tmp_path, ""))


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("input_px", 500, "input_px"),
        ("labels", [], "labels"),
        ("labels", ["bin", "bin"], "'bin' is listed twice"),
        ("colour", "red", "colour"),
        ("context", ["person"], "'person'"),
        ("thresholds", {"garbag": 0.3}, "'garbag'"),
        ("thresholds", {"garbage": 1.3}, "thresholds.garbage"),
        ("calibration", {"garbage": {"slope": 0, "offset": 0}}, "calibration.garbage.slope"),
        ("files", [{"path": "a.xml", "sha256": "short"}], "files[0].sha256"),
    ],
)
def test_an_entry_that_does_not_fit_is_told_by_its_key(models, key, value, told):
    path = models / "manifest.yaml"
    document = YAML(typ="safe").load(path)
    document["weights"][0][key] = value
    YAML().dump(document, path)
    text = refusal(path)
    assert "weights[0]" in text
    assert told in text


MEASURED = {
    "data": "streets",
    "labels_sha256": "0" * 64,
    "pictures": 381,
    "precision": "bf16",
    "map50": 0.64,
    "map50_95": 0.46,
    "map50_lost": 0.004,
    "map50_95_lost": 0.01,
    "ms": 12.5,
}


def test_what_was_found_out_about_weights_is_kept_and_given_to_the_model(models):
    manifest = Manifest.load(models / "manifest.yaml")
    told = {
        **manifest.entries[0].model_dump(mode="json", exclude_unset=True),
        "name": "second",
        "format": "int8",
        "context": ["bin"],
        "thresholds": {"garbage": 0.41},
        "calibration": {"garbage": {"slope": 1.2, "offset": -0.3}},
        "measured": [MEASURED],
    }
    manifest.with_entries(Entry.model_validate(told)).write()
    again = Manifest.load(models / "manifest.yaml")
    assert again.names == (*manifest.names, "second")
    assert again.entry("second").model_dump(mode="json", exclude_unset=True) == told
    assert again.entries[0] == manifest.entries[0]
    weights = again.verify("second")
    assert weights.thresholds == {"garbage": 0.41}
    assert weights.calibration == {"garbage": Platt(1.2, -0.3)}
    assert weights.context == ("bin",)
    assert again.without("second").names == manifest.names


def test_a_manifest_that_cannot_be_written_is_told(models):
    manifest = Manifest.load(models / "manifest.yaml")
    (models / "manifest.yaml.part").mkdir()
    with pytest.raises(ManifestError, match="cannot be written"):
        manifest.write()
