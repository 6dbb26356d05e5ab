"""Close-ups show real things larger, with their boxes where they are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.training.closeups import Order, make_closeups
from detector.training.yolofolder import DatasetError, open_yolo_folder
from tests.detector.training.yolo_folder import write_dataset


def red_box(picture):
    """Returns the corners of what is red in a drawn picture, as shares."""
    image = cv2.imread(str(picture))
    red = (image[..., 2] > 180) & (image[..., 1] < 80)
    rows, columns = np.flatnonzero(red.any(1)), np.flatnonzero(red.any(0))
    height, width = red.shape
    return columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height


def test_boxes_are_where_the_thing_is_and_the_thing_is_larger(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["ad"])

    count = make_closeups(Order(data, tmp_path / "out", "ad"))

    made = list(open_yolo_folder(tmp_path / "out").labelled("train"))
    assert len(made) == count > 6
    for labelled in made:
        (box,) = labelled.boxes
        x1, y1, x2, y2 = red_box(labelled.picture)
        assert box.x == pytest.approx((x1 + x2) / 2, abs=0.04)
        assert box.height == pytest.approx(y2 - y1, abs=0.06)
    assert max(labelled.boxes[0].width for labelled in made) > 0.4


def test_the_same_seed_makes_the_same(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["ad"])
    make_closeups(Order(data, tmp_path / "one", "ad", seed=4))
    make_closeups(Order(data, tmp_path / "two", "ad", seed=4))

    texts = [
        [path.read_text() for path in sorted((tmp_path / name / "labels/train").iterdir())] for name in ("one", "two")
    ]
    assert texts[0] == texts[1]


def test_validation_pictures_are_never_used(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["ad"])

    make_closeups(Order(data, tmp_path / "out", "ad"))

    assert not list((tmp_path / "out/images/train").glob("*_val*"))


@pytest.mark.parametrize(("label", "prefix"), [("cat", ""), ("ad", "other_")])
def test_nothing_to_come_close_to_is_told(tmp_path, label, prefix) -> None:
    data = write_dataset(tmp_path / "a", names=["ad"])

    with pytest.raises(DatasetError, match="ad"):
        make_closeups(Order(data, tmp_path / "out", label, prefix=prefix))


def test_the_dataset_itself_is_never_written_over(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["ad"])
    before = data.read_text()

    with pytest.raises(DatasetError, match="is the dataset itself"):
        make_closeups(Order(data, tmp_path / "a", "ad"))

    assert data.read_text() == before
