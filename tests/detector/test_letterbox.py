"""Pictures are fitted pixel for pixel as Ultralytics fits them, and boxes find their way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.letterbox import fit, letterbox

sides = st.integers(1, 900)


@settings(max_examples=60, deadline=None)
@given(sides, sides, st.sampled_from([320, 512, 640]))
def test_the_input_is_that_of_ultralytics(height, width, input_px):
    from ultralytics.data.augment import LetterBox  # noqa: PLC0415  slow to import

    picture = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
    expected = LetterBox((input_px, input_px), auto=True, stride=32)(image=picture)
    tensor, placed = letterbox(picture, input_px)
    assert np.array_equal(tensor[0], expected)
    assert placed.input_shape == expected.shape[:2]


@given(sides, sides)
def test_the_input_is_no_larger_than_stated_and_fits_the_strides(height, width):
    placed = fit(height, width, 512)
    assert max(placed.input_shape) == 512
    assert all(side % 32 == 0 for side in placed.input_shape)


@given(sides, sides)
def test_the_whole_picture_comes_back_as_the_whole_picture(height, width):
    placed = fit(height, width, 512)
    inner = np.array(
        [[placed.left, placed.top, placed.left + placed.inner_width, placed.top + placed.inner_height]], np.float32
    )
    assert placed.to_picture(inner)[0] == pytest.approx([0, 0, width, height], abs=1e-3)


def test_boxes_in_the_padding_are_clipped_to_the_picture():
    placed = fit(360, 640, 512)
    assert placed.to_picture(np.float32([[-50, -50, 600, 600]])).tolist() == [[0, 0, 640, 360]]


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 1)])
def test_a_grey_picture_is_taken_as_three_equal_channels(shape):
    grey = np.arange(2400, dtype=np.uint32).astype(np.uint8).reshape(shape)
    assert np.array_equal(letterbox(grey, 64)[0], letterbox(np.repeat(grey.reshape(40, 60, 1), 3, axis=2), 64)[0])


@pytest.mark.parametrize(
    "array",
    [np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5, 3)), np.zeros((5, 5, 4), np.uint8), np.zeros(5, np.uint8)],
)
def test_what_is_no_picture_is_refused_with_its_shape(array):
    with pytest.raises(ValueError, match=r"a picture is .* not \("):
        letterbox(array, 64)
