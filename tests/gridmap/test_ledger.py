"""The ledger: what commit returned for is there, once, whatever happens to the process or the disk."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gridmap.errors import LedgerError
from gridmap.incident import Incident, Stage, Watcher
from gridmap.ledger import FeedMemory, Ledger, OutboxCounts, Report
from gridmap.place import CellMatch, Method, Place, Relation

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def incident(key: str = "a", **changes) -> Incident:
    whole = Incident(
        id=key * 32,
        feed_id="cam-1",
        matter="exposed_garbage",
        label="garbage",
        view_box=(0.1, 0.2, 0.3, 0.4),
        score=0.75,
        stage=Stage.CONFIRMED,
        first_seen=NOON,
        last_seen=NOON + timedelta(microseconds=1),
        model_id="weights@1",
        looks=(True, False, True),
        misses=0,
        sightings=2,
        place=Place(106.5, 29.5, 7.5, Method.HOMOGRAPHY),
        cell=CellMatch("500103001001001", Relation.NEAREST, 3.25),
        confirmed_at=NOON,
        feeds=("cam-1", "car-1"),
        watchers=(Watcher("cam-1", (0.1, 0.2, 0.3, 0.4), 1),),
    )
    return replace(whole, **changes)


def report(key: str = "a", kind: str = "confirmed", evidence: bytes | None = b"\xff\xd8jpeg") -> Report:
    return Report(key * 32, -1, kind, '{"score": 0.75}', evidence)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "patrol.sqlite"


@pytest.fixture
def ledger(path):
    ledger = Ledger.open(path)
    yield ledger
    ledger.close()


def test_incidents_come_back_from_a_new_process_exactly_as_they_were(path, ledger):
    bare = incident("b", place=None, cell=None, confirmed_at=None, stage=Stage.SUSPECT, watchers=(), feeds=())
    ledger.commit([incident(), bare], [])
    ledger.close()
    assert Ledger.open(path).open_incidents() == [incident(), bare]


def test_ended_incidents_and_dropped_suspects_are_not_open_any_more(ledger):
    suspect = incident("b", stage=Stage.SUSPECT, confirmed_at=None)
    ledger.commit([incident(), suspect], [])
    ledger.commit([replace(one, stage=Stage.ENDED, ended_at=NOON) for one in (incident(), suspect)], [])
    assert ledger.open_incidents() == []


def test_reports_are_numbered_per_incident_without_gaps_and_keep_their_order(ledger):
    ledger.commit([incident("a"), incident("b")], [report("a"), report("b"), report("a", "seen")])
    ledger.commit([], [report("a", "ended", None)])
    assert [(one.incident_id[0], one.sequence, one.kind) for one in ledger.pending()] == [
        ("a", 0, "confirmed"),
        ("b", 0, "confirmed"),
        ("a", 1, "seen"),
        ("a", 2, "ended"),
    ]


def test_a_report_comes_back_with_its_body_and_picture(ledger):
    (numbered,) = ledger.commit([incident()], [report()])
    assert ledger.pending() == [numbered] == [replace(report(), sequence=0)]


def test_numbers_go_on_after_earlier_reports_were_posted_and_the_file_was_opened_again(path, ledger):
    (first,) = ledger.commit([incident()], [report()])
    ledger.posted(first)
    ledger.posted(first)
    ledger.close()
    again = Ledger.open(path)
    assert [one.sequence for one in again.commit([incident()], [report(kind="seen")])] == [1]


def test_pending_gives_no_more_than_asked_for(ledger):
    ledger.commit([incident()], [report(), report(kind="seen"), report(kind="seen")])
    assert [one.sequence for one in ledger.pending(2)] == [0, 1]


def test_a_refused_report_is_kept_with_its_reason_and_does_not_block_the_others(ledger):
    first, second = ledger.commit([incident()], [report(), report(kind="seen")])
    ledger.dead(first, "422: unknown matter")
    assert ledger.pending() == [second]
    assert ledger.dead_letters() == [(first, "422: unknown matter")]
    assert ledger.counts() == OutboxCounts(pending=1, dead=1)


def test_a_commit_with_a_report_of_an_unknown_incident_writes_nothing_of_it(ledger):
    with pytest.raises(ValueError, match="never committed"):
        ledger.commit([incident("a")], [report("b")])
    assert ledger.open_incidents() == []


def test_feed_memory_survives_and_the_last_word_counts(path, ledger):
    ledger.commit([], [], [FeedMemory("cam-1", "one"), FeedMemory("cam-2", "x")])
    ledger.commit([], [], [FeedMemory("cam-1", "two")])
    ledger.close()
    assert Ledger.open(path).feed_memory() == {"cam-1": "two", "cam-2": "x"}


def test_pruning_deletes_old_ended_incidents_but_never_one_that_still_has_a_report(ledger):
    ended = [
        incident(key, stage=Stage.ENDED, ended_at=NOON - timedelta(days=days))
        for key, days in (("a", 31), ("b", 29), ("c", 31))
    ]
    ledger.commit([*ended, incident("d")], [report("c", "ended")])
    assert ledger.prune(NOON, keep_days=30) == 1
    ledger.posted(ledger.pending()[0])
    assert ledger.prune(NOON, keep_days=30) == 1
    assert ledger.prune(NOON, keep_days=30) == 0
    assert ledger.open_incidents() == [incident("d")]


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
        Ledger.open(path)


def test_a_damaged_page_is_told_when_it_is_read(path, ledger):
    ledger.commit([incident(chr(ord("a") + i)) for i in range(26)], [])
    ledger.close()
    whole = bytearray(path.read_bytes())
    for page in range(4096, len(whole), 4096):
        whole[page : page + 64] = b"\xee" * 64
    path.write_bytes(whole)
    with pytest.raises(LedgerError, match="move it away"):
        Ledger.open(path).open_incidents()


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


def test_two_processes_may_open_a_new_ledger_at_once(path):
    threads = [threading.Thread(target=lambda: Ledger.open(path).close()) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Ledger.open(path).counts() == OutboxCounts(0, 0)


def test_a_database_of_something_else_is_left_alone(path):
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE case_record (id)")
    db.close()
    with pytest.raises(LedgerError, match="a database of something else"):
        Ledger.open(path)


def test_a_ledger_of_a_newer_version_is_refused(path, ledger):
    ledger.close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(LedgerError, match="written by a newer gridpatrol"):
        Ledger.open(path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(LedgerError, match=r"nowhere/patrol\.sqlite: it cannot be written .*make its folder"):
        Ledger.open(tmp_path / "nowhere" / "patrol.sqlite")


def test_a_locked_file_is_told_and_the_same_commit_can_be_repeated(path, ledger):
    ledger.close()
    hasty = Ledger.open(path, timeout_s=0.05)
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
    sys.path.insert(0, "tests/gridmap")
    from test_ledger import incident, report
    from gridmap.errors import LedgerError
    from gridmap.ledger import Ledger

    ledger = Ledger.open(Path(sys.argv[1]))
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


ENDLESS = """
    import sys
    from pathlib import Path
    sys.path.insert(0, "tests/gridmap")
    from test_ledger import incident, report
    from gridmap.ledger import Ledger

    ledger = Ledger.open(Path(sys.argv[1]))
    for index in range(int(sys.argv[2]), 1_000_000):
        (done,) = ledger.commit([incident(sightings=index)], [report(kind=f"seen-{index}", evidence=bytes(20_000))])
        print(index, done.sequence, flush=True)
"""


def test_a_process_killed_in_the_middle_of_commits_loses_and_doubles_nothing(path):
    """Kill -9 again and again on one file: every commit that returned is there, once, in order."""
    returned: list[str] = []
    for after in (1, 17, 3, 40, 8, 26):
        begun = len(Ledger.open(path).pending(100_000)) if path.exists() else 0
        returned += _commit_until_killed(path, begun, after=after)
        ledger = Ledger.open(path)
        kept = ledger.pending(100_000)
        assert [one.sequence for one in kept] == list(range(len(kept)))
        assert [one.kind for one in kept] == [f"seen-{index}" for index in range(len(kept))]
        assert returned == [f"{index} {index}" for index in range(len(returned))]
        # At most the commit under way when the process died may be there without having been heard of.
        assert len(returned) <= len(kept) <= len(returned) + 1
        assert ledger.open_incidents()[0].sightings == len(kept) - 1
        ledger.close()
        returned = [f"{index} {index}" for index in range(len(kept))]


def _commit_until_killed(path: Path, begin: int, *, after: int) -> list[str]:
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(ENDLESS), str(path), str(begin)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        heard = [process.stdout.readline() for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        heard.append(process.stdout.read())
    # The kill may have cut off the last line; only whole ones count as heard.
    return "".join(heard).split("\n")[:-1]


def test_threads_commit_and_post_at_once_without_losing_or_doubling(ledger):
    def work(key: str) -> None:
        for _ in range(20):
            ledger.commit([incident(key)], [report(key, evidence=None)])

    writers = [threading.Thread(target=work, args=(key,)) for key in "abcd"]
    for writer in writers:
        writer.start()
    taken = []
    while any(writer.is_alive() for writer in writers) or ledger.counts().pending:
        for one in ledger.pending(10):
            ledger.posted(one)
            taken.append((one.incident_id[0], one.sequence))
    assert sorted(taken) == [(key, sequence) for key in "abcd" for sequence in range(20)]
