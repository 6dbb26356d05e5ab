"""``gridpatrol models eval`` and ``models compare`` through the front door, with the weights that are shipped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.servers.clips import jpeg, scene

PROJECT = Path(__file__).resolve().parents[2]


def models(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api", "models", *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=110, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three drawn pictures with labels beside them, one file that is no picture, and one broken line."""
    folder = tmp_path_factory.mktemp("street")
    for number in range(3):
        (folder / f"street_{number}.jpg").write_bytes(jpeg(scene(number)))
        (folder / f"street_{number}.txt").write_text("0 0.5 0.5 0.2 0.2\n1 0.2 0.2 0.1 0.1\n")
    (folder / "street_1.txt").write_text("0 0.5 0.5 0.2 0.2\n9 0.5 0.5 0.2 0.2\n")
    (folder / "street_3.jpg").write_bytes(b"no picture")
    (folder / "classes.txt").write_text("trash\nstall\n")
    return folder


def test_eval_prints_one_document_and_writes_a_report_and_goes_on_past_what_is_broken(folder, tmp_path):
    data = ("--data", folder, "--weights", "gridpatrol-starter", "--map", "trash=garbage")
    ended = models("eval", *data, "--group", "garbage", "--json", "--out", tmp_path)
    document = json.loads(ended.stdout)

    assert ended.returncode == 1, "something was left out"
    assert set(document) == {
        *("version", "model", "data", "cost", "trouble", "pictures", "labels", "backgrounds", "map50", "map50_95"),
        *("classes", "groups", "sources", "feeds", "confusion", "not_measured", "worst"),
    }
    assert document["model"]["backend"] == "openvino"
    assert (document["pictures"], document["data"]["pictures_skipped"], document["labels"]) == (3, 1, 3)
    assert document["groups"][0]["positive"] == 3
    assert {"name": "stall", "labels": 2, "why": "the model does not know it"} in document["not_measured"]
    assert document["cost"]["cpu_ms_per_picture"] > 0
    assert f"{folder}/street_1.txt:2: class 9 is none of the 2 classes 0 to 1" in ended.stderr
    assert f"{folder}/street_3.jpg: is no picture" in ended.stderr
    assert json.loads((tmp_path / "evaluation.json").read_text()) == document
    assert (tmp_path / "evaluation.md").exists()
    assert (tmp_path / "worst.csv").exists()


def test_eval_looks_at_the_size_that_is_asked_for(folder):
    data = ("models", "eval", "--data", str(folder), "--weights", "gridpatrol-starter", "--map", "trash=garbage")
    looked = CliRunner().invoke(app, [*data, "--json", "--input-px", "320"])
    assert json.loads(looked.stdout)["model"]["input_px"] == 320

    refused = CliRunner().invoke(app, [*data, "--input-px", "500"])
    assert refused.exit_code == 2
    assert "--input-px 500: the networks take multiples of 32, such as 512" in refused.stderr


def test_compare_says_that_a_model_does_not_differ_from_itself(folder):
    name = "gridpatrol-starter"
    ended = models("compare", name, name, "--data", folder, "--map", "trash=garbage", "--resamples", 100)

    assert ended.returncode == 1, "something was left out"
    assert ended.stdout.splitlines()[-1].startswith("no clear difference between gridpatrol-starter@")
    assert "not compared: stall" in ended.stdout
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "no/such.yaml"], "no/such.yaml cannot be read (No such file or directory)"),
        (["--data", "detector"], "detector has no pictures"),
        (["--weights", "gridpatrol-startr"], "did you mean 'gridpatrol-starter'?"),
        (["--weights", "models/gridpatrol-starter/none.xml"], "nothing says the labels of"),
        (["--map", "trash"], "--map trash: write THEIRS=OURS"),
        (["--map", "trsh=garbage"], "did you mean 'trash'?"),
        (["--weights", "gridpatrol-starter"], "say with --map THEIRS=OURS which are the same"),
        (["--map", "trash=garbage", "--group", "overflow,ad"], "class 'overflow' is not measured"),
        (["--out", "/dev/null/out"], "cannot be written"),
    ],
)
def test_a_wrong_call_is_told_in_one_sentence(folder, arguments, said):
    stated = [] if "--data" in arguments else ["--data", str(folder)]
    ended = CliRunner().invoke(app, ["models", "eval", *stated, *arguments])

    assert ended.exit_code == 2
    assert said in ended.stderr
    assert ended.stdout == ""
