"""The paired bootstrap, against computing each draw the long way."""

from __future__ import annotations

import numpy as np
import pytest

from detector.evaluation.bootstrap import Difference, draw, drawn_ap50
from detector.evaluation.looking import Looked
from detector.evaluation.precision import average_precisions
from detector.evaluation.table import Table


def street(pictures, seed):
    """Pictures with one or two things each, some found and some not."""
    rng = np.random.default_rng(seed)
    for number in range(pictures):
        labels = rng.integers(0, 40, (rng.integers(0, 3), 2)).astype(np.float32)
        found = np.concatenate([labels + rng.integers(0, 8, labels.shape), rng.integers(0, 40, (2, 2))]).astype(
            np.float32
        )
        yield Looked(
            name=str(number),
            source="x",
            width=100,
            height=100,
            label_classes=np.zeros(len(labels), np.intp),
            labels=np.concatenate([labels, labels + 20], axis=1),
            classes=np.zeros(len(found), np.intp),
            scores=np.sort(rng.random(len(found)))[::-1],
            boxes=np.concatenate([found, found + 20], axis=1),
        )


def test_weights_give_what_repeating_the_pictures_gives():
    looked = list(street(12, seed=3))
    draws = draw(12, 20, seed=1)
    fast = drawn_ap50(Table.of(looked), 0, np.arange(12), draws)
    for weights, ap in zip(draws, fast, strict=True):
        repeated = Table.of([each for each, times in zip(looked, weights, strict=True) for _ in range(int(times))])
        view = repeated.of_class(0, np.ones(len(repeated.sizes), bool))
        slow = average_precisions(view.found.right[:, :1], view.count)[0]
        # Repeated pictures have equal scores: within one, the order decides a hundredth.
        assert ap == pytest.approx(slow, abs=0.03)


def test_every_picture_once_is_the_figure_itself():
    looked = list(street(30, seed=5))
    table = Table.of(looked)
    view = table.of_class(0, np.ones(30, bool))
    once = drawn_ap50(table, 0, np.arange(30), np.ones((1, 30), np.float32))
    assert once[0] == pytest.approx(average_precisions(view.found.right[:, :1], view.count)[0])


def test_only_the_chosen_pictures_count():
    looked = list(street(30, seed=5))
    alone, among = Table.of(looked[10:20]), Table.of(looked)
    ones = np.ones((1, 10), np.float32)
    assert drawn_ap50(among, 0, np.arange(10, 20), ones) == pytest.approx(drawn_ap50(alone, 0, np.arange(10), ones))


def test_a_draw_without_labels_says_nothing():
    looked = [each for each in street(12, seed=3) if not len(each.labels)][:2]
    assert np.isnan(drawn_ap50(Table.of(looked), 0, np.arange(len(looked)), draw(len(looked), 5, 0))).all()


def test_draws_are_of_so_many_pictures_and_the_seed_fixes_them():
    assert draw(7, 50, seed=2).sum(axis=1).tolist() == [7] * 50
    assert (draw(7, 50, seed=2) == draw(7, 50, seed=2)).all()


@pytest.mark.parametrize(
    ("draws", "verdict"),
    [
        ([0.1, 0.2, 0.3], "better"),
        ([-0.1, -0.2], "worse"),
        ([-0.1, 0.1], "no clear difference"),
        ([np.nan], "no clear difference"),
    ],
)
def test_the_verdict_is_by_the_interval(draws, verdict):
    assert Difference.of("x", (1, 1), 0.5, 0.6, np.array(draws)).verdict == verdict
