"""What came of a visit is the same whether it is remembered at once or sent over a bus before."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from api.board import Board
from api.brief import Brief
from api.feednotes import FeedNotes
from api.http.feedshapes import FeedReport
from api.lookout import Lookout
from api.visited import Visited
from api.watch import Watch
from configs.feeds import FeedSettings
from configs.matters import Catalogue, Matter, Names, Rule
from configs.settings import EvidenceSettings, MuteSettings, Settings
from detector.detection import Detection
from detector.log import ParquetLog
from detector.model import ModelCard
from gridmap.grouping import IncidentBook
from gridmap.imprint import imprint
from gridmap.ledgers.sqlite import SqliteLedger
from gridmap.muted import Looked, MutedPlace, MutedPlaces
from gridmap.reign import Reign
from gridmap.scene import SceneRules
from gridmap.view import View
from streams.errors import NotLeading
from streams.feed import Feed, Protocol
from streams.frame import Frame
from streams.sight import Sight
from streams.visit import Outcome, Visit
from tests.servers.clips import scene

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
GARBAGE = Matter(
    key="exposed_garbage",
    names=Names(zh="暴露垃圾", en="Garbage"),
    labels=("garbage",),
    rule=Rule(min_score=0.3, seen=2, of=3, gone_after=2),
)
CATALOGUE = Catalogue(matters=(GARBAGE,))
FEED = Feed("cam", "东门 Gate", "http://x/a.jpg", Protocol.SNAPSHOT)
HEAP = (50.0, 100.0, 150.0, 200.0)
CALIBRATED = {
    "id": "cam",
    "url": "http://x/a.jpg",
    "place": {"lon": 106.5640, "lat": 29.5560, "datum": "wgs84"},
}


class Seer:
    """A model that sees a heap, and a lorry that hides the left half, where it is told to."""

    card = ModelCard("scripted@1", ("garbage", "truck"), 0, "0" * 64, "scripted", synthetic=True)
    sees: tuple[Detection, ...] = ()

    def detect(self, images):
        return [self.sees for _ in images]

    def close(self) -> None: ...


class City:
    """One camera; ``carry`` is what lies between the one who looks and the one who remembers."""

    def __init__(self, folder, carry=lambda visited, _: visited, *, seen_every_s: float = 0) -> None:
        folder.mkdir(exist_ok=True)
        self.carry, self.clock, self.number, self.model = carry, NOON, 0, Seer()
        self.ledger = SqliteLedger.open(folder / "patrol.db")
        self.muted, self.notes, self.deposed = MutedPlaces(MuteSettings()), FeedNotes(), 0
        self.notes.take_up(self.ledger.feed_memory())
        book = IncidentBook(CATALOGUE, new_id=lambda: uuid4().hex)
        book.restore(self.ledger.open_incidents())
        line = FeedReport(id="cam", name="Gate", kind="camera", url="http://x/a.jpg")
        self.board = Board([line], model_id="m", synthetic=True, now=lambda: self.clock, pid=1)
        log = ParquetLog(folder / "log")
        self.lookout = Lookout(
            model=self.model,
            views={"cam": View.of(FeedSettings.model_validate(CALIBRATED), CATALOGUE, "Asia/Shanghai")},
            grid=None,
            sight=Sight(now=lambda: self.clock, frozen_after=2),
            evidence=EvidenceSettings(seen_every_s=0),
            log=log,
            scenes=SceneRules(Settings()),
        )
        self.watch = Watch(
            book=book,
            ledger=self.ledger,
            board=self.board,
            evidence=EvidenceSettings(seen_every_s=seen_every_s),
            log=log,
            muted=self.muted,
            notes=self.notes,
            deposed=self._depose,
        )

    def _depose(self) -> None:
        self.deposed += 1

    def visit(self, *sees: Detection, picture=None) -> Outcome:
        self.number += 1
        self.clock += timedelta(minutes=1)
        self.model.sees = sees
        frame = Frame(scene(self.number) if picture is None else picture, self.clock, f"{self.number}")
        visit = Visit("cam", self.clock, self.clock, self.clock, Outcome.OK, cpu_ms=1.5)
        brief = self.watch.brief("cam", at=self.clock)
        self.last = self.carry(self.lookout(FEED, visit, frame, brief.as_record()), brief)
        return self.watch(self.last, f"t{self.number}").outcome


def sent(visited: Visited, brief: Brief) -> Visited:
    return Visited.unpacked(visited.packed(Brief.from_record(brief.as_record())))


def seen(label: str, box=HEAP, score: float = 0.8) -> Detection:
    return Detection(label, score, box, "scripted@1")


def three_times_then_gone(city: City) -> None:
    for _ in range(3):
        city.visit(seen("garbage"))
    city.visit(seen("truck", (0.0, 0.0, 200.0, 230.0)))
    city.visit(picture=np.zeros((240, 320, 3), np.uint8))
    for _ in range(2):
        city.visit()


def a_muted_place_that_changes(city: City) -> None:
    box = (50 / 320, 100 / 240, 150 / 320, 200 / 240)
    looked = Looked(box, imprint(scene(1), box))
    city.muted.listed([MutedPlace(7, "cam", "exposed_garbage", NOON + timedelta(days=1), (looked,))])
    other = np.random.default_rng(5).integers(0, 256, (240, 320, 3), np.uint8)
    for picture in (None, other, other, other):
        city.visit(seen("garbage"), picture=picture)


def told(report):
    """A report but for its incident's id, which chance gives."""
    body = {key: value for key, value in json.loads(report.body_json).items() if key != "incident_id"}
    return body, report.sequence, report.evidence


@pytest.mark.parametrize("story", [three_times_then_gone, a_muted_place_that_changes])
def test_reports_pictures_mutes_and_the_board_are_the_same(tmp_path, story):
    cities = {name: City(tmp_path / name, carry) for name, carry in {"at once": lambda v, _: v, "sent": sent}.items()}
    for city in cities.values():
        story(city)
    at_once, over_a_bus = cities.values()

    reports = at_once.ledger.pending()
    assert reports
    assert list(map(told, over_a_bus.ledger.pending())) == list(map(told, reports))
    assert over_a_bus.muted.written() == at_once.muted.written()
    assert over_a_bus.board.take_pictures() == at_once.board.take_pictures() != {}
    for city in cities.values():
        city.ledger.close()


def test_what_is_sent_is_small_where_there_is_nothing_to_show(tmp_path):
    """A picture is sent only where something was found, or where a small view is wanted."""
    city = City(tmp_path / "city", sent)
    city.visit()
    visit = Visit("cam", NOON, NOON, NOON, Outcome.OK)
    city.clock = NOON
    nothing = city.lookout(FEED, visit, Frame(scene(8), NOON, "8")).packed(Brief())
    city.model.sees = (seen("garbage"),)
    something = city.lookout(FEED, visit, Frame(scene(9), NOON, "9")).packed(Brief())

    assert set(nothing) == {"wire", "visited"}
    assert sum(map(len, nothing.values())) < 1000
    assert something["evidence"].startswith(b"\xff\xd8")
    city.ledger.close()


def test_a_picture_of_what_was_reported_just_now_is_not_sent_again(tmp_path):
    city = City(tmp_path, sent, seen_every_s=300)
    sends = []
    for _ in range(7):
        city.visit(seen("garbage"))
        sends.append(city.last.pictures.jpeg is not None)
    city.visit(seen("garbage"), seen("garbage", (200.0, 20.0, 280.0, 90.0)))

    assert sends == [True, True, False, False, False, True, True]
    assert city.last.pictures.jpeg is not None
    assert all(report.evidence for report in city.ledger.pending())
    city.ledger.close()


def test_a_frozen_picture_is_frozen_whoever_looks_next(tmp_path):
    """Each of two who look in turn has seen the picture once."""
    one, other = City(tmp_path / "one", sent), City(tmp_path / "other", sent)
    visit = Visit("cam", NOON, NOON, NOON, Outcome.OK)
    first = one.lookout(FEED, visit, Frame(scene(1), NOON, "same"))
    second = other.lookout(FEED, visit, Frame(scene(1), NOON, "same"), Brief(memory=first.memory).as_record())

    assert (first.outcome, second.outcome) == (Outcome.OK, Outcome.FROZEN)
    for city in (one, other):
        city.ledger.close()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "another version"),
        ({"wire": b"0", "visited": b"{}"}, "another version"),
        ({"wire": b"2"}, "no visit"),
        ({"wire": b"2", "visited": b"\xff"}, "no visit"),
        ({"wire": b"2", "visited": b"[]"}, "no visit"),
        ({"wire": b"2", "visited": b'{"visit": {}}'}, "no visit"),
    ],
)
def test_what_is_no_visit_is_refused_in_a_sentence(fields, says):
    with pytest.raises(ValueError, match=says):
        Visited.unpacked(fields)


def test_what_comes_twice_counts_once(tmp_path):
    """Its ticket is known, also to a leader that has only the ledger: it neither confirms nor is reported again."""
    first = City(tmp_path)
    first.visit(seen("garbage"))
    for _ in range(3):
        first.watch(first.last, "t1")
    assert first.ledger.pending() == []
    first.visit(seen("garbage"))
    assert len(first.ledger.pending()) == 1
    first.ledger.close()

    second = City(tmp_path)
    second.watch(first.last, "t2")
    assert len(second.ledger.pending()) == 1
    second.watch(first.last, "t3")
    assert len(second.ledger.pending()) == 2
    second.ledger.close()


def test_a_leader_of_before_writes_nothing_and_is_told_so(tmp_path):
    before = City(tmp_path)
    before.watch._ledger = reign = Reign(before.ledger)
    reign.take_over()
    before.visit(seen("garbage"))
    SqliteLedger.open(tmp_path / "patrol.db").take_over()

    with pytest.raises(NotLeading, match="another patrol process"):
        before.visit(seen("garbage"))

    assert before.deposed == 1
    assert not before.watch.settled
    assert before.ledger.pending() == []
    before.ledger.close()


def test_what_comes_of_a_feed_that_the_leader_does_not_know_changes_nothing(tmp_path):
    city = City(tmp_path)
    stranger = Visit("stranger", NOON, NOON, NOON, Outcome.UNREACHABLE)

    assert city.watch(Visited.unhandled(stranger, "stranger", "no such feed"), "t1").outcome is Outcome.UNREACHABLE
    assert city.watch.settled
    city.ledger.close()
