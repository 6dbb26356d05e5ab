"""A candidate in shadow: it may be slow, wrong, broken or dead, and the patrol does not notice."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from api.shadow import CandidateFailed, CandidateLook, Shadow
from api.wiring.candidate import CandidateProcess, Pair
from configs.feeds import FeedSettings
from configs.matters import Catalogue, Matter, Names
from configs.settings import ModelSettings
from detector.detection import Detection
from detector.errors import ManifestError
from detector.log import ParquetLog
from detector.model import ModelCard
from detector.shadowlog import read_looks
from detector.tiling import Tiling
from gridmap.view import View
from streams.frame import Frame
from tests.servers.manifests import STARTER, write_manifest

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
HEAP = Detection("garbage", 0.8, (10, 10, 50, 50), "new@2")
CATALOGUE = Catalogue(matters=(Matter(key="litter", names=Names(zh="垃圾", en="Litter"), labels=("garbage",)),))
VIEW = View.of(FeedSettings(id="cam", url="http://x/a.jpg"), CATALOGUE, "Asia/Shanghai")
PICTURE = np.full((240, 320, 3), 128, np.uint8)


class Scripted:
    """A candidate that does as it is told."""

    card = ModelCard("new@2", ("garbage",), 0, "0" * 64, "scripted", synthetic=True)

    def __init__(self, *, raises: Exception | None = None) -> None:
        self.raises = raises
        self.may_look = threading.Event()
        self.may_look.set()
        self.looking = threading.Event()
        self.closed = False

    def look(self, image, tiling, *, timed):
        self.looking.set()
        assert self.may_look.wait(20)
        if self.raises:
            raise self.raises
        return CandidateLook((HEAP,), 20.0, 30.0) if timed else CandidateLook((HEAP,))

    def close(self):
        self.closed = True
        self.may_look.set()


class Run:
    """A shadow under way over a real log."""

    def __init__(self, folder: Path, candidate: Scripted, *, share: float = 1.0, opens=None) -> None:
        self.told: list[str] = []
        self.log = ParquetLog(folder)
        self.folder = folder
        self.heard = threading.Event()
        self.shadow = Shadow(
            "new", opens or (lambda: candidate), serving_id="old@1", share=share, log=self._keep, tell=self._tell
        )
        self.shadow.start()

    def _keep(self, look) -> None:
        self.log.shadow(look)
        self.heard.set()

    def _tell(self, sentence: str) -> None:
        self.told.append(sentence)
        self.heard.set()

    def offer(self, minute: int) -> None:
        self.shadow.offer(VIEW, Frame(PICTURE, NOON + timedelta(minutes=minute), f"{minute}"), ())

    def offer_and_hear(self, minute: int) -> None:
        self.heard.clear()
        self.offer(minute)
        assert self.heard.wait(20)

    def looks(self) -> list:
        self.shadow.close()
        self.log.flush()
        return list(read_looks(self.folder, NOON))


def test_what_it_says_goes_to_the_log_with_both_models_named(tmp_path):
    run = Run(tmp_path, Scripted())
    for minute in range(10):
        run.offer_and_hear(minute)

    looks = run.looks()

    assert [look.captured_at for look in looks] == [NOON + timedelta(minutes=minute) for minute in range(10)]
    assert {(look.serving_id, look.shadow_id, look.shadow[0].box) for look in looks} == {("old@1", "new@2", HEAP.box)}
    assert [(look.shadow_ms, look.serving_ms) for look in looks] == [(None, None)] * 9 + [(20.0, 30.0)]
    assert not list(tmp_path.glob("detections/*"))


def test_only_its_share_is_looked_at(tmp_path):
    run = Run(tmp_path, Scripted(), share=0.000001)
    for minute in range(50):
        run.offer(minute)

    assert run.looks() == []
    assert run.shadow.status().skipped == 0


def test_pictures_it_is_too_far_behind_for_are_skipped_and_counted(tmp_path):
    """One is looked at, two wait, the others are dropped at once: a visit never waits."""
    candidate = Scripted()
    candidate.may_look.clear()
    run = Run(tmp_path, candidate)
    run.offer(0)
    assert candidate.looking.wait(20)
    for minute in range(1, 6):
        run.offer(minute)

    assert run.shadow.status().skipped == 3
    run.shadow.close()
    assert candidate.closed


def test_after_five_failures_it_is_off_and_that_is_said(tmp_path):
    candidate = Scripted(raises=CandidateFailed("its process ended (signal 9)"))
    run = Run(tmp_path, candidate)
    for minute in range(50):
        run.offer(minute)
        if run.heard.wait(0.02):
            break
    run.offer(99)
    status = run.shadow.status()

    assert (status.failures, status.on, status.looks) == (5, False, 0)
    (sentence,) = run.told
    assert sentence.endswith("it failed 5 times, the last time because its process ended (signal 9)")
    assert candidate.closed
    assert run.looks() == []


def test_weights_that_cannot_be_used_are_not_tried_again(tmp_path):
    def opens():
        raise ManifestError("m.yaml lists no weights named 'new'; mend it")

    run = Run(tmp_path, Scripted(), opens=opens)
    assert run.heard.wait(20)

    assert run.told == [
        "the shadow model new looks no more until the next start: m.yaml lists no weights named 'new'; mend it"
    ]
    run.shadow.close()


@pytest.fixture
def pair(tmp_path):
    manifest = write_manifest(tmp_path, retrained=())
    serving = ModelSettings(manifest=str(manifest), name=STARTER)
    return Pair(serving.model_copy(update={"name": "retrained"}), serving, tmp_path, tmp_path / "cache")


def test_a_real_candidate_looks_in_a_process_of_its_own_and_its_death_is_told(pair):
    candidate = CandidateProcess(pair)
    look = candidate.look(PICTURE, timed=True)

    assert candidate.card.id.startswith("retrained@")
    assert look.shadow_ms
    assert look.serving_ms
    candidate._process.kill()
    with pytest.raises(CandidateFailed, match=r"its process ended \(signal 9\)"):
        candidate.look(PICTURE)
    candidate.close()


def test_a_picture_it_cannot_take_costs_that_look_alone(pair):
    candidate = CandidateProcess(pair)
    with pytest.raises(CandidateFailed, match="it raised ValueError"):
        candidate.look(PICTURE[0, 0, 0])

    assert candidate.look(PICTURE, Tiling(2, 1)).shadow_ms is None
    candidate.close()


def test_weights_that_are_not_listed_are_refused_with_the_sentence(pair):
    gone = Pair(pair.candidate.model_copy(update={"name": "other"}), pair.serving, pair.root, pair.cache)

    with pytest.raises(ManifestError, match="lists no weights named 'other'"):
        CandidateProcess(gone)
