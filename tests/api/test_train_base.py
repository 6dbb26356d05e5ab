"""``models train --base current``: the checkpoint of the model that serves."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from api.cli import app
from api.datafolder import DataFolder
from api.wiring.models import chosen, serving_checkpoint
from configs.loading import load_configuration
from detector.errors import ManifestError, ModelError
from detector.manifest import ListedFile, Manifest
from detector.weights import sha256_of
from tests.servers.manifests import STARTER, write_manifest

RECIPE = Path(__file__).parents[2] / "configs" / "recipes" / "finetune.yaml"


class Installation:
    """A city whose manifest lists the starter without a checkpoint, and ``ours`` with one."""

    def __init__(self, folder: Path, **model: str) -> None:
        self.folder, self.data = folder, DataFolder(folder / "var")
        self.checkpoint = folder / "ours.pt"
        self.checkpoint.write_bytes(b"a checkpoint")
        manifest = Manifest.load(write_manifest(folder, ours=()))
        for entry in manifest.entries:
            files = tuple(file for file in entry.files if not file.path.endswith(".pt"))
            if entry.name == "ours":
                files += (ListedFile(path="../ours.pt", sha256=sha256_of(self.checkpoint)),)
            manifest = manifest.with_entries(entry.model_copy(update={"files": files}))
        manifest.write()
        settings = {
            "version": 1,
            "data_dir": str(self.data.path),
            "model": {"manifest": str(manifest.path), "name": STARTER, **model},
        }
        yaml = YAML(typ="safe")
        yaml.dump(settings, folder / "gridpatrol.yaml")
        yaml.dump(
            {"feeds": [{"id": "cam", "url": "http://127.0.0.1:9/live.jpg", "name": "c"}]}, folder / "feeds.yaml"
        )

    def current(self) -> Path:
        return serving_checkpoint(load_configuration(self.folder, environ=os.environ), self.data)

    def promote(self, name: str) -> None:
        self.data.prepare()
        choice = chosen(load_configuration(self.folder, environ=os.environ), self.data)
        choice.promote(name, by="Li", at=datetime(2026, 7, 1, tzinfo=UTC))


def test_it_is_the_checkpoint_of_the_model_that_was_promoted(tmp_path):
    city = Installation(tmp_path)
    with pytest.raises(ModelError, match=f"{STARTER}, which serves, is listed in .* without a checkpoint"):
        city.current()

    city.promote("ours")

    assert city.current().resolve() == city.checkpoint


def test_a_checkpoint_that_serves_itself_is_taken_as_it_is(tmp_path):
    city = Installation(tmp_path, name="ours.pt", backend="ultralytics")

    assert city.current() == city.checkpoint


def test_a_changed_checkpoint_is_refused(tmp_path):
    city = Installation(tmp_path, name="ours")
    city.checkpoint.write_bytes(b"another")

    with pytest.raises(ManifestError, match=r"ours\.pt is not the file that"):
        city.current()


def test_the_command_says_what_to_name_instead(tmp_path):
    Installation(tmp_path)
    call = ["models", "train", "--recipe", RECIPE, "--base", "current", "--data", tmp_path, "--out", tmp_path / "run"]

    done = CliRunner().invoke(app, [*map(str, call), "--config", str(tmp_path)])

    assert done.exit_code == 2
    assert "name the file it was exported from with --base" in done.stderr
    assert not (tmp_path / "run").exists()
