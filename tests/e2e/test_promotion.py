"""A candidate looks in shadow, is promoted, and the running patrol takes it up; a rollback takes it back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pyarrow.parquet as pq
import pytest

from tests.e2e.patrol_city import (
    PROJECT,
    StillCamera,
    camera,
    eventually,
    incidents,
    running,
    still,
    write_config,
)
from tests.servers.manifests import STARTER, write_manifest

pytestmark = pytest.mark.timeout(240)


def models(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``gridpatrol models``."""
    command = [sys.executable, "-m", "api", "models", *arguments, "--config", str(config)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)


def model_ids(config: Path) -> list[str]:
    """Return the models that looked, in the order of their first logged detection."""
    files = (config / "var" / "log" / "detections").glob("day=*/*.parquet")
    rows = [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]
    return list(dict.fromkeys(row["model_id"] for row in sorted(rows, key=lambda row: row["captured_at"])))


def patrol(client: httpx.Client) -> dict:
    """Return the patrol's state as it was last told."""
    return client.get("/patrol").json()["patrol"] or {"model_id": "", "shadow": None, "visits": 0}


def shadow(client: httpx.Client) -> dict:
    return patrol(client)["shadow"] or {"looks": 0, "failures": 0}


def served(client: httpx.Client, model: str) -> dict | None:
    """Return the patrol's state once a model made visits, or None."""
    state = patrol(client)
    return state if state["model_id"].startswith(model) and state["visits"] >= 2 else None


def kill_candidate(patrol_pid: int) -> None:
    """Kill the process in which the candidate looks, as the system does when memory runs out."""
    children = psutil.Process(patrol_pid).children()
    (candidate,) = [child for child in children if "streams.captureworkers.worker" not in child.cmdline()]
    candidate.kill()


def test_a_candidate_looks_in_shadow_is_promoted_and_taken_back(tmp_path):
    manifest = write_manifest(tmp_path, retrained=())
    with StillCamera(still("00481")) as garbage:
        model = {"manifest": str(manifest), "name": STARTER, "shadow": "retrained", "shadow_share": 1.0}
        config = write_config(tmp_path / "city", [camera("cam", garbage.url("/live.jpg"))], model=model)
        with running(config) as city, city.operator() as client:
            before = eventually(lambda: incidents(client), what="an incident")
            pid = city.child("patrol")
            eventually(lambda: shadow(client)["looks"] >= 2, within_s=150, what="shadow looks")
            kill_candidate(pid)
            killed_at = eventually(lambda: shadow(client) if shadow(client)["failures"] else None, what="the failure")
            eventually(lambda: shadow(client)["looks"] > killed_at["looks"], within_s=150, what="another candidate")
            assert city.child("patrol") == pid

            promoted = models(config, "promote", "retrained", "--yes", "--by", "a tester")
            assert promoted.returncode == 0, promoted.stderr
            now = eventually(lambda: served(client, "retrained@"), what="the promoted model at work")
            assert (city.child("patrol"), now["shadow"]) == (pid, None)
            # What it saw in shadow was written as it gave way, so now there is something to compare.
            report = json.loads(models(config, "shadow", "--json").stdout)
            assert report["looks"] > killed_at["looks"]
            assert report["total"]["agreement"] == 1.0

            assert models(config, "rollback").returncode == 0
            eventually(lambda: served(client, "gridpatrol-starter@"), what="the first model at work again")
            (incident,) = incidents(client)
            assert incident["id"] == before[0]["id"]
            assert city.stop() == 0
        assert [each.partition("@")[0] for each in model_ids(config)] == ["gridpatrol-starter", "retrained"]
        history = [json.loads(line) for line in (config / "var" / "promotions.jsonl").read_text().splitlines()]
        assert [(line["kind"], line["from"], line["to"]) for line in history] == [
            ("promote", "gridpatrol-starter", "retrained"),
            ("rollback", "retrained", "gridpatrol-starter"),
        ]
        assert history[0]["by"] == "a tester"
