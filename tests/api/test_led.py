"""What one leader leaves in the ledger and the next one takes up: turns, follow-ups, backoff, and how feeds were."""

from __future__ import annotations

import random
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from api.board import Board, Counts
from api.http.feedshapes import FeedReport
from api.led import Led
from api.patrolprocess import Memory
from api.visited import Visited
from api.watch import VIEW_OF
from configs.matters import Catalogue
from configs.settings import Settings
from detector.log import ParquetLog
from gridmap.ledger import FeedMemory
from gridmap.ledgers.sqlite import SqliteLedger
from gridmap.reign import Reign
from streams.bus.inprocess import InProcessBus
from streams.feed import Feed, Protocol
from streams.feedviews import FeedViews
from streams.schedule import Schedule
from streams.visit import Kind, Outcome, Visit

FEEDS = [Feed(key, key, f"rtsp://10.0.0.1/{key}", Protocol.RTSP) for key in ("dead", "suspect", "done")]
NO_COUNTS = Counts(late=0, suspects=0, incidents=0, outbox=0, dead_letters=0)


def now() -> datetime:
    return datetime.now(UTC)


class Reigning:
    """One leader over the ledger in a folder; its jobs are not started, so that nothing happens by itself."""

    def __init__(self, folder: Path, *, running_s: float) -> None:
        self.running_s = running_s
        self.schedule = Schedule(FEEDS, now=now, rng=random.Random(1), running_s=lambda: self.running_s)
        lines = [FeedReport(id=feed.id, name=feed.name, kind="camera", url=feed.shown_url) for feed in FEEDS]
        self.board = Board(lines, model_id="starter@1", synthetic=False, now=now, pid=7)
        self.ledger = Reign(SqliteLedger.open(folder / "patrol.db", timeout_s=0.1))
        self.views = FeedViews()
        self.led = Led(
            InProcessBus[Visited](now=now),
            self.ledger,
            self.board,
            ParquetLog(folder / "log"),
            catalogue=Catalogue(matters=()),
            settings=Settings(),
            schedule=lambda: self.schedule,
            client=httpx.Client(base_url="http://127.0.0.1:1", trust_env=False),
            views=lambda _: self.views,
            stop=threading.Event(),
        )
        self.led.begin()

    def end(self) -> None:
        self.ledger.commit((), (), self.led.kept())
        self.ledger.close()


def outcomes(board: Board) -> dict[str, tuple[str | None, int]]:
    return {line.id: (line.outcome, line.failures) for line in board.report(NO_COUNTS, last_post_at=None).feeds}


def test_the_next_leader_goes_on_with_follow_ups_backoff_and_board(tmp_path):
    first = Reigning(tmp_path, running_s=1000)
    first.running_s += 1
    for due in first.schedule.take():
        outcome = Outcome.UNREACHABLE if due.feed_id == "dead" else Outcome.OK
        first.schedule.done(due.feed_id, outcome, again_in_s=40 if due.feed_id == "suspect" else None)
        first.board.visited(due.feed_id, Visit(due.feed_id, now(), now(), now(), outcome), outcome, "")
    first.schedule.ask("done", 20, "its handler reports it done")
    expected = {feed.id: first.schedule.next_visit_at(feed.id) for feed in FEEDS}
    first.end()

    second = Reigning(tmp_path, running_s=5)
    assert outcomes(second.board) == {"dead": ("unreachable", 1), "suspect": ("ok", 0), "done": ("ok", 0)}
    for feed in FEEDS:
        assert abs(second.board.next_visit_at(feed.id) - expected[feed.id]) < timedelta(seconds=0.5)
    second.running_s += 45
    assert {(due.feed_id, due.kind, due.why) for due in second.schedule.take()} == {
        ("dead", Kind.RETRY, ""),
        ("suspect", Kind.FOLLOW_UP, ""),
        ("done", Kind.FOLLOW_UP, "its handler reports it done"),
    }


@pytest.mark.parametrize("key", ["*turns", "*board"])
@pytest.mark.parametrize("text", ["{", "[]", '{"cam": 1}'])
def test_what_cannot_be_read_is_begun_anew(tmp_path, key, text):
    ledger = SqliteLedger.open(tmp_path / "patrol.db")
    ledger.commit((), (), [FeedMemory(key, text)])
    ledger.close()
    begun = Reigning(tmp_path, running_s=1000)
    begun.running_s += 1
    assert len(begun.schedule.take()) == len(FEEDS)


def test_views_that_a_locked_ledger_did_not_take_are_written_the_next_time(tmp_path):
    leader = Reigning(tmp_path, running_s=1000)
    known, other = ({"looks": [], "agreeing": looks, "half": None} for looks in (3, 0))
    leader.views.note("done", {"known": known, "other": other, "unlike": 0, "like": 0, "accepted_at": ""})
    memory = Memory(
        leader.ledger,
        leader.led.kept,
        leader.led.lost,
        ParquetLog(tmp_path / "log"),
        prune_log=lambda **_: None,
        prune_kept=lambda _: None,
        now=now,
    )
    with sqlite3.connect(tmp_path / "patrol.db", isolation_level=None) as other_program:
        other_program.execute("BEGIN IMMEDIATE")
        memory.write(leads=True)
    assert VIEW_OF + "done" not in leader.ledger.feed_memory()
    memory.write(leads=True)
    assert VIEW_OF + "done" in leader.ledger.feed_memory()
