"""A city that has been patrolled and judged, for tests of datasets: real store, evidence, log and kept pictures."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from api.casework import Casework
from api.dataset.draft import Material, Wish
from api.dataset.keeping import Keeper
from api.dataset.shots import Rules
from api.evidence import FolderEvidence
from api.http.schemas import IncidentReport, RejectReason, VerdictKind
from api.store.opening import open_store
from api.verdict import Ruling
from configs.matters import Catalogue, Matter, Names, Rule
from configs.settings import DatasetSettings
from detector.detection import Detection
from detector.log import ParquetLog
from detector.model import ModelCard
from streams.frame import Frame, Image
from tests.servers.case_api import empty_database

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
SIZE = (320, 240)
HEAP, POSTER, ELSEWHERE = (40, 80, 120, 160), (200, 40, 240, 80), (220, 160, 300, 220)
CLASSES = ("garbage", "overflow", "bin", "graffiti", "ad")
RULE = Rule(min_score=0.4)
CATALOGUE = Catalogue(
    matters=(
        Matter(key="exposed_garbage", names=Names(zh="暴露垃圾", en="Garbage"), labels=("garbage",), rule=RULE),
        Matter(key="overflowing_bin", names=Names(zh="满溢", en="Overflow"), labels=("overflow",), rule=RULE),
        Matter(key="illegal_ad", names=Names(zh="小广告", en="Ad"), labels=("ad", "graffiti"), rule=RULE),
        Matter(key="street_vending", names=Names(zh="占道", en="Vending"), labels=("stall",), rule=RULE),
    )
)
MATTER_OF = {label: matter.key for matter in CATALOGUE.matters for label in matter.labels}
CARD = ModelCard("starter@1a2b3c4d", CLASSES, 512, "0" * 64, "openvino")


def street(feed: str, number: int) -> Image:
    """A picture whose look depends on the feed and, at random, on its number."""
    coarse = np.random.default_rng([*feed.encode(), number]).integers(30, 220, (12, 16, 3), dtype=np.uint8)
    return cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC)


def detection(label: str, box: tuple[int, int, int, int], score: float = 0.8) -> Detection:
    return Detection(label, score, box, CARD.id)


@dataclass
class LearningCity:
    """A data folder that fills as the test says."""

    folder: Path
    clock: datetime = NOON
    rules: Rules = field(default_factory=lambda: Rules(CATALOGUE, (*CLASSES, "stall")))
    dataset: DatasetSettings = field(
        default_factory=lambda: DatasetSettings(keep_clean=1, keep_uncertain=1, per_feed_per_day=100)
    )
    number: int = 0
    sequences: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "cases.db").write_bytes(empty_database())
        self.store = open_store(f"sqlite:///{self.folder}/cases.db")
        self.evidence = FolderEvidence(self.folder / "evidence")
        zone = ZoneInfo("Asia/Shanghai")
        self.casework = Casework(self.store, self.evidence, CATALOGUE, zone, lambda: self.clock)
        self.log = ParquetLog(self.folder / "log")
        self.keeper = Keeper(self.folder / "kept", self.dataset, CATALOGUE, running_s=self._running_s)

    def _running_s(self) -> float:
        return self.clock.timestamp()

    @property
    def material(self) -> Material:
        self.log.flush()
        return Material(self.store, self.evidence, self.folder / "log", self.folder / "kept", self.rules)

    @property
    def wish(self) -> Wish:
        return Wish(NOON - timedelta(days=1), NOON + timedelta(days=30))

    def visit(
        self,
        feed: str,
        found: Sequence[Detection] = (),
        *,
        reported: dict[str, Detection] | None = None,
        number: int | None = None,
        synthetic: bool = False,
    ) -> None:
        """Look at a feed: log what was found, keep the picture if it is one to keep, report incidents by id."""
        self.clock += timedelta(minutes=5)
        self.number += 1
        image = street(feed, self.number if number is None else number)
        frame = Frame(image, self.clock, f"{self.number}")
        jpeg = cv2.imencode(".jpg", image)[1].tobytes()
        found = tuple(found) or tuple((reported or {}).values())
        self.log.detections(feed, frame, found)
        self.keeper.offer(feed, frame, found, findings=(), card=CARD, render=lambda: jpeg)
        for incident_id, seen in (reported or {}).items():
            self._report(feed, incident_id, seen, jpeg, synthetic=synthetic)

    def judge(self, incident_id: str, kind: str, **how: str) -> None:
        reason = RejectReason(how.pop("reason")) if "reason" in how else None
        into = incident_uuid(how["into"]) if "into" in how else None
        ruling = Ruling(VerdictKind(kind), reason=reason, into=into, matter=how.get("matter"))
        self.casework.judge(incident_uuid(incident_id), ruling, by="Li Hua")

    def close(self) -> None:
        self.store.close()

    def _report(self, feed: str, incident_id: str, seen: Detection, jpeg: bytes, *, synthetic: bool) -> None:
        sequence = self.sequences[incident_id] = self.sequences.get(incident_id, -1) + 1
        x1, y1, x2, y2 = seen.box
        report = IncidentReport(
            incident_id=incident_uuid(incident_id),
            sequence=sequence,
            kind="seen" if sequence else "confirmed",
            feed_id=feed,
            matter=MATTER_OF[seen.label],
            label=seen.label,
            score=seen.score,
            box=(x1 / SIZE[0], y1 / SIZE[1], x2 / SIZE[0], y2 / SIZE[1]),
            captured_at=self.clock,
            first_seen=self.clock,
            last_seen=self.clock,
            sightings=1,
            model_id=CARD.id,
            synthetic=synthetic,
        )
        self.casework.take_in(report, key=f"{incident_id}:{sequence}", jpeg=jpeg, render=lambda _: "{}")


def incident_uuid(name: str) -> str:
    return name.encode().hex().ljust(32, "0")


@contextmanager
def learning_city(folder: Path, **options):
    city = LearningCity(folder, **options)
    try:
        yield city
    finally:
        city.close()
