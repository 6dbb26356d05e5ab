"""``gridpatrol coverage``: what it tells of a real log, and what it says when it cannot."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli import app
from streams.visit import Outcome
from tests.servers.visit_log import write_day

TALLY = {"planned", "done", "seen", "blind", "backing_off", "missed", "late", "extra", "seen_share"}


def coverage(folder: Path, *arguments: str) -> Result:
    """Run the command in this process: a start of Python each time would cost more than all it does."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(app, ["coverage", "--config", str(folder), *arguments], env={"COLUMNS": "200"})
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def city(tmp_path_factory) -> Path:
    """A configuration, and a day in the log: one feed is seen, one is dark, one was forgotten."""
    folder = tmp_path_factory.mktemp("city")
    (folder / "gridpatrol.yaml").write_text("version: 1\n")
    (folder / "feeds.yaml").write_text("feeds: []\n")
    feeds = {"cam-a": Outcome.OK, "cam-b": Outcome.DARK, "cam-c": None}
    plans = {"centre": ("cam-a", "cam-b"), "all": tuple(feeds)}
    write_day(folder / "var" / "log", feeds, now=datetime.now(UTC), plans=plans)
    return folder


def test_the_json_has_a_row_for_each_plan_and_a_total_in_which_each_feed_counts_once(city):
    told = json.loads(coverage(city, "--json").stdout)

    assert set(told) == {"since", "until", "recorded_since", "plans", "plan", "by", "total", "rows"}
    assert (told["by"], told["plans"]) == (["plan"], ["all", "centre"])
    assert set(told["total"]) == TALLY
    total = told["total"]
    assert total["planned"] == total["seen"] + total["blind"]["dark"] + total["missed"]
    assert total["late"] == total["extra"] == 0
    every, centre = told["rows"]
    assert (every["plan"], centre["plan"], centre["missed"]) == ("all", "centre", 0)
    assert {name: every[name] for name in TALLY} == total


def test_feeds_are_named_and_the_worst_comes_first_for_people(city):
    rows = json.loads(coverage(city, "--json", "--by", "feed", "--since", "3h").stdout)["rows"]
    shown = coverage(city, "--by", "feed", "--plan", "centre")

    assert [(row["feed"], row["name"], row["seen_share"]) for row in rows] == [
        ("cam-a", "name of cam-a", 1),
        ("cam-b", "name of cam-b", 0),
        ("cam-c", "name of cam-c", 0),
    ]
    assert shown.stdout.index("cam-b") < shown.stdout.index("cam-a")
    assert "cam-c" not in shown.stdout
    assert "dark" in shown.stdout


def test_csv_is_for_spreadsheets(city):
    rows = list(csv.DictReader(io.StringIO(coverage(city, "--csv", "--by", "cell", "--by", "day").stdout)))

    assert list(rows[0])[:2] == ["cell", "day"]
    assert {row["cell"] for row in rows} == {"cell-a", "cell-b", "cell-c"}
    assert sum(int(row["blind_dark"]) for row in rows if row["cell"] == "cell-b") > 100


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--since", "yesterday"), "'yesterday' is no span of time; write one such as 90m, 24h or 7d"),
        (("--since", "0h"), "'0h' is no span of time"),
        (("--plan", "south"), "there was no plan 'south' in this time; there were: all, centre"),
        (("--by", "street"), "'street' is not one of"),
        (("--json", "--csv"), "--json and --csv are two forms of one answer; choose one"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(city, arguments, sentence):
    done = coverage(city, *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert sentence in " ".join(done.stderr.replace("│", " ").split())


def test_a_folder_in_which_no_patrol_ran_is_said(city, tmp_path):
    (tmp_path / "gridpatrol.yaml").write_text("version: 1\n")

    done = coverage(tmp_path)

    assert done.exit_code == 1
    assert done.stderr.startswith("nothing is recorded of what was to be visited in this time; start a patrol")
