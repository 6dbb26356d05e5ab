"""``gridpatrol models render-ads`` through the front door."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from api.cli import app
from detector.errors import ModelError
from detector.training.posters.fonts import installed_fonts
from tests.e2e.patrol_city import PROJECT


def render_ads(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api", "models", "render-ads", *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=110, check=False)


@pytest.fixture
def walls(tmp_path) -> Path:
    (tmp_path / "walls/images/train").mkdir(parents=True)
    wall = np.random.default_rng(1).normal(150, 3, (200, 300, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "walls/images/train/wall_0.jpg"), wall)
    (tmp_path / "walls/data.yaml").write_text("train: images/train\nval: images/train\nnames: [ad]\n")
    return tmp_path / "walls/data.yaml"


def test_makes_a_dataset_and_a_sheet_to_look_at(walls, tmp_path):
    try:
        installed_fonts()
    except ModelError as error:
        pytest.skip(str(error))
    out, sheet = tmp_path / "out", tmp_path / "sheet.jpg"
    ended = render_ads("--backgrounds", walls, "--out", out, "--count", 2, "--seed", 3, "--sheet", sheet)
    assert (ended.returncode, ended.stdout) == (0, f"{out / 'data.yaml'}: 2 pictures made\n"), ended.stderr
    assert sorted(path.name for path in out.rglob("*.jpg")) == ["madead_wall_000000.jpg", "madead_wall_000001.jpg"]
    assert cv2.imread(str(sheet)) is not None


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--share", "wall"), "--share wall is not SOURCE=NUMBER"),
        (("--share", "wall=inf"), "--share wall=inf is not SOURCE=NUMBER"),
        (("--share", "wall=0"), "--share leaves nothing to draw on"),
        (("--backgrounds", "nowhere"), "data.yaml cannot be read"),
        (("--out", "{here}/walls/data.yaml/out"), "name a folder that this user may write"),
        (("--sheet", "{here}/sheet.unknown"), "name a .png or .jpg file in a folder that is there"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(walls, tmp_path, more, sentence):
    wanted = [each.format(here=tmp_path) for each in more]
    given = ["--backgrounds", str(walls), "--out", str(tmp_path / "out"), "--count", "1", *wanted]
    ended = CliRunner().invoke(app, ["models", "render-ads", *given])
    assert (ended.exit_code, ended.stdout) == (2, ""), ended.exception
    assert sentence in ended.stderr
