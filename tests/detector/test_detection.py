"""Boxes that are one thing."""

from __future__ import annotations

import pytest

from detector.detection import overlap


@pytest.mark.parametrize(
    ("other", "share"),
    [((0, 0, 2, 2), 1), ((0, 0, 2, 1), 0.5), ((1, 1, 3, 3), 1 / 7), ((2, 0, 3, 1), 0), ((5, 5, 6, 6), 0)],
)
def test_overlap_is_intersection_over_union(other: tuple[float, float, float, float], share: float) -> None:
    assert overlap((0, 0, 2, 2), other) == pytest.approx(share)
    assert overlap(other, (0, 0, 2, 2)) == pytest.approx(share)


def test_boxes_without_area_overlap_nothing() -> None:
    assert overlap((1, 1, 1, 1), (1, 1, 1, 1)) == 0
