"""What every ledger promises, asked of SQLite and of PostgreSQL: what commit returned for is there, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path

import pytest

from gridmap.errors import Deposed
from gridmap.incident import Stage
from gridmap.ledger import FeedMemory, OutboxCounts
from tests.servers.ledgers import NOON, LedgerPlace, incident, report
from tests.servers.postgres import postgres

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    place = LedgerPlace(tmp_path / "patrol.sqlite" if request.param == "sqlite" else postgres().database())
    yield place
    place.close()


@pytest.fixture
def ledger(place):
    return place.open()


def test_incidents_come_back_from_a_new_process_exactly_as_they_were(place, ledger):
    bare = incident("b", place=None, cell=None, confirmed_at=None, stage=Stage.SUSPECT, watchers=(), feeds=())
    ledger.commit([incident(), bare], [])
    ledger.close()
    assert place.open().open_incidents() == [incident(), bare]


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


def test_numbers_go_on_after_earlier_reports_were_posted_and_the_ledger_was_opened_again(place, ledger):
    (first,) = ledger.commit([incident()], [report()])
    ledger.posted(first)
    ledger.posted(first)
    ledger.close()
    again = place.open()
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


def test_feed_memory_survives_and_the_last_word_counts(place, ledger):
    ledger.commit([], [], [FeedMemory("cam-1", "one"), FeedMemory("cam-2", "x")])
    ledger.commit([], [], [FeedMemory("cam-1", "two")])
    ledger.close()
    assert place.open().feed_memory() == {"cam-1": "two", "cam-2": "x"}


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


def test_two_processes_may_open_a_new_ledger_at_once(place):
    threads = [threading.Thread(target=lambda: place.open().close()) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.open().counts() == OutboxCounts(0, 0)


ENDLESS = """
    import sys
    from tests.servers.ledgers import incident, opened, report

    ledger = opened(sys.argv[1])
    for index in range(int(sys.argv[2]), 1_000_000):
        (done,) = ledger.commit([incident(sightings=index)], [report(kind=f"seen-{index}", evidence=bytes(20_000))])
        print(index, done.sequence, flush=True)
"""


def test_a_process_killed_in_the_middle_of_commits_loses_and_doubles_nothing(place):
    """Kill -9 again and again on one file: every commit that returned is there, once, in order."""
    returned: list[str] = []
    for after in (1, 17, 3, 40, 8, 26):
        begun = len(place.open().pending(100_000))
        returned += _commit_until_killed(place, begun, after=after)
        ledger = place.open()
        kept = ledger.pending(100_000)
        assert [one.sequence for one in kept] == list(range(len(kept)))
        assert [one.kind for one in kept] == [f"seen-{index}" for index in range(len(kept))]
        assert returned == [f"{index} {index}" for index in range(len(returned))]
        # At most the commit under way when the process died may be there without having been heard of.
        assert len(returned) <= len(kept) <= len(returned) + 1
        assert ledger.open_incidents()[0].sightings == len(kept) - 1
        ledger.close()
        returned = [f"{index} {index}" for index in range(len(kept))]


def _commit_until_killed(place: LedgerPlace, begin: int, *, after: int) -> list[str]:
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(ENDLESS), place.argument, str(begin)],
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


def test_a_deposed_leader_writes_nothing_more(place, ledger):
    old = ledger.take_over()
    ledger.commit([incident("a")], [report("a")], epoch=old)
    successor = place.open()
    new = successor.take_over()
    with pytest.raises(Deposed, match=rf"took the lead \(epoch {new}, this one led in {old}\)"):
        ledger.commit([incident("a", score=0.9)], [report("a", "seen")], [FeedMemory("cam-1", "x")], epoch=old)
    successor.commit([incident("b")], [], epoch=new)
    assert [(one.id[0], one.score) for one in successor.open_incidents()] == [("a", 0.75), ("b", 0.75)]
    assert [one.sequence for one in successor.pending()] == [0]
    assert successor.feed_memory() == {}


def test_an_epoch_from_elsewhere_begins_with_its_first_commit(place, ledger):
    ledger.commit([incident()], [], epoch=7)
    with pytest.raises(Deposed):
        place.open().commit([incident()], [], epoch=6)
    assert ledger.take_over() == 8


def test_epochs_only_grow_and_no_two_leaders_share_one(place):
    ledgers = [place.open() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        epochs = list(pool.map(lambda one: [one.take_over() for _ in range(5)], ledgers))
    assert all(taken == sorted(taken) for taken in epochs)
    assert sorted(chain.from_iterable(epochs)) == list(range(1, 21))


def test_a_patrol_that_has_its_ledger_to_itself_needs_no_epoch(ledger):
    ledger.take_over()
    ledger.commit([incident()], [report()])
    assert ledger.counts() == OutboxCounts(1, 0)


def test_refused_reports_wait_again_in_their_old_place(ledger):
    first, second = ledger.commit([incident()], [report(), report(kind="seen")])
    ledger.dead(first, "422: \0 means nothing")
    assert ledger.revive() == 1
    assert ledger.pending() == [first, second]


def test_reports_of_some_incidents_can_be_left_out(ledger):
    ledger.commit([incident("a"), incident("b")], [report("a"), report("b")])
    assert [one.incident_id for one in ledger.pending(but=["a" * 32])] == ["b" * 32]


def test_a_closed_ledger_of_another_process_holds_nobody_up(place, ledger):
    place.open().close()
    ledger.commit([incident()], [report()])
    assert ledger.counts() == OutboxCounts(1, 0)


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
