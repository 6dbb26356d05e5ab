"""From what stands in a picture to what is reported: vending by rule, legal hours, what is hidden, who is blurred."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from api.board import Board, Counts
from api.http.feedshapes import FeedReport
from api.http.schemas import IncidentReport
from api.lookout import Lookout
from api.watch import Watch
from configs.feeds import FeedSettings
from configs.loading import load_configuration
from configs.settings import Settings
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
from tests.servers.visiting import Visiting

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
"""In Chongqing."""
WIDTH, HEIGHT = 1280, 720
LABELS = ("garbage", "overflow", "bin", "graffiti", "ad", "stall", "person", "truck", "umbrella", "table", "food")
FEED = Feed("cam", "Gate", "http://x/a.jpg", Protocol.SNAPSHOT)


class Told:
    """A model that sees what it is told."""

    card = ModelCard("city@1", LABELS, 640, "0" * 64, "scripted")

    def __init__(self) -> None:
        self.sees: list[Detection] = []

    def detect(self, images):
        return [tuple(self.sees) for _ in images]

    def close(self) -> None: ...


def seen(label, box, score=0.8):
    return Detection(label, score, box, "city@1")


def stall(shift=0):
    """A fruit cart with its vendor; parts come and go, and boxes jitter, from visit to visit."""
    return [
        seen("person", (400 + 7 * shift, 300, 480 + 7 * shift, 540)),
        seen("table", (480 + shift, 430, 700 - shift, 550), 0.6),
        seen("food", (500, 400 + shift, 640, 445), 0.5),
        *([seen("umbrella", (430, 160, 760, 300), 0.5)] if shift % 2 else []),
    ]


HEAP = seen("garbage", (300, 400, 420, 480))
LORRY = seen("truck", (200, 200, 700, 560))


class City:
    """One camera with everything behind it, visited by hand each minute."""

    def __init__(self, folder, catalogue, *, zones=(), at=NOON, **settings) -> None:
        self.clock, self.number = at, 0
        self.folder = folder
        self.model = Told()
        self.ledger = SqliteLedger.open(folder / "patrol.db")
        self.log = ParquetLog(folder / "log")
        self.book = IncidentBook(catalogue, new_id=iter(f"{n:032x}" for n in range(1, 99)).__next__)
        line = FeedReport(id="cam", name="Gate", kind="camera", url="http://x/a.jpg")
        self.board = Board([line], model_id="m", synthetic=False, now=lambda: self.clock, pid=1)
        feed = FeedSettings.model_validate({"id": "cam", "url": "http://x/a.jpg", "zones": zones})
        whole = Settings.model_validate({**settings, "evidence": {"seen_every_s": 0, **settings.get("evidence", {})}})
        lookout = Lookout(
            model=self.model,
            views={"cam": View.of(feed, catalogue, "Asia/Shanghai")},
            grid=None,
            sight=Sight(now=lambda: self.clock),
            evidence=whole.evidence,
            log=self.log,
            scenes=SceneRules(whole),
        )
        remembers = Watch(
            book=self.book,
            ledger=self.ledger,
            board=self.board,
            evidence=whole.evidence,
            log=self.log,
        )
        self.watch = Visiting(lookout, remembers)

    def visit(self, *sees: Detection, picture=None) -> Outcome:
        self.number += 1
        self.clock += timedelta(minutes=1)
        self.model.sees = list(sees)
        drawn = street(self.number) if picture is None else picture
        frame = Frame(drawn, self.clock, f"{self.number}")
        return self.watch(FEED, Visit("cam", self.clock, self.clock, self.clock, Outcome.OK), frame).outcome

    @property
    def told(self) -> list[IncidentReport]:
        return [IncidentReport.model_validate_json(report.body_json) for report in self.ledger.pending()]

    @property
    def kinds(self) -> list[str]:
        return [report.kind.value for report in self.told]


NOISE = np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


def street(number: int) -> np.ndarray:
    """Return noise, in which nothing is readable that was averaged and everything that was not."""
    return np.roll(NOISE, 16 * number, axis=1)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """The shipped matters."""
    folder = tmp_path_factory.mktemp("city")
    (folder / "gridpatrol.yaml").write_text("feeds: []\n")
    return load_configuration(folder, environ={}).catalogue


@pytest.fixture
def city(tmp_path, catalogue):
    """A function that makes a city; its ledger is closed at the end."""
    made: list[City] = []

    def make(**keys) -> City:
        made.append(City(tmp_path, catalogue, **keys))
        return made[-1]

    yield make
    for each in made:
        each.ledger.close()


def test_a_stall_that_stands_for_three_minutes_is_one_report_that_says_it_is_by_rule(city):
    """Its box jitters and its canopy is seen every other time, and still it is one stall."""
    market = city()
    for shift in range(6):
        market.visit(*stall(shift))

    assert market.kinds == ["confirmed", "seen", "seen"]
    first = market.told[0]
    assert (first.matter, first.label, first.model_id) == ("street_vending", "stall", "city@1+vending")
    assert len({report.incident_id for report in market.told}) == 1


def moved(detection: Detection, right: float) -> Detection:
    x1, y1, x2, y2 = detection.box
    return seen(detection.label, (x1 + right, y1, x2 + right, y2), detection.score)


def test_a_cart_that_is_elsewhere_at_each_visit_is_never_reported(city):
    road = city()
    for step in range(10):
        road.visit(*(moved(each, 400 * (step % 3 - 1)) for each in stall()))

    assert road.told == []
    assert road.book.open_incidents() != []


def test_the_log_keeps_what_the_model_saw_and_no_composite(city):
    """So that the rule can be replayed over it with other numbers."""
    market = city()
    market.visit(*stall())
    market.log.flush()

    rows = pq.read_table(market.folder / "log" / "detections").to_pylist()

    assert [row["label"] for row in rows] == ["person", "table", "food"]
    assert {row["model_id"] for row in rows} == {"city@1"}


def test_context_is_never_reported(city):
    road = city(vending={"enabled": False})
    for shift in range(8):
        road.visit(*stall(shift))

    assert road.told == []
    assert road.book.open_incidents() == []


MARKET = {
    "name": "早市",
    "kind": "exclude",
    "polygon": [[0.2, 0.2], [0.8, 0.2], [0.8, 1], [0.2, 1]],
    "matters": ["street_vending"],
    "windows": ["12:00-12:20"],
}


def test_a_legal_stall_is_exempt_in_its_hours_and_counts_outside_them(city):
    market = city(zones=[MARKET])
    for shift in range(19):
        market.visit(*stall(shift % 3))
    assert market.told == []

    for shift in range(3):
        market.visit(*stall(shift))
    assert market.told == []
    market.visit(*stall())
    assert market.kinds == ["confirmed"]
    assert market.told[0].first_seen == NOON + timedelta(minutes=20)


def test_the_exemption_is_for_its_matter_and_its_place_only(city):
    market = city(zones=[MARKET])
    for _ in range(3):
        market.visit(HEAP)

    assert market.told[0].matter == "exposed_garbage"


def test_legal_hours_neither_end_nor_repeat_what_was_reported_before_them(city):
    """The stall still stands there when its hours begin; whether it goes is seen all the same."""
    market = city(zones=[MARKET], at=NOON - timedelta(minutes=6))
    for _ in range(5):
        market.visit(*stall())
    before = market.kinds
    for _ in range(5):
        market.visit(*stall())
    assert market.kinds == before == ["confirmed", "seen"]

    market.visit()
    market.visit()
    assert market.kinds[-1] == "ended"


def test_what_a_lorry_hides_is_not_gone(city):
    road = city()
    for _ in range(2):
        road.visit(HEAP)
    for _ in range(8):
        assert road.visit(LORRY) is Outcome.OK
    assert road.kinds == ["confirmed"]

    road.visit(HEAP)
    for _ in range(3):
        road.visit()
    assert road.kinds == ["confirmed", "seen", "ended"]


def test_a_lorry_behind_the_heap_hides_nothing(city):
    road = city()
    behind = seen("truck", (200, 200, 700, 470))
    for _ in range(2):
        road.visit(HEAP, behind)
    for _ in range(3):
        road.visit(behind)

    assert road.kinds == ["confirmed", "ended"]


def test_nothing_hides_where_the_settings_say_so(city):
    road = city(obstacles={"labels": []})
    for _ in range(2):
        road.visit(HEAP)
    for _ in range(3):
        road.visit(LORRY)

    assert road.kinds == ["confirmed", "ended"]


def test_a_bus_before_the_lens_makes_the_visit_blocked(city):
    road = city()
    bus = seen("truck", (0, 0, 1100, 720))

    assert road.visit(bus, HEAP) is Outcome.BLOCKED
    assert road.book.open_incidents() == []
    line = road.board.report(
        Counts(late=0, suspects=0, incidents=0, outbox=0, dead_letters=0), last_post_at=None
    ).feeds[0]
    assert (line.outcome, line.detail) == ("blocked", "people or vehicles cover 86% of what is watched")


def test_a_bus_blocks_what_the_include_zones_watch(city):
    road = city(zones=[{"name": "n", "polygon": [[0.9, 0], [1, 0], [1, 1], [0.9, 1]]}])

    assert road.visit(seen("truck", (0, 0, 1100, 720))) is Outcome.OK
    assert road.visit(seen("truck", (1000, 0, 1280, 720))) is Outcome.BLOCKED


def test_a_bin_seen_in_order_more_surely_than_overflowing_is_no_finding(city):
    road = city()
    full = seen("overflow", HEAP.box, 0.6)
    for _ in range(3):
        road.visit(full, seen("bin", HEAP.box, 0.7))
    assert road.told == []

    for _ in range(2):
        road.visit(full, seen("bin", HEAP.box, 0.5))
    assert road.told[0].matter == "overflowing_bin"


def decoded(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).astype(int)


def contrast(picture: np.ndarray, box) -> float:
    x1, y1, x2, y2 = box
    return float(picture[y1:y2, x1:x2].std())


def test_people_are_unreadable_in_evidence_also_inside_the_finding_and_the_rest_is_not(city):
    """Noise has a contrast of over 50 even as a JPEG; averaged into squares it has next to none."""
    market = city()
    for _ in range(4):
        market.visit(*stall(), seen("person", (560, 350, 620, 540)), seen("truck", (900, 300, 1200, 600)))

    evidence = decoded(market.ledger.pending()[0].evidence)

    assert contrast(evidence, (400, 300, 480, 540)) < 10
    assert contrast(evidence, (565, 440, 615, 540)) < 10
    assert contrast(evidence, (640, 440, 690, 540)) > 50
    assert contrast(evidence, (900, 300, 1200, 600)) > 50


@pytest.mark.parametrize(("blur", "readable"), [([], (True, True)), (["truck"], (True, False))])
def test_what_is_blurred_is_said_in_the_settings(city, blur, readable):
    road = city(evidence={"blur": blur})
    person, lorry = (100, 200, 200, 500), (900, 300, 1200, 600)
    for _ in range(2):
        road.visit(HEAP, seen("person", person), seen("truck", lorry))

    evidence = decoded(road.ledger.pending()[0].evidence)

    assert tuple(contrast(evidence, box) > 50 for box in (person, lorry)) == readable


def test_the_small_view_of_a_feed_shows_nobody_and_one_not_looked_at_shows_nothing(city):
    """In a picture that is dark, old or frozen nobody looked for people: there may be some in any part of it."""
    road = city()
    road.visit(seen("person", (400, 200, 560, 640)))
    view = decoded(road.board.take_pictures()["cam"])
    assert contrast(view, (200, 100, 280, 320)) < 10 < contrast(view, (400, 100, 600, 300))

    road.clock += timedelta(minutes=2)
    dark = (street(1) // 16).astype(np.uint8)
    dark[300:400, 300:400] = 12
    assert road.visit(picture=dark) is Outcome.DARK
    assert contrast(decoded(road.board.take_pictures()["cam"]), (0, 0, 640, 360)) < 1
