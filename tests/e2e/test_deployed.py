"""The settings of the deployment folder at work: API and patrol over a database, a bucket and a token."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from gridmap.ledger import OutboxCounts
from gridmap.ledgers.postgres import PostgresLedger
from tests.servers.case_api import jpeg, report
from tests.servers.ledgers import incident
from tests.servers.ledgers import report as ledger_report
from tests.servers.postgres import postgres
from tests.servers.s3 import s3

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "configs/deploy"


@pytest.fixture
def site(tmp_path):
    """The machine of an installation: its folder, and the environment that its settings ask for."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = (DEPLOY / "gridpatrol.yaml").read_text().replace("port: 8000", f"port: {port}")
    # One patrol process needs no bus; several have their own tests.
    (tmp_path / "gridpatrol.yaml").write_text(settings.replace("\nbus:", "\n# bus:"))
    shutil.copy(DEPLOY / "feeds.yaml", tmp_path)
    bucket = s3().bucket()
    return tmp_path, {
        "GRIDPATROL_DATABASE": postgres().database(),
        "GRIDPATROL_BUS": "redis://127.0.0.1:1/0",
        "GRIDPATROL_EVIDENCE": f"s3://{bucket.path}",
        "GRIDPATROL_EVIDENCE_ENDPOINT": bucket.endpoint,
        "GRIDPATROL_EVIDENCE_KEY": bucket.access_key,
        "GRIDPATROL_EVIDENCE_SECRET": bucket.secret_key,
        "GRIDPATROL_API": f"http://127.0.0.1:{port}",
    }


def gridpatrol(site, *arguments) -> subprocess.Popen[str]:
    """Start a command of the installation."""
    folder, environ = site
    return subprocess.Popen(
        [sys.executable, "-m", "api", *arguments, "--config", folder],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(site, command: str):
    """Keep a process up meanwhile, and end it as a service manager does."""
    with gridpatrol(site, command) as process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()


def asked(client: httpx.Client, path: str, enough: Callable[[httpx.Response], bool]) -> httpx.Response:
    """Ask until the answer is enough."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            answer = client.get(path)
            if enough(answer):
                return answer
        time.sleep(0.2)
    raise AssertionError(f"{path} never was as it should be")


def test_what_the_patrol_has_to_tell_comes_to_the_case_api_and_its_picture_into_the_bucket(site):
    """With the settings of the deployment folder alone: a process of each kind, a database, a bucket and a token."""
    folder, environ = site
    (folder / "data").mkdir()
    with gridpatrol(site, "accounts", "token", "patrol", "--role", "machine") as issuing:
        token = issuing.communicate(timeout=60)[0].strip()
    (folder / "data/patrol.token").write_text(token)
    waiting = PostgresLedger.open(environ["GRIDPATROL_DATABASE"])
    body = json.dumps(report(incident_id=incident().id))
    waiting.commit([incident()], [replace(ledger_report(evidence=jpeg()), body_json=body)])

    headers = {"Authorization": f"Bearer {token}"}
    with (
        running(site, "serve-api"),
        httpx.Client(base_url=environ["GRIDPATROL_API"], headers=headers, trust_env=False) as client,
    ):
        asked(client, "/readyz", lambda answer: answer.is_success)
        with running(site, "patrol"):
            path = f"/api/v1/incidents/{incident().id}"
            (shown,) = asked(client, path, lambda answer: answer.is_success).json()["evidence"]
        assert client.get(shown["url"]).content == jpeg()

    assert waiting.counts() == OutboxCounts(0, 0)
    waiting.close()
    assert not (folder / "data/evidence").exists()
    assert not list((folder / "data").glob("*.db"))
