"""Commands that look after an installation: what they need, and what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.datafolder import DataFolder
from gridmap.ledgers.postgres import PostgresLedger
from tests.gridmap import awkward
from tests.servers.case_api import build
from tests.servers.ledgers import incident, report
from tests.servers.postgres import postgres

PROJECT = Path(__file__).parents[2]


def gridpatrol(*arguments: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run ``gridpatrol`` as people do, in a folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "api", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "200", **environ},
        timeout=60,
        check=False,
    )


@pytest.fixture
def secretive(tmp_path) -> Path:
    """A configuration whose feeds ask for a secret that is not here."""
    (tmp_path / "gridpatrol.yaml").write_text("version: 1\n")
    (tmp_path / "feeds.yaml").write_text(
        "feeds:\n  - {id: a, url: 'rtsp://h/1', user: u, password: '${NOT_SET_ANYWHERE}'}\n"
    )
    return tmp_path


def test_status_and_accounts_need_no_feeds_and_no_secrets(secretive):
    """Who resets a password need not know the cameras'."""
    status = gridpatrol("status", "--config", secretive, cwd=secretive)
    accounts = gridpatrol("accounts", "list", "--config", secretive, cwd=secretive)

    assert "no patrol was ever started" in status.stderr
    assert "NOT_SET_ANYWHERE" not in status.stderr + accounts.stderr


def test_a_mistake_in_the_settings_still_ends_them(secretive):
    """What they do read must be right."""
    (secretive / "gridpatrol.yaml").write_text("http: {port: x}\n")

    done = gridpatrol("status", "--config", secretive, cwd=secretive)

    assert done.returncode == 2
    assert "gridpatrol.yaml:1: http.port: must be a whole number, not 'x'; write one such as 8000" in done.stderr


def test_the_outbox_is_that_of_the_ledger_that_the_settings_name(tmp_path):
    """Refused reports can be looked at and tried again from any machine that reaches the database."""
    url = postgres().database()
    ledger = PostgresLedger.open(url)
    (first, _) = ledger.commit([incident()], [report(), report(kind="seen")])
    ledger.dead(first, "422: unknown matter")
    (tmp_path / "gridpatrol.yaml").write_text("ledger: ${LEDGER_URL}\n")
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")

    listed = gridpatrol("outbox", "list", "--config", tmp_path, cwd=tmp_path, LEDGER_URL=url)
    retried = gridpatrol("outbox", "retry", "--config", tmp_path, cwd=tmp_path, LEDGER_URL=url)

    assert "422: unknown matter" in listed.stdout
    assert "1 refused, 1 wait to be posted" in listed.stdout
    assert "1 reports wait to be posted again" in retried.stdout
    assert [one.kind for one in ledger.pending()] == ["confirmed", "seen"]
    ledger.close()


@pytest.mark.parametrize("suffix", ["gpkg", "shp"])
def test_the_datum_of_a_grid_is_never_guessed(tmp_path, suffix):
    """Formats that may hold any datum need ``--datum``."""
    path = awkward.write_cells(tmp_path / f"grid.{suffix}", awkward.TOUCHING)

    without = gridpatrol("grid", "check", path, cwd=tmp_path)
    stated = gridpatrol("grid", "check", path, "--datum", "wgs84", cwd=tmp_path)

    assert (without.returncode, without.stderr) == (
        2,
        f"{path}: the datum is not stated; add --datum wgs84, cgcs2000, gcj02, bd09 or epsg:NNNN\n",
    )
    assert stated.returncode == 0


def test_a_geojson_is_wgs84_by_its_standard_and_faults_speak_of_options(tmp_path):
    """RFC 7946 says which datum it is; there is no configuration whose keys could be mended."""
    path = awkward.write_cells(tmp_path / "grid.id_field.geojson", awkward.TOUCHING)

    assert gridpatrol("grid", "check", path, cwd=tmp_path).returncode == 0

    fault = gridpatrol("grid", "check", path, "--id-field", "cod", cwd=tmp_path)
    assert fault.returncode == 2
    assert fault.stderr.startswith(f"{path}: has no field 'cod' for --id-field; ")
    absent = gridpatrol("grid", "check", tmp_path / "no.geojson", cwd=tmp_path)
    assert absent.stderr == f"{tmp_path}/no.geojson: there is no such file; correct FILE\n"


@pytest.fixture
def api(tmp_path):
    """A case API with its patrol's token in the data folder, reached through no proxy."""
    (tmp_path / "api").mkdir()
    api = build(tmp_path / "api")
    (tmp_path / "var").mkdir()
    DataFolder(tmp_path / "var").write_token(api.machine_token)
    host, port = api.server.url.removeprefix("http://").split(":")
    (tmp_path / "gridpatrol.yaml").write_text(f"http: {{host: {host}, port: {port}}}\n")
    yield api
    api.close()


def test_status_names_the_blind_feeds_and_the_city_s_time(api, tmp_path):
    """At most 20 feeds are named, the rest counted; a proxy of the environment is not asked."""
    feeds = [
        {
            "id": f"cam-{number:02}",
            "name": "",
            "kind": "camera",
            "url": "rtsp://h/1",
            "outcome": outcome,
            "detail": why,
        }
        for number, (outcome, why) in enumerate(
            [("dark", "too dark"), *[("ok", "")] * 2, *[("timeout", "late")] * 24]
        )
    ]
    patrol = {
        "at": api.clock().isoformat(), "started_at": "2026-07-01T08:00:00Z", "pid": 7, "feeds": 28,
        "outcomes": {"waiting": 1, "ok": 2, "dark": 1, "timeout": 24}, "visits": 100, "visits_per_s": 1.5, "late": 0,
        "suspects": 1, "incidents": 1, "outbox": 0, "model_id": "starter@1a2b3c4d", "synthetic": False,
        "closer": {"confirmed": 5, "refuted": 2, "failed": 1, "opens": 7, "failing": 1},
    }  # fmt: skip
    api.machine().post("/api/v1/feeds/health", json={"patrol": patrol, "feeds": feeds}).raise_for_status()

    lines = gridpatrol(
        "status", "--config", tmp_path, cwd=tmp_path, HTTP_PROXY="http://127.0.0.1:9"
    ).stdout.splitlines()

    assert "started     2026-07-01 16:00:00 Asia/Shanghai" in lines
    said = "5 small findings confirmed, 2 not, 1 not looked at"
    assert f"closer      {said}, 7 main streams opened, 1 failing" in lines
    blind = [line for line in lines if line.startswith("BLIND")]
    assert len(blind) == 20
    assert blind[:2] == ["BLIND       cam-00: dark, too dark", "BLIND       cam-03: timeout, late"]
    assert lines[-1] == "            and 5 more"
