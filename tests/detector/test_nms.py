"""Of overlapping boxes of one class the best stays, exactly as Ultralytics decides it."""

from __future__ import annotations

import numpy as np
import pytest

from detector.nms import from_final, from_raw, overlap


def crowd(seed, candidates=400, classes=4):
    """Raw output in which many boxes overlap: ``(4 + classes, candidates)``."""
    random = np.random.default_rng(seed)
    centres, sizes = random.uniform(50, 450, (2, candidates)), random.uniform(40, 200, (2, candidates))
    return np.concatenate([centres, sizes, random.uniform(0, 1, (classes, candidates))]).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("iou", [0.3, 0.7])
@pytest.mark.parametrize("candidates", [80, 400])
def test_the_survivors_are_those_of_ultralytics(seed, iou, candidates):
    import torch  # noqa: PLC0415  slow to import
    from ultralytics.utils.nms import non_max_suppression  # noqa: PLC0415

    raw = crowd(seed, candidates)
    expected = non_max_suppression(torch.from_numpy(raw[None].copy()), 0.5, iou, max_det=300)[0].numpy()
    found = from_raw(raw, 0.5, iou)
    assert 10 < len(found.scores) < candidates
    assert found.classes.tolist() == expected[:, 5].astype(int).tolist()
    assert found.scores == pytest.approx(expected[:, 4])
    assert found.boxes == pytest.approx(expected[:, :4], abs=1e-3)


def test_boxes_of_two_classes_never_remove_each_other():
    raw = np.float32([[50, 50], [50, 50], [20, 20], [20, 20], [0.9, 0.1], [0.1, 0.8]])
    assert from_raw(raw, 0.25).classes.tolist() == [0, 1]


def test_at_most_300_boxes_are_returned():
    centres = np.stack(np.meshgrid(np.arange(20) * 30, np.arange(20) * 30)).reshape(2, -1)
    raw = np.concatenate([centres, np.full((2, 400), 20), np.full((1, 400), 0.5)]).astype(np.float32)
    assert len(from_raw(raw, 0.25).boxes) == 300


def test_nothing_above_the_threshold_gives_nothing():
    found = from_raw(crowd(1), 1.0)
    assert found.boxes.shape == (0, 4)
    assert found.scores.shape == found.classes.shape == (0,)


def test_an_end_to_end_answer_is_only_thresholded_and_sorted():
    rows = np.float32([[0, 0, 9, 9, 0.3, 1], [0, 0, 9, 9, 0.8, 1], [5, 5, 6, 6, 0.1, 0]])
    found = from_final(rows, 0.25)
    assert found.scores == pytest.approx([0.8, 0.3])
    assert found.classes.tolist() == [1, 1]


def test_empty_boxes_overlap_with_nothing():
    assert overlap(np.zeros(4, np.float32), np.zeros((2, 4), np.float32)).tolist() == [0, 0]
