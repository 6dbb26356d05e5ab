"""The ledger in a file: what goes wrong with files and disks is told, and nothing is half written."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from gridmap.errors import LedgerError
from gridmap.ledgers.sqlite import SqliteLedger
from tests.servers.ledgers import NOON, incident, report

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "patrol.sqlite"


@pytest.fixture
def ledger(path):
    ledger = SqliteLedger.open(path)
    yield ledger
    ledger.close()


def test_pruning_gives_the_room_of_posted_pictures_back(path, ledger):
    ledger.commit([incident()], [report(evidence=bytes(200_000)) for _ in range(20)])
    for one in ledger.pending():
        ledger.posted(one)
    ledger.prune(NOON, keep_days=30)
    ledger.close()
    assert path.stat().st_size < 200_000


@pytest.mark.parametrize(
    "content", [b"not a database at all, but a text" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_file_that_is_no_database_is_refused_with_the_way_out(path, content):
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=r"patrol\.sqlite is damaged or not a database .*; move it away"):
        SqliteLedger.open(path)


def test_a_damaged_page_is_told_when_it_is_read(path, ledger):
    ledger.commit([incident(chr(ord("a") + i)) for i in range(26)], [])
    ledger.close()
    whole = bytearray(path.read_bytes())
    for page in range(4096, len(whole), 4096):
        whole[page : page + 64] = b"\xee" * 64
    path.write_bytes(whole)
    with pytest.raises(LedgerError, match="move it away"):
        SqliteLedger.open(path).open_incidents()


def test_an_incident_that_cannot_be_read_is_told_with_the_way_out(path, ledger):
    ledger.commit([incident()], [])
    with sqlite3.connect(path) as db:
        db.execute("UPDATE incident SET record = '{}'")
    db.close()
    with pytest.raises(LedgerError, match=r"an incident in it cannot be read .*move it away"):
        ledger.open_incidents()


def test_a_lost_table_is_told_with_the_way_out(path, ledger):
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE report")
    db.close()
    with pytest.raises(LedgerError, match=r"it cannot be used \(no such table: report\); move it away"):
        ledger.counts()


def test_a_database_of_something_else_is_left_alone(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE case_record (id)")
    db.close()
    with pytest.raises(LedgerError, match="a database of something else"):
        SqliteLedger.open(path)


def test_a_ledger_of_a_newer_version_is_refused(path, ledger):
    ledger.close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(LedgerError, match="written by a newer gridpatrol"):
        SqliteLedger.open(path)


def test_a_ledger_of_the_first_version_is_brought_up_to_date(path, ledger):
    ledger.commit([incident()], [report()])
    ledger.close()
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE reign")
        db.execute("PRAGMA user_version = 1")
    db.close()
    old = SqliteLedger.open(path)
    assert old.open_incidents() == [incident()]
    assert old.take_over() == 1
    old.close()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(LedgerError, match=r"nowhere/patrol\.sqlite: it cannot be written .*make its folder"):
        SqliteLedger.open(tmp_path / "nowhere" / "patrol.sqlite")


def test_a_locked_file_is_told_and_the_same_commit_can_be_repeated(path, ledger):
    ledger.close()
    hasty = SqliteLedger.open(path, timeout_s=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="another process holds it"):
        hasty.commit([incident()], [report()])
    other.execute("ROLLBACK")
    other.close()
    assert [one.sequence for one in hasty.commit([incident()], [report()])] == [0]
    assert hasty.counts().pending == 1


def test_a_lock_of_short_duration_is_waited_out(path, ledger):
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, lambda: other.execute("ROLLBACK"))
    release.start()
    ledger.commit([incident()], [report()])
    release.join()
    other.close()
    assert ledger.counts().pending == 1


FULL_DISK = """
    import resource, sys
    from pathlib import Path
    from gridmap.errors import LedgerError
    from gridmap.ledgers.sqlite import SqliteLedger
    from tests.servers.ledgers import incident, report

    ledger = SqliteLedger.open(Path(sys.argv[1]))
    ledger.commit([incident()], [report()])
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    big = report(kind="seen", evidence=bytes(1_000_000))
    try:
        ledger.commit([incident(score=0.9)], [big])
    except LedgerError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    print([one.score for one in ledger.open_incidents()], [one.sequence for one in ledger.pending()])
    ledger.commit([incident(score=0.9)], [big])
    print([one.score for one in ledger.open_incidents()], [one.sequence for one in ledger.pending()])
"""


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_full_disk_is_told_nothing_is_half_written_and_the_commit_can_be_repeated(path):
    if resource.getrlimit(resource.RLIMIT_FSIZE)[1] != resource.RLIM_INFINITY:
        pytest.skip("needs a process without a file size limit of its own")
    done = run(FULL_DISK, str(path))
    told, before, after = done.stdout.splitlines() or [done.stderr, "", ""]
    assert "the disk is full or fails" in told
    assert before == "[0.75] [0]"
    assert after == "[0.9] [0, 1]"
