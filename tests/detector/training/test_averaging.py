"""Checkpoints made one: the mean of their weights, and plain words for what cannot be averaged."""

from __future__ import annotations

import shutil

import torch
from typer.testing import CliRunner

from api.cli import app
from detector.manifest import Manifest
from tests.detector.conftest import ROOT


def shipped_pt():
    files = Manifest.load(ROOT / "models" / "manifest.yaml").verify("gridpatrol-city").files
    return next(file.path for file in files if file.path.suffix == ".pt")


def average(*arguments):
    return CliRunner().invoke(app, ["models", "average", *map(str, arguments)])


def network(path):
    told = torch.load(path, map_location="cpu", weights_only=False)
    return told["model"].float()


def test_the_mean_lies_halfway_between_two(tmp_path):
    told = torch.load(shipped_pt(), map_location="cpu", weights_only=False)
    for parameter in told["model"].parameters():
        parameter.data += 0.5
    torch.save(told, tmp_path / "moved.pt")
    ended = average(shipped_pt(), tmp_path / "moved.pt", "--out", tmp_path / "mean.pt")
    assert ended.exit_code == 0, ended.output
    pairs = zip(network(shipped_pt()).parameters(), network(tmp_path / "mean.pt").parameters(), strict=True)
    assert all(torch.allclose(mean - one, torch.full_like(one, 0.25), atol=0.02) for one, mean in pairs)
    assert network(tmp_path / "mean.pt").names == network(shipped_pt()).names


def test_what_cannot_be_averaged_is_told_in_a_sentence(tmp_path):
    shutil.copy(shipped_pt(), tmp_path / "a.pt")
    (tmp_path / "b.pt").write_text("no checkpoint")
    told = torch.load(shipped_pt(), map_location="cpu", weights_only=False)
    told["model"].names = dict(enumerate(["x"] * 17))
    torch.save(told, tmp_path / "other.pt")
    out = tmp_path / "out.pt"
    assert "name two checkpoints or more" in average(tmp_path / "a.pt", "--out", out).stderr
    assert "b.pt is no checkpoint" in average(tmp_path / "a.pt", tmp_path / "b.pt", "--out", out).stderr
    assert "none.pt cannot be read" in average(tmp_path / "a.pt", tmp_path / "none.pt", "--out", out).stderr
    assert "not of the same network" in average(tmp_path / "a.pt", tmp_path / "other.pt", "--out", out).stderr
    assert "is there already" in average(tmp_path / "a.pt", tmp_path / "b.pt", "--out", tmp_path / "a.pt").stderr
    assert not out.exists()
