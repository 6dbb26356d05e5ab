"""The watch with a real ledger, log, book and drawn pictures; only the model is scripted."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from api.board import Board, Counts
from api.http.feedshapes import FeedReport
from api.http.schemas import IncidentReport
from api.lookout import Lookout
from api.watch import Watch
from configs.feeds import FeedSettings
from configs.matters import Catalogue, Matter, Names, Rule
from configs.settings import EvidenceSettings, Settings
from detector.detection import Detection
from detector.log import ParquetLog
from detector.model import ModelCard
from gridmap.grouping import IncidentBook
from gridmap.ledgers.sqlite import SqliteLedger
from gridmap.scene import SceneRules
from gridmap.view import View
from streams.feed import Feed, Protocol
from streams.frame import Frame
from streams.sight import Sight
from streams.visit import Outcome, Visit
from tests.servers.clips import scene
from tests.servers.visiting import Visiting

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
RULE = Rule(min_score=0.3, seen=2, of=3, gone_after=2)
CATALOGUE = Catalogue(
    matters=(Matter(key="exposed_garbage", names=Names(zh="暴露垃圾", en="Garbage"), labels=("garbage",), rule=RULE),)
)
FEED = Feed("cam", "Gate", "http://x/a.jpg", Protocol.SNAPSHOT)
NO_COUNTS = Counts(late=0, suspects=0, incidents=0, outbox=0, dead_letters=0)


class OneThing:
    """A model that sees one heap in every picture until told otherwise."""

    card = ModelCard("scripted@1", ("garbage",), 0, "0" * 64, "scripted", synthetic=True)

    def __init__(self) -> None:
        self.sees = True
        self.raises: Exception | None = None

    def detect(self, images):
        if self.raises:
            raise self.raises
        heap = Detection("garbage", 0.8, (50, 100, 150, 200), "scripted@1")
        return [(heap,) if self.sees else () for _ in images]

    def close(self) -> None: ...


class City:
    """One camera with everything behind it, visited by hand."""

    def __init__(self, folder, *, feed: Feed = FEED, seen_every_s: float = 0.0) -> None:
        self.clock = NOON
        self.running_s = 0.0
        self.model = OneThing()
        self.ledger = SqliteLedger.open(folder / "patrol.db", timeout_s=0.1)
        self.book = IncidentBook(CATALOGUE, new_id=iter(f"{n:032x}" for n in range(1, 99)).__next__)
        self.book.restore(self.ledger.open_incidents())
        line = FeedReport(id="cam", name="Gate", kind="camera", url="http://x/a.jpg")
        self.board = Board([line], model_id="m", synthetic=True, now=lambda: self.clock, pid=1)
        self.feed = feed
        lookout = Lookout(
            model=self.model,
            views={"cam": View.of(FeedSettings(id="cam", url="http://x/a.jpg"), CATALOGUE, "Asia/Shanghai")},
            grid=None,
            sight=Sight(now=lambda: self.clock, frozen_after=2),
            evidence=EvidenceSettings(seen_every_s=seen_every_s),
            log=ParquetLog(folder / "log"),
            scenes=SceneRules(Settings()),
        )
        remembers = Watch(
            book=self.book,
            ledger=self.ledger,
            board=self.board,
            evidence=EvidenceSettings(seen_every_s=seen_every_s),
            log=ParquetLog(folder / "log"),
            running_s=lambda: self.running_s,
        )
        self.watch = Visiting(lookout, remembers)
        self.number = 0

    def visit(self, *, digest: str | None = None, picture=None) -> Outcome:
        self.number += 1
        self.clock += timedelta(minutes=1)
        self.running_s += 60
        frame = Frame(scene(self.number) if picture is None else picture, self.clock, digest or f"{self.number}")
        visit = Visit("cam", self.clock, self.clock, self.clock, Outcome.OK)
        return self.watch(self.feed, visit, frame).outcome

    @property
    def told(self) -> list[IncidentReport]:
        return [IncidentReport.model_validate_json(report.body_json) for report in self.ledger.pending()]

    @property
    def trouble(self) -> list[str]:
        return self.board.report(NO_COUNTS, last_post_at=None).patrol.trouble


@pytest.fixture
def city(tmp_path):
    made = City(tmp_path)
    yield made
    made.ledger.close()


def test_what_is_seen_twice_is_reported_with_its_picture_and_what_is_gone_is_reported_gone(city):
    for _ in range(3):
        city.visit()
    city.model.sees = False
    for _ in range(2):
        city.visit()

    assert [report.kind for report in city.told] == ["confirmed", "seen", "ended"]
    assert [report.evidence is not None for report in city.ledger.pending()] == [True, True, False]
    assert city.told[0].box == pytest.approx((50 / 320, 100 / 240, 150 / 320, 200 / 240), abs=1e-4)
    assert city.told[0].synthetic


def test_a_frozen_picture_is_no_second_look(city):
    """The same picture twice shows one moment: it confirms nothing, and it ends nothing."""
    city.visit(digest="same")
    assert [city.visit(digest="same") for _ in range(5)] == [Outcome.FROZEN] * 5
    assert city.told == []


def test_a_dark_or_covered_view_changes_nothing(city):
    city.visit()
    city.visit()
    before = city.book.open_incidents()
    black, covered = np.zeros((240, 320, 3), np.uint8), np.full((240, 320, 3), 90, np.uint8)

    assert [city.visit(picture=picture) for picture in (black, covered)] == [Outcome.DARK, Outcome.BLOCKED]
    assert city.book.open_incidents() == before


def test_known_incidents_are_reported_again_only_now_and_then(tmp_path):
    city = City(tmp_path, seen_every_s=300)
    for _ in range(12):
        city.visit()

    assert [report.kind for report in city.told] == ["confirmed", "seen", "seen"]
    city.ledger.close()


def test_while_the_ledger_is_locked_nothing_is_lost_and_it_is_said(city, tmp_path):
    with sqlite3.connect(tmp_path / "patrol.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        city.visit()
        city.visit()
        assert "patrol.db" in city.trouble[0]
        other.execute("ROLLBACK")
    city.visit()

    assert [report.kind for report in city.told] == ["confirmed", "seen"]
    assert city.trouble == []


def test_what_waited_is_written_at_the_end_of_the_process(city, tmp_path):
    with sqlite3.connect(tmp_path / "patrol.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        city.visit()
        city.visit()
        other.execute("ROLLBACK")

    city.watch.watch.flush()

    assert [report.kind for report in city.told] == ["confirmed"]


def test_a_locked_ledger_is_not_tried_at_every_visit(city, tmp_path):
    """Each try waits for the lock; visits must not queue behind it."""
    with sqlite3.connect(tmp_path / "patrol.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        city.visit()
        city.running_s = 60.0
        tries_before = city.watch.watch._again_at_s
        city.watch(FEED, Visit("cam", NOON, NOON, NOON, Outcome.OK), Frame(scene(77), city.clock, "x"))
        other.execute("ROLLBACK")

    assert tries_before == city.watch.watch._again_at_s == 70.0


def test_an_incident_goes_on_after_a_restart(tmp_path):
    first = City(tmp_path)
    first.visit()
    first.visit()
    first.ledger.close()

    second = City(tmp_path)
    second.number = 10
    second.clock = first.clock
    second.visit()

    assert [(report.kind, report.incident_id) for report in second.told] == [
        ("confirmed", f"{1:032x}"),
        ("seen", f"{1:032x}"),
    ]
    second.ledger.close()


def test_a_visit_that_could_not_be_handled_is_on_the_board_and_in_the_log(city):
    visit = Visit("cam", NOON, NOON, NOON, Outcome.OK)
    city.watch.failed(FEED, visit, RuntimeError("defect"))
    report = city.board.report(NO_COUNTS, last_post_at=None)

    assert report.feeds[0].visits == 1
    assert "could not be handled: RuntimeError" in report.feeds[0].detail
    assert "feed cam: RuntimeError" in report.patrol.trouble[0]
