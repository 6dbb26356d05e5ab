"""Scores become probabilities, and thresholds keep their word, on made-up detections whose distortion is known."""

from __future__ import annotations

import numpy as np
import pytest

from detector.calibrated import Calibrated, raw_score
from detector.calibration import Judged, Platt, calibrate, calibration_error, fit
from detector.detection import Detection
from detector.model import ModelCard
from detector.thresholds import threshold


def drawn(curve, count=4000, seed=1):
    """Detections whose chance to be right is ``curve`` of their score: what a calibration has to find out."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.05, 0.98, count)
    right = rng.uniform(size=count) < curve.of(scores)
    return Judged(scores, right, rng.integers(0, 300, count), boxes=int(right.sum()) + 50)


@pytest.mark.parametrize("curve", [Platt(0.5, -1.5), Platt(2.0, 1.0), Platt(1.0, -3.0)])
def test_a_known_distortion_is_found_and_undone(curve):
    fitted = calibrate(drawn(curve))
    assert fitted.curve.slope == pytest.approx(curve.slope, abs=0.15)
    assert fitted.curve.offset == pytest.approx(curve.offset, abs=0.15)
    assert fitted.error_after < 0.03 < fitted.error_before


def test_good_scores_are_left_about_as_they_are():
    fitted = calibrate(drawn(Platt()))
    assert fitted.curve(0.8) == pytest.approx(0.8, abs=0.03)


def test_of_those_that_say_eighty_percent_eighty_percent_are_right():
    judged = drawn(Platt(0.8, -0.5), count=20_000)
    fresh = drawn(Platt(0.8, -0.5), count=20_000, seed=2).calibrated(calibrate(judged).curve)
    said = (fresh.scores > 0.77) & (fresh.scores < 0.83)
    assert said.sum() > 500
    assert fresh.right[said].mean() == pytest.approx(0.8, abs=0.03)


def test_too_few_detections_change_nothing():
    few = Judged(np.linspace(0.1, 0.9, 6), np.array([True, False] * 3), np.arange(6), boxes=5)
    fitted = calibrate(few)
    assert fitted.curve is None
    assert fitted.error_after == fitted.error_before


def test_a_few_detections_move_scores_a_little_only():
    rng = np.random.default_rng(5)
    scores = rng.uniform(0.4, 0.6, 12)
    assert fit(scores, np.arange(12) % 2 == 0)(0.9) < 0.97


def test_scores_that_say_the_opposite_still_rise():
    judged = drawn(Platt())
    upside_down = Judged(1 - judged.scores, judged.right, judged.pictures, judged.boxes)
    assert calibrate(upside_down).curve.slope > 0


def test_separable_scores_have_a_finite_curve():
    scores = np.concatenate([np.full(50, 0.2), np.full(50, 0.7)])
    curve = fit(scores, scores > 0.5)
    assert np.isfinite([curve.slope, curve.offset]).all()


def test_the_curve_runs_back():
    curve = Platt(1.7, -0.4)
    assert curve(curve.back(0.05)) == pytest.approx(0.05)


def test_a_falling_curve_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        Platt(0.0, 1.0)


def test_no_detections_have_no_error():
    assert calibration_error(np.array([]), np.array([], bool)) == 0


@pytest.mark.parametrize("asked", [0.6, 0.8, 0.9])
def test_a_threshold_reaches_the_precision_and_no_lower_one_does(asked):
    judged = drawn(Platt())
    chosen = threshold(judged, asked)
    above = judged.right[judged.scores >= chosen.score]
    assert chosen.reached
    assert above.mean() >= asked - 0.002
    assert chosen.precision == pytest.approx(above.mean(), abs=0.002)
    assert chosen.precision_low < chosen.precision
    assert chosen.recall == pytest.approx(above.sum() / judged.boxes, abs=0.002)
    assert all(judged.right[judged.scores >= score].mean() < asked for score in np.arange(0.1, chosen.score, 0.02))


def test_a_precision_out_of_reach_gives_the_best_f1_and_says_so():
    chosen = threshold(drawn(Platt(0.5, -3)), 0.99)
    assert not chosen.reached
    assert chosen.precision < 0.99


def test_a_threshold_is_not_chosen_by_a_handful():
    """The nine best are right, which is precision 1, but nine are too few to say so."""
    right = np.array([True] * 9 + [False] * 6)
    judged = Judged(np.linspace(0.9, 0.1, 15), right, np.arange(15), boxes=9)
    chosen = threshold(judged, 0.95)
    assert not chosen.reached
    assert chosen.count == 10


@pytest.mark.parametrize(("count", "boxes"), [(0, 5), (5, 5), (20, 0)])
def test_without_enough_to_choose_by_there_is_no_threshold(count, boxes):
    judged = Judged(np.linspace(0.9, 0.1, count), np.zeros(count, bool), np.arange(count), boxes)
    assert threshold(judged, 0.9) is None


def test_equal_scores_stand_or_fall_together():
    judged = Judged(np.full(40, 0.5), np.arange(40) % 2 == 0, np.arange(40), boxes=20)
    assert threshold(judged, 0.4).count == 40


class Says:
    """A model that says the same of every picture."""

    def __init__(self, *told):
        self.card = ModelCard("says@00000000", ("garbage", "bin"), 512, "0" * 64, "made up")
        self.told = tuple(Detection(label, score, (0, 0, 5, 5), self.card.id) for label, score in told)

    def detect(self, images):
        return [self.told for _ in images]

    def close(self):
        pass


class TestCalibrated:
    """The model around a model."""

    picture = np.zeros((8, 8, 3), np.uint8)

    def test_scores_are_calibrated_and_in_order_again(self):
        model = Calibrated(Says(("garbage", 0.9), ("bin", 0.6), ("garbage", 0.1)), {"garbage": Platt(1, -2)}, 0.05)
        ((first, second),) = model.detect([self.picture])
        assert (first.label, first.score) == ("bin", 0.6)
        assert (second.label, round(second.score, 3)) == ("garbage", 0.549)
        assert model.card.calibrated
        assert first.model_id == model.card.id

    def test_a_model_too_modest_is_asked_further_down(self):
        calibration = {"garbage": Platt(1, 1), "bin": Platt(1, 1)}
        asked = raw_score(calibration, ("garbage", "bin"), 0.05)
        assert asked == pytest.approx(0.019, abs=0.001)
        assert Platt(1, 1)(asked) == pytest.approx(0.05)

    def test_however_modest_it_is_not_asked_for_noise(self):
        assert raw_score({"bin": Platt(1, 9)}, ("bin",), 0.05) == 0.01
        assert raw_score({"bin": Platt(1, 9)}, ("bin",), 0.001) == 0.001
