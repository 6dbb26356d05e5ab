"""Average precision and what is read off its curve, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from detector.evaluation.precision import Operating, at_recall, at_threshold, average_precisions, best_f1


def column(*right):
    return np.array(right, bool)[:, None]


SCORES = np.array([0.9, 0.8, 0.7, 0.6])
RIGHT = np.array([True, False, True, False])


def test_all_found_and_nothing_else_is_all_but_the_last_hundredth():
    """The 101st recall, 1.0, is read where the curve has ended: Ultralytics gives 0.995, not 1, too."""
    assert average_precisions(column(True, True), 2)[0] == pytest.approx(0.995)


def test_a_false_alarm_between_two_right_ones():
    """1 up to recall 0.5, then 2/3: 0.49 + (1 + 2/3)/2/100 + 0.49 * 2/3 + 2/3/2/100."""
    assert average_precisions(column(True, False, True), 2)[0] == pytest.approx(0.828333, abs=1e-6)


def test_a_thing_never_found_costs_its_share_of_the_curve():
    """1 up to recall 0.49, a straight line down to 0 at 0.50, then nothing."""
    assert average_precisions(column(True), 2)[0] == pytest.approx(0.495)


def test_without_detections_or_right_ones_it_is_nothing():
    assert average_precisions(np.zeros((0, 10), bool), 3).tolist() == [0.0] * 10
    assert average_precisions(column(False, False), 3)[0] == 0


def test_each_overlap_has_its_own():
    both = np.array([[True, False], [True, True]])
    high, low = average_precisions(both, 2)
    assert high == pytest.approx(0.995)
    assert low < 0.3


def test_counts_at_a_threshold_include_the_score_itself():
    assert at_threshold(RIGHT, SCORES, 3, 0.7) == Operating(0.7, 2, 1, 1, 2 / 3, 2 / 3, 2 / 3)


def test_nothing_found_has_no_precision_and_nothing_there_no_recall():
    assert at_threshold(RIGHT, SCORES, 3, 0.95).precision is None
    assert at_threshold(RIGHT, SCORES, 3, 0.95).f1 == 0
    assert at_threshold(~RIGHT & False, SCORES, 0, 0.5) == Operating(0.5, 0, 4, 0, 0.0, None, None)


def test_the_best_f1_is_where_the_last_gain_was():
    assert best_f1(RIGHT, SCORES, 2) == Operating(0.7, 2, 1, 0, 2 / 3, 1.0, 0.8)
    assert best_f1(RIGHT[:0], SCORES[:0], 2) is None


def test_the_threshold_for_a_recall_is_the_highest_that_reaches_it():
    assert at_recall(RIGHT, SCORES, 2, 0.5).threshold == 0.9
    assert at_recall(RIGHT, SCORES, 2, 0.8).threshold == 0.7
    assert at_recall(RIGHT, SCORES, 3, 0.8) is None
