"""A part of a large picture, and where its findings lie in another picture of the same view."""

from __future__ import annotations

import numpy as np
import pytest

from detector.crop import Crop
from detector.detection import Detection

FULL_HD = (1920, 1080)


def found(*box: float) -> Detection:
    return Detection("garbage", 0.9, box, "m@1")


@pytest.mark.parametrize(
    ("box", "edges"),
    [
        ((0.5, 0.5, 0.52, 0.53), (723, 300, 1235, 812)),
        ((0.0, 0.0, 0.02, 0.02), (0, 0, 512, 512)),
        ((0.98, 0.97, 1.0, 1.0), (1408, 568, 1920, 1080)),
    ],
    ids=["amid", "top left", "bottom right"],
)
def test_it_is_as_large_as_the_model_s_input_and_inside_the_picture(box, edges):
    crop = Crop.around(box, FULL_HD, 512)

    assert (crop.left, crop.top, crop.right, crop.bottom) == edges


def test_a_long_thing_is_in_it_with_something_around():
    crop = Crop.around((0.2, 0.5, 0.6, 0.51), FULL_HD, 512)

    assert crop.left < 0.2 * 1920
    assert crop.right > 0.6 * 1920
    assert crop.size[0] == round(1.5 * 0.4 * 1920)


@pytest.mark.parametrize(("picture", "size"), [((640, 360), (512, 360)), ((400, 300), (400, 300))])
def test_it_is_no_larger_than_the_picture(picture, size):
    assert Crop.around((0.4, 0.4, 0.5, 0.5), picture, 512).size == size


def test_a_model_that_takes_any_size_gets_the_whole_picture():
    assert Crop.around((0.4, 0.4, 0.5, 0.5), FULL_HD, 0).size == FULL_HD


def test_its_pixels_are_the_picture_s():
    picture = np.arange(60 * 80 * 3, dtype=np.uint32).astype(np.uint8).reshape(60, 80, 3)

    crop = Crop.around((0.5, 0.5, 0.5, 0.5), (80, 60), 32)

    assert np.array_equal(crop.of(picture), picture[14:46, 24:56])


def test_a_finding_goes_to_the_same_place_of_the_other_stream():
    """Streams of one camera differ in size and in shape, and show the same."""
    crop = Crop.around((0.5, 0.5, 0.52, 0.53), FULL_HD, 512)

    placed = crop.placed(found(237, 240, 275, 272), (704, 576))

    assert placed.box == pytest.approx((960 / 1920 * 704, 540 / 1080 * 576, 998 / 1920 * 704, 572 / 1080 * 576))
    assert (placed.label, placed.score, placed.model_id) == ("garbage", 0.9, "m@1")


def test_a_finding_at_the_picture_s_edge_stays_inside():
    crop = Crop.around((0.98, 0.97, 1.0, 1.0), FULL_HD, 512)

    placed = crop.placed(found(500, 500, 512, 512), (704, 576))

    assert placed.box[2:] == (704, 576)
