"""The closer look: a camera with two streams of one wall of real streets, and the real model."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from api.board import Board, Counts
from api.closertally import CloserTally
from api.http.feedshapes import FeedReport
from api.lookout import Lookout
from api.visited import VisitedWire
from api.watch import Watch
from api.wiring.closer import closer_of
from api.wiring.feeds import feed_of
from api.wiring.looks import Looks
from configs.loading import load_configuration
from configs.settings import ModelSettings, PatrolSettings
from detector.detection import overlap
from detector.loading import load_model
from detector.log import ParquetLog
from gridmap.grouping import IncidentBook
from gridmap.ledgers.sqlite import SqliteLedger
from gridmap.scene import SceneRules
from gridmap.view import View
from streams.bus.offer import Offer
from streams.capture import Capture
from streams.due import Due
from streams.sight import Sight
from streams.visit import Outcome
from tests.e2e.patrol_city import StillCamera, stills_folder
from tests.servers.rtsp import RtspServer

PROJECT = Path(__file__).parents[2]
SUB, MAIN = (704, 576), (1920, 1280)
HEAP = (843, 439, 997, 593)
"""A small heap of rubbish in the main stream's picture, px: 8 % of its width."""
NO_BIN = (930, 1005, 1006, 1242)
"""What the sub-stream takes for an overflowing bin."""
DEADLINE_S = 60
_PATIENT = {"capture": {"processes": 1}, "deadline_s": DEADLINE_S, "open_timeout_s": 30, "read_timeout_s": 30}
NUMBERS = count(1)
NOTHING = Counts(late=0, suspects=0, incidents=0, outbox=0, dead_letters=0)


def wall(first: int) -> np.ndarray:
    """Six real streets side by side, ``(1280, 1920, 3) uint8`` BGR."""
    six = [cv2.imread(str(path)) for path in sorted(stills_folder().glob("*.jpg"))[first : first + 6]]
    return np.vstack([np.hstack(six[:3]), np.hstack(six[3:])])


@pytest.fixture(scope="module")
def rtsp(tmp_path_factory):
    """A real RTSP server with the two streams of one camera, and the main stream of another."""
    folder, mounts = tmp_path_factory.mktemp("streets"), {}
    for name, first, size in (("sub", 0, SUB), ("main", 0, MAIN), ("elsewhere", 18, MAIN)):
        mounts[name] = folder / name
        mounts[name].mkdir()
        picture = cv2.resize(wall(first), size, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(mounts[name] / "1.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
    with RtspServer(mounts) as server:
        yield server


@contextmanager
def snapshots(first: int):
    """The two pictures of one snapshot camera: the same street each time, never the same picture."""
    street = wall(first)
    with StillCamera(cv2.resize(street, SUB, interpolation=cv2.INTER_AREA)) as sub, StillCamera(street) as main:
        yield sub, main


@pytest.fixture(scope="module")
def model():
    model = load_model(ModelSettings(precision="f32"), root=PROJECT)
    yield model
    model.close()


@pytest.fixture(scope="module")
def looks():
    patrol = PatrolSettings.model_validate(_PATIENT)
    looks = Looks.started(patrol, now=lambda: datetime.now(UTC))
    looks.wait_started()
    yield looks
    looks.close()


class Patrol:
    """One camera with all that a patrol has for it, visited by hand; its one zone lies around ``watched`` (px)."""

    def __init__(
        self, folder, model, looks, *, url, main_url, watched, sub_took_s=0, min_score=None, **closer_look
    ) -> None:
        x1, y1, x2, y2 = (side / length for side, length in zip(watched, MAIN * 2, strict=True))
        zone = {"name": "here", "polygon": [[x1, y1], [x2, y1], [x2, y2], [x1, y2]], "anchor": "centre"}
        zone |= {"min_score": min_score} if min_score else {}
        self.id = f"cam-{next(NUMBERS)}"  # one that hangs is not opened again for the next test
        feed = {"id": self.id, "url": url, "main_url": main_url, "zones": [zone]}
        patrol = {"deadline_s": DEADLINE_S, "closer_look": closer_look, "open_timeout_s": 1, "read_timeout_s": 1}
        yaml = YAML(typ="safe")
        yaml.dump({"version": 1, "patrol": patrol}, folder / "gridpatrol.yaml")
        yaml.dump({"feeds": [feed]}, folder / "feeds.yaml")
        self.configuration = load_configuration(folder, environ={})
        settings, written = self.configuration.settings, self.configuration.feeds[0]
        self.folder, self.model, self.clock = folder, model, lambda: datetime.now(UTC)
        self.feed = feed_of(written, self.configuration)
        self.capture = Capture(60, now=self.clock)
        self.source = looks.source(self.feed, enough_px=None)
        self.log = ParquetLog(folder / "log")
        line = FeedReport(id=self.id, name="Gate", kind="camera", url="rtsp://x/")
        self.board = Board([line], model_id=model.card.id, synthetic=False, now=self.clock, pid=1)
        self.tally = CloserTally(tell=lambda sentence: self.board.tell("closer", sentence))
        self.board.closer = self.tally.status
        scenes = SceneRules(settings)
        self.lookout = Lookout(
            model=model,
            views={self.id: View.of(written, self.configuration.catalogue, "Asia/Shanghai", model.card.thresholds)},
            grid=None,
            sight=Sight(now=self.clock),
            evidence=settings.evidence,
            log=self.log,
            scenes=scenes,
            closer=closer_of(
                settings.patrol,
                [self.feed],
                looks,
                self.capture,
                model=model,
                scenes=scenes,
                log=self.log,
                now=lambda: self.started_at + timedelta(seconds=sub_took_s),
            ),
        )
        numbers = count(1)
        self.ledger = SqliteLedger.open(folder / "patrol.db")
        self.watch = Watch(
            book=IncidentBook(self.configuration.catalogue, new_id=lambda: f"{next(numbers):032x}"),
            ledger=self.ledger,
            board=self.board,
            evidence=settings.evidence,
            log=self.log,
            closer=self.tally,
        )

    def visit(self):
        """Look once and remember it, sent over a bus before; return what came of it and of the bus."""
        due = Due(self.id, self.clock(), failing=False)
        visit, frame = self.capture.visit(self.feed, self.source, due_at=due.due_at)
        self.started_at = visit.started_at
        assert visit.outcome is Outcome.OK, visit.detail
        brief = self.watch.brief(self.id, at=visit.finished_at).as_record()
        told = self.lookout(self.feed, visit, frame, brief)
        wire, offer = VisitedWire(), Offer("1", due, brief)
        visited = wire.unpack(wire.pack(told, offer))
        return visited, self.watch(visited)

    def feed_line(self):
        report = self.board.report(NOTHING, last_post_at=None)
        return report.feeds[0], report.patrol

    def logged(self):
        """The rows of what closer looks said, and of the sub-stream's detections in the zone."""
        self.log.flush()
        tables = {}
        for table in ("closer", "detections"):
            files = sorted((self.folder / "log" / table).glob("*/*.parquet"))
            tables[table] = [row for file in files for row in pq.read_table(file).to_pylist()]
        return tables["closer"], tables["detections"]

    def close(self) -> None:
        self.ledger.close()


@pytest.fixture
def patrol(tmp_path, model, looks):
    made = []

    def make(**options) -> Patrol:
        made.append(Patrol(tmp_path, model, looks, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def in_main_px(box):
    return tuple(side * length for side, length in zip(box, MAIN * 2, strict=True))


def only(sightings):
    (sighting,) = sightings
    return sighting.detection.score, in_main_px(sighting.view_box)


def test_a_small_heap_counts_as_the_main_stream_shows_it(rtsp, patrol):
    """What is doubtful in 704 × 576 is plain in the crop, and lies where it lay: over RTSP."""
    street = patrol(url=rtsp.url("sub"), main_url=rtsp.url("main"), watched=HEAP)

    visited, handled = street.visit()

    score, box = only(visited.look.sightings)
    ((row,), raw) = street.logged()
    assert (row["said"], row["label"], row["closer_label"]) == ("confirmed", "garbage", "garbage")
    assert row["score"] < 0.6
    assert score > 0.9
    assert score == pytest.approx(row["closer_score"])
    assert overlap(box, HEAP) > 0.85
    assert max(each["score"] for each in raw if each["label"] == "garbage" and each["x1"] == row["x1"]) < 0.6
    assert (visited.closer.confirmed, visited.closer.opens, visited.detail, handled.more_opens) == (1, 1, "", 1)
    assert street.tally.status().confirmed == 1
    assert street.feed_line()[1].closer.opens == 1


def test_a_main_stream_that_hangs_costs_what_is_left_of_its_own_visit(rtsp, patrol):
    """The finding counts as the sub-stream shows it, people are told, and the sub-stream stays free."""
    with snapshots(0) as (sub, _):
        urls = {"url": sub.url("/live.jpg"), "main_url": rtsp.url("silent")}
        street = patrol(**urls, watched=HEAP, sub_took_s=DEADLINE_S - 2)

        visited, _ = street.visit()
        again, handled = street.visit()

    score, _ = only(visited.look.sightings)
    line, status = street.feed_line()
    assert 0.3 < score < 0.6
    assert (visited.outcome, visited.closer.failed, visited.closer.opens) == (Outcome.OK, 1, 1)
    hangs = f"the main stream: {rtsp.url('silent')}: given up after 2 s"
    assert visited.detail == f"small findings are taken as the sub-stream shows them; {hangs}"
    assert (again.outcome, again.closer.failed, handled.more_opens) == (Outcome.OK, 1, 0)
    assert f"{hangs} (not asked again for " in again.detail
    assert line.detail == again.detail
    assert status.trouble == [f"no closer look at {street.id}: {again.detail}"]
    assert [row["said"] for row in street.logged()[0]] == ["failed", "failed"]


def test_a_sub_stream_that_took_all_the_time_leaves_none_for_a_closer_look(patrol):
    """The main stream is not even opened, and nothing is held against it."""
    with snapshots(0) as (sub, main):
        urls = {"url": sub.url("/live.jpg"), "main_url": main.url("/live.jpg")}
        street = patrol(**urls, watched=HEAP, sub_took_s=DEADLINE_S)

        visited, _ = street.visit()

        assert visited.detail.endswith("the sub-stream took all of the visit's time")
        assert (visited.closer.failed, visited.closer.opens, len(main.requests)) == (1, 0, 0)
        assert len(visited.look.sightings) == 1


def test_a_main_stream_of_another_view_is_not_believed(rtsp, patrol):
    """It shows no heap at that place, which says nothing: the finding stays, and the reason is told."""
    street = patrol(url=rtsp.url("sub"), main_url=rtsp.url("elsewhere"), watched=HEAP)

    visited, _ = street.visit()

    score, _ = only(visited.look.sightings)
    assert 0.3 < score < 0.6
    assert "it shows another view than the sub-stream" in visited.detail
    assert (street.tally.status().failed, street.tally.status().failing) == (1, 1)


def test_what_the_main_stream_does_not_show_does_not_count(patrol):
    """The sub-stream alone is sure of an overflowing bin; seen closer there is none. The log keeps what was seen."""
    with snapshots(0) as (sub, main):
        street = patrol(url=sub.url("/live.jpg"), main_url=main.url("/live.jpg"), watched=NO_BIN, min_score=0.5)

        visited, _ = street.visit()

        ((row,), raw) = street.logged()
        assert visited.look.sightings == ()
        assert (row["said"], row["label"]) == ("refuted", "overflow")
        assert row["score"] > 0.5
        assert any(each["score"] == row["score"] and each["label"] == "overflow" for each in raw)
        assert (visited.closer.refuted, visited.outcome, visited.detail) == (1, Outcome.OK, "")


def test_what_is_just_too_doubtful_is_looked_at_and_may_count_after_all(patrol):
    """The heap scores 0.48 in the sub-stream's picture: less than the zone asks, and within the margin of it."""
    with snapshots(0) as (sub, main):
        street = patrol(
            url=sub.url("/live.jpg"), main_url=main.url("/live.jpg"), watched=HEAP, min_score=0.6, margin=0.3
        )

        visited, _ = street.visit()

        assert only(visited.look.sightings)[0] > 0.9
        assert [row["said"] for row in street.logged()[0]] == ["confirmed"]


@pytest.mark.parametrize(
    ("why", "options"),
    [
        ("too doubtful", {"min_score": 0.9, "margin": 0.05}),
        ("not small", {"below": 0.001}),
        ("turned off", {"enabled": False}),
    ],
)
def test_the_main_stream_is_left_alone(patrol, why, options):
    """Without a small suspect nothing is opened, and the sub-stream's word counts."""
    with snapshots(0) as (sub, main):
        street = patrol(url=sub.url("/live.jpg"), main_url=main.url("/live.jpg"), watched=HEAP, **options)

        visited, _ = street.visit()

        assert main.requests == [], why
        assert len(visited.look.sightings) == (why != "too doubtful")


def test_what_was_reported_just_now_is_no_suspect(patrol):
    """A confirmed heap that lies there for hours would open the main stream on every visit."""
    with snapshots(0) as (sub, main):
        street = patrol(url=sub.url("/live.jpg"), main_url=main.url("/live.jpg"), watched=HEAP)

        visits = [street.visit()[0] for _ in range(3)]

        assert [visited.closer.confirmed for visited in visits] == [1, 1, 0]
        assert len(main.requests) == 2
        assert all(visited.look.sightings for visited in visits)
