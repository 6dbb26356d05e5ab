"""Which detections are right, in small made-up pictures."""

from __future__ import annotations

import numpy as np

from detector.evaluation.matching import match


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


def matched(labels, found):
    """Labels and detections as ``(class, x1, y1, x2, y2)``."""
    numbers = [np.array([row[0] for row in rows], np.intp) for rows in (labels, found)]
    places = [boxes(*(row[1:] for row in rows)) for rows in (labels, found)]
    return match(numbers[0], places[0], numbers[1], places[1])


def test_the_surer_of_two_takes_the_label_and_the_other_is_wrong():
    right, partner = matched([(0, 0, 0, 10, 10)], [(0, 0, 0, 10, 9), (0, 0, 0, 10, 10)])
    assert right[:, 0].tolist() == [True, False]
    assert partner.tolist() == [0, -1]


def test_where_the_surer_one_does_not_reach_the_other_may():
    """At 0.95 the first covers too little, so the second, which covers all, is right there."""
    right, _ = matched([(0, 0, 0, 10, 10)], [(0, 0, 0, 10, 9), (0, 0, 0, 10, 10)])
    assert right[:, 9].tolist() == [False, True]


def test_another_class_is_never_right():
    right, partner = matched([(0, 0, 0, 10, 10)], [(1, 0, 0, 10, 10)])
    assert not right.any()
    assert partner.tolist() == [-1]


def test_of_two_labels_the_better_covered_one_is_taken():
    _, partner = matched([(0, 0, 0, 10, 10), (0, 0, 0, 10, 8)], [(0, 0, 0, 10, 8), (0, 0, 0, 10, 9)])
    assert partner.tolist() == [1, 0]


def test_an_overlap_of_exactly_a_half_is_enough():
    right, _ = matched([(0, 0, 0, 10, 10)], [(0, 0, 0, 10, 5)])
    assert right[0].tolist() == [True] + [False] * 9


def test_empty_pictures():
    right, partner = matched([], [(0, 0, 0, 1, 1)])
    assert right.shape == (1, 10)
    assert not right.any()
    assert partner.tolist() == [-1]
    assert matched([(0, 0, 0, 1, 1)], [])[0].shape == (0, 10)
