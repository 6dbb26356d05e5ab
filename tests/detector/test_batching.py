"""Looking at pictures of several callers in batches."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from detector.backends.openvino import OpenVinoModel
from detector.backends.options import Options
from detector.batching import Batched, Gathering
from detector.detection import Detection
from detector.errors import ModelError
from detector.manifest import Manifest
from detector.model import ModelCard

WIDE, TALL = np.zeros((72, 128, 3), np.uint8), np.zeros((128, 72, 3), np.uint8)
CARD = ModelCard("test@0", ("bin",), 128, "0" * 64, "test")


class Counting:
    """A model that notes its batches, waits at a gate, and fails on bright pictures."""

    card = CARD

    def __init__(self):
        self.batches = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.closed = 0

    def detect(self, images):
        self.batches.append([image.shape for image in images])
        self.entered.release()
        assert self.gate.wait(30)
        if any(image.max() == 255 for image in images):
            raise ValueError("too bright")
        return [(Detection("bin", 0.5, (0, 0, 1, float(image.shape[0])), CARD.id),) for image in images]

    def close(self):
        self.closed += 1


def test_a_batch_is_due_when_it_is_full_or_its_oldest_has_waited():
    gathering = Gathering(3, 0.010)
    assert gathering.due_in_s(0.0) is None
    gathering.add("a", "wide", now_s=1.000)
    gathering.add("b", "tall", now_s=1.002)
    assert gathering.due_in_s(1.004) == pytest.approx(0.006)
    gathering.add("c", "wide", now_s=1.004)
    assert gathering.due_in_s(1.004) == pytest.approx(0.006)
    gathering.add("d", "wide", now_s=1.005)
    assert gathering.due_in_s(1.005) == 0
    assert gathering.take() == ["a", "c", "d"]
    assert gathering.due_in_s(1.005) == pytest.approx(0.007)
    assert gathering.due_in_s(1.020) == 0
    assert gathering.take() == ["b"]
    assert len(gathering) == 0


def test_nothing_waits_when_no_wait_is_asked_for_and_the_oldest_comes_first_whatever_its_kind():
    gathering = Gathering(2, 0.0)
    for number, kind in enumerate(("tall", "wide", "wide", "wide")):
        gathering.add(number, kind, now_s=float(number))
    assert gathering.due_in_s(3.0) == 0
    assert [gathering.take(), gathering.take(), gathering.take()] == [[0], [1, 2], [3]]


def test_pictures_that_come_while_the_model_is_busy_make_the_next_batches_by_shape():
    inner = Counting()
    model = Batched(inner, most=2, at_once=1)
    with ThreadPoolExecutor(6) as threads:
        first = threads.submit(model.detect, [WIDE])
        inner.entered.acquire()
        others = threads.submit(model.detect, [TALL, WIDE, WIDE, TALL, WIDE])
        while len(model._gathering) < 5:
            threading.Event().wait(0.005)
        inner.gate.set()
        assert first.result()[0][0].box[3] == 72
        assert [found[0].box[3] for found in others.result()] == [128, 72, 72, 128, 72]
    model.close()
    assert inner.batches == [[WIDE.shape], [TALL.shape] * 2, [WIDE.shape] * 2, [WIDE.shape]]


def test_a_picture_that_the_model_fails_on_fails_for_its_own_caller():
    inner = Counting()
    inner.gate.set()
    model = Batched(inner, most=4, at_once=1, wait_s=0.2)
    with ThreadPoolExecutor(2) as threads:
        bad = threads.submit(model.detect, [np.full_like(WIDE, 255)])
        good = threads.submit(model.detect, [WIDE])
        assert good.result()[0][0].label == "bin"
        with pytest.raises(ValueError, match="too bright"):
            bad.result()
    model.close()


def test_closing_finishes_what_waits_and_then_says_so():
    inner = Counting()
    model = Batched(inner, most=4, at_once=1, wait_s=60)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(model.detect, [WIDE])
        while not len(model._gathering):
            threading.Event().wait(0.005)
        inner.gate.set()
        model.close()
        assert len(waiting.result()) == 1
    with pytest.raises(ModelError, match=r"test@0 was closed"):
        model.detect([WIDE])
    assert inner.closed == 1


def test_real_weights_find_the_same_in_a_batch_as_alone():
    weights = Manifest.load(Path(__file__).parents[2] / "models" / "manifest.yaml").verify("gridpatrol-starter")
    noise = np.random.default_rng(3).integers(0, 255, (4, 288, 512, 3), np.uint8)
    alone, together = (OpenVinoModel(weights, Options(min_score=0.01, batch=batch)) for batch in (1, 4))
    for found, expected in zip(together.detect(list(noise)), alone.detect(list(noise)), strict=True):
        assert [each.label for each in found] == [each.label for each in expected]
        assert [each.score for each in found] == pytest.approx([each.score for each in expected], abs=1e-4)
    alone.close()
    together.close()
