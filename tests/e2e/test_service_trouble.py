"""What goes wrong around the service is said in one clear sentence, and nothing confirmed is lost."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.e2e.patrol_city import (
    PROJECT,
    Running,
    StillCamera,
    camera,
    eventually,
    incidents,
    running,
    still,
    write_config,
)

pytestmark = pytest.mark.timeout(240)
NOWHERE = camera("cam", "http://127.0.0.1:9/live.jpg")
SECRET = "Hush-hush-9"


@pytest.fixture(scope="module")
def blind(tmp_path_factory):
    """A city whose only camera cannot be reached, for those who only look at it."""
    unreachable = camera("cam", f"rtsp://admin:{SECRET}@127.0.0.1:9/live")
    with running(write_config(tmp_path_factory.mktemp("blind") / "city", [unreachable])) as city:
        yield city


def start(config: Path) -> subprocess.CompletedProcess[str]:
    """Run ``gridpatrol run`` to its end."""
    command = [sys.executable, "-m", "api", "run", "--config", str(config)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)


def gridpatrol(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "api", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False)


def test_a_taken_port_is_named_with_the_way_out(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = start(write_config(tmp_path / "city", [NOWHERE], http={"port": port}))

    assert ended.returncode == 1
    assert ended.stderr.strip().endswith(
        f"cannot listen on 127.0.0.1:{port} (Address already in use); stop the program that uses it, "
        "or set http.port in gridpatrol.yaml to another port"
    )


def test_an_unwritable_data_folder_is_named_with_the_way_out(tmp_path):
    """A file stands where the folder should be: nobody, not even root, can write into it."""
    (tmp_path / "file").write_text("in the way")
    ended = start(write_config(tmp_path / "city", [NOWHERE], data_dir=str(tmp_path / "file" / "var")))

    assert ended.returncode == 1
    assert f"the data folder {tmp_path}/file/var cannot be written (Not a directory)" in ended.stderr
    assert "set data_dir in gridpatrol.yaml to another folder" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_configuration_with_mistakes_lists_them_all_and_starts_nothing(tmp_path):
    config = write_config(
        tmp_path / "city", [camera("cam", "http://h/a.jpg", zoens=[]), camera("cam", "http://h/b.jpg")]
    )
    ended = start(config)

    assert ended.returncode == 2
    assert "feeds.yaml" in ended.stderr
    assert "did you mean zones" in ended.stderr.replace("'", "") or "zones" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (config / "var" / "cases.db").exists()


def test_two_patrols_do_not_share_a_data_folder(blind):
    ended = start(blind.config)

    assert ended.returncode == 1
    assert "another gridpatrol already runs with the data folder" in ended.stderr


def test_an_unreachable_database_is_named_without_its_password(tmp_path):
    url = "postgresql://patrol:s3cret@127.0.0.1:9/cases"
    ended = start(write_config(tmp_path / "city", [NOWHERE], database=url))

    assert ended.returncode == 1
    assert "s3cret" not in ended.stderr + ended.stdout
    assert "database" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_status_says_what_runs_and_what_does_not(tmp_path, blind):
    never = gridpatrol("status", "--config", str(write_config(tmp_path / "never", [NOWHERE])))
    ended = write_config(tmp_path / "ended", [NOWHERE])
    (ended / "var").mkdir()
    (ended / "var" / "patrol.token").write_text("left by a city that runs no more")
    after = gridpatrol("status", "--config", str(ended))
    during = eventually(lambda: _told(blind.config), what="the patrol's word")

    assert never.returncode == after.returncode == 1
    assert "start one with `gridpatrol run`" in never.stderr
    assert "1 unreachable" in during
    assert "no gridpatrol answers at" in after.stderr


def _told(config: Path) -> str:
    told = gridpatrol("status", "--config", str(config)).stdout
    return told if "unreachable" in told else ""


def test_a_locked_case_database_holds_reports_back_and_loses_none(tmp_path):
    """Somebody holds the database for longer than anybody waits; then everything arrives."""
    with StillCamera(still("00481")) as heap:
        config = write_config(tmp_path / "city", [camera("cam", heap.url("/live.jpg"))])
        with running(config) as city, city.operator() as client:
            lock = sqlite3.connect(config / "var" / "cases.db", isolation_level=None)
            lock.execute("BEGIN EXCLUSIVE")
            waiting = eventually(lambda: _waiting(config), what="reports in the outbox")
            lock.execute("ROLLBACK")
            lock.close()
            eventually(
                lambda: waiting <= {incident["id"] for incident in incidents(client)},
                what=f"every incident that waited: {waiting}",
            )


def _waiting(config: Path) -> set[str]:
    with sqlite3.connect(f"file:{config / 'var' / 'patrol.db'}?mode=ro", uri=True) as ledger:
        return {row[0] for row in ledger.execute("SELECT incident_id FROM report WHERE dead IS NULL")}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system: run the tests with sudo")
def test_a_full_disk_keeps_records_without_pictures_and_says_so_loudly(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(small)], check=False)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let us mount a tmpfs")
    try:
        _fill_up(tmp_path, small)
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def _fill_up(tmp_path: Path, small: Path) -> None:
    with StillCamera(still("00481")) as heap:
        feeds = [camera("cam", heap.url("/live.jpg"))]
        config = write_config(
            tmp_path / "city", feeds, data_dir=str(small / "var"), evidence={"min_free_mb": 20, "seen_every_s": 1}
        )
        with running(config) as city, city.operator() as client:
            filler = small / "filler"
            filler.write_bytes(b"\0" * 8_000_000)
            found = eventually(lambda: incidents(client), what="an incident without room for its picture")
            told = eventually(
                lambda: [each for each in client.get("/patrol").json()["trouble"] if "disk" in each],
                what="the trouble",
            )
            assert found
            assert "picture" in told[0] or "space" in told[0] or "free" in told[0]
            assert city.process.poll() is None


def test_a_second_ctrl_c_stops_at_once(tmp_path):
    config = write_config(tmp_path / "city", [NOWHERE])
    city = Running(config).wait_ready()
    os.kill(city.child("patrol"), signal.SIGSTOP)  # cannot stop by itself

    city.process.send_signal(signal.SIGINT)
    eventually(lambda: "press Ctrl-C again" in city.log, what="the answer to the first Ctrl-C")
    city.process.send_signal(signal.SIGINT)

    assert city.process.wait(5) is not None


def test_no_password_of_a_feed_is_ever_shown_or_kept(blind):
    """Credentials of an unreachable camera appear in no log, no answer and no file but the configuration."""
    with blind.operator() as client:
        eventually(lambda: [f for f in client.get("/feeds").json()["items"] if f["outcome"]], what="a visit")
        feeds = client.get("/feeds").text

    assert "rtsp://***@127.0.0.1:9/live" in feeds
    assert SECRET not in feeds + blind.log
    var = blind.config / "var"
    assert [path for path in var.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()] == []
    assert YAML(typ="safe").load(blind.config / "feeds.yaml")["feeds"][0]["id"] == "cam"
