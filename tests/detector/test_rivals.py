"""Of two classes that cannot both be right of one box the surer counts."""

from __future__ import annotations

from detector.detection import Detection
from detector.rivals import without_rivals

RIVALS = [("overflow", "bin")]
BOX = (100, 100, 200, 300)


def seen(label, score, box=BOX):
    return Detection(label, score, box, "model@1")


def kept(*detections, iou=0.5):
    return without_rivals(detections, RIVALS, iou)


def test_the_surer_of_two_rivals_on_one_box_stays():
    full, fine = seen("overflow", 0.6), seen("bin", 0.7)

    assert kept(full, fine) == (fine,)
    assert kept(full, seen("bin", 0.5)) == (full,)


def test_of_equal_scores_the_first_named_stays():
    full = seen("overflow", 0.6)

    assert kept(seen("bin", 0.6), full) == (full,)


def test_boxes_that_share_little_and_classes_that_are_no_rivals_stay():
    full, beside, heap = seen("overflow", 0.9), seen("bin", 0.5, (170, 100, 270, 300)), seen("garbage", 0.3)

    assert kept(full, beside, heap) == (full, beside, heap)
    assert kept(full, beside, heap, iou=0.1) == (full, heap)


def test_a_box_that_lost_takes_no_other_with_it_and_the_order_stays():
    weakest = seen("overflow", 0.4, (140, 100, 240, 300))
    middle, surest = seen("bin", 0.6, (120, 100, 220, 300)), seen("overflow", 0.8)

    assert kept(weakest, middle, surest) == (weakest, surest)


def test_two_things_that_look_the_same_both_stay():
    assert len(kept(seen("bin", 0.6), seen("bin", 0.6))) == 2
