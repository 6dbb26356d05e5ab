"""What the patrol keeps to learn from: little, made unreadable, never more than allowed, and gone in time."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from api.dataset.keeping import Keeper
from api.dataset.kept import Kind, read_jpeg, read_kept
from api.reporting import evidence_jpeg
from configs.settings import DatasetSettings, EvidenceSettings
from detector.shadow import chosen
from streams.frame import Frame
from tests.servers.learning_city import CARD, CATALOGUE, HEAP, NOON, detection, street

ALL = DatasetSettings(keep_clean=1, keep_uncertain=1, per_feed_per_day=100)


class Patrol:
    """Visits offered to a keeper, one a minute."""

    def __init__(self, folder: Path, settings: DatasetSettings = ALL, **options) -> None:
        self.folder = folder / "kept"
        self.clock = NOON
        self.told: list[str | None] = []
        self.keeper = Keeper(
            self.folder, settings, CATALOGUE, tell=self.told.append, running_s=self.running_s, **options
        )

    def running_s(self) -> float:
        return self.clock.timestamp()

    def visit(self, *found, feed: str = "cam-1", size: int | None = None, privacy=()) -> None:
        self.clock += timedelta(minutes=1)
        frame = Frame(street(feed, self.clock.minute), self.clock, "x")
        real = partial(evidence_jpeg, frame, privacy, EvidenceSettings())
        render = real if size is None else lambda: bytes(size)
        self.keeper.offer(feed, frame, found, findings=(), card=CARD, render=render)

    @property
    def kept(self):
        return list(read_kept(self.folder, since=NOON - timedelta(days=99), until=NOON + timedelta(days=99)))


def test_clean_and_uncertain_visits_are_kept_and_findings_are_evidences_business(tmp_path):
    patrol = Patrol(tmp_path)
    patrol.visit(detection("bin", HEAP), detection("garbage", HEAP, 0.1))
    patrol.visit(detection("garbage", HEAP, 0.3))
    patrol.visit(detection("garbage", HEAP, 0.5))

    assert [(one.kind, one.feed_id, one.captured_at) for one in patrol.kept] == [
        (Kind.CLEAN, "cam-1", NOON + timedelta(minutes=1)),
        (Kind.UNCERTAIN, "cam-1", NOON + timedelta(minutes=2)),
    ]
    assert [box.label for box in patrol.kept[0].seen] == ["bin", "garbage"]
    assert patrol.kept[1].seen[0].box == pytest.approx((40 / 320, 80 / 240, 120 / 320, 160 / 240), abs=1e-4)


def test_privacy_zones_are_unreadable_in_what_is_kept(tmp_path):
    patrol = Patrol(tmp_path)
    patrol.visit(privacy=[((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))])

    picture = cv2.imdecode(np.frombuffer(read_jpeg(patrol.kept[0]), np.uint8), cv2.IMREAD_COLOR)
    change = np.abs(picture.astype(int) - street("cam-1", 1)).mean(axis=(0, 2))

    assert change[:150].mean() < 6, "the street"
    assert change[170:].mean() > 15, "a few squares"


def test_a_share_of_visits_is_kept_and_the_shadow_has_seen_all_of_them(tmp_path):
    patrol = Patrol(tmp_path, ALL.model_copy(update={"keep_clean": 0.2}))
    for _ in range(200):
        patrol.visit(size=100)

    assert 20 < len(patrol.kept) < 60
    assert all(chosen(one.feed_id, one.captured_at, 0.2) for one in patrol.kept)


def test_no_feed_fills_a_day(tmp_path):
    patrol = Patrol(tmp_path, ALL.model_copy(update={"per_feed_per_day": 2}))
    for feed in ("cam-1", "cam-2"):
        for _ in range(5):
            patrol.visit(feed=feed, size=100)
    patrol.clock += timedelta(days=1)
    patrol.visit(size=100)

    assert sorted((one.captured_at.day, one.feed_id) for one in patrol.kept) == [
        (1, "cam-1"), (1, "cam-1"), (1, "cam-2"), (1, "cam-2"), (2, "cam-1"),
    ]  # fmt: skip


def test_the_budget_is_spread_over_the_days(tmp_path):
    """30 MB for 30 days are 1 MB a day; a busy hour takes what was saved up, 4 MB, and then waits."""
    patrol = Patrol(tmp_path, ALL.model_copy(update={"budget_mb": 30.0}))
    for _ in range(20):
        patrol.visit(size=500_000)
    first_hour = len(patrol.kept)
    patrol.clock += timedelta(days=1)
    for _ in range(20):
        patrol.visit(size=500_000)

    assert (first_hour, len(patrol.kept)) == (8, 10)


@pytest.mark.parametrize("off", [{"budget_mb": 0.0}, {"keep_clean": 0.0, "keep_uncertain": 0.0}])
def test_it_can_be_turned_off(tmp_path, off):
    patrol = Patrol(tmp_path, ALL.model_copy(update=off))
    patrol.visit()
    patrol.visit(detection("garbage", HEAP, 0.3))

    assert patrol.kept == []


def test_a_full_disk_is_said_and_leaves_nothing_half(tmp_path):
    free = [0]
    patrol = Patrol(tmp_path, min_free_bytes=1, free_bytes=lambda _: free[0])
    patrol.visit()
    assert "less left than evidence.min_free_mb" in patrol.told[-1]
    assert not list(patrol.folder.rglob("*.*"))

    free[0] = 10
    patrol.clock += timedelta(minutes=2)
    patrol.visit()

    assert patrol.told[-1] is None
    assert len(patrol.kept) == 1


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "kept").write_text("in the way")
    patrol = Patrol(tmp_path)
    patrol.visit()

    assert "cannot be written" in patrol.told[-1]


def test_old_pictures_go_and_then_the_oldest_of_too_many(tmp_path):
    patrol = Patrol(tmp_path, ALL.model_copy(update={"keep_days": 10.0}))
    patrol.visit(size=100)
    patrol.clock += timedelta(days=20)
    for _ in range(3):
        patrol.visit(size=400_000)
    small = Keeper(patrol.folder, ALL.model_copy(update={"keep_days": 10.0, "budget_mb": 0.9}), CATALOGUE)

    small.prune(patrol.clock)
    left = patrol.kept
    small.prune(patrol.clock)  # looks at most once an hour

    assert [one.captured_at for one in left] == [patrol.clock - timedelta(minutes=1), patrol.clock]
    assert not [path for path in patrol.folder.rglob("*.json") if not path.with_suffix(".jpg").exists()]


def test_a_changed_picture_and_a_broken_record_are_not_used(tmp_path):
    patrol = Patrol(tmp_path)
    patrol.visit()
    patrol.visit()
    first, second = patrol.kept
    first.path.write_bytes(b"changed")
    second.path.with_suffix(".json").write_text(json.dumps({"version": 1}))

    assert [read_jpeg(one) for one in patrol.kept] == [None]
