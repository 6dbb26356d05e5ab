"""What people said of boxes becomes labels; what they doubted teaches nothing."""

from __future__ import annotations

import pytest

from detector.training.judged import Order, make_judged
from detector.training.yolofolder import DatasetError, open_yolo_folder
from tests.detector.training.yolo_folder import write_dataset

HEAD = "picture,x1,y1,x2,y2,verdict\n"


def judged(tmp_path, *lines, names=("bin", "ad")):
    """Make a dataset of drawn pictures with these lines and return its pictures' boxes by file name."""
    data = write_dataset(tmp_path / "a", names=list(names))
    table = tmp_path / "ads.csv"
    table.write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    counts = make_judged(Order(data, table, tmp_path / "out", "ad"))
    folder = open_yolo_folder(tmp_path / "out")
    found = {one.picture.name: one.boxes for split in ("train", "val") for one in folder.labelled(split)}
    return counts, found


def test_what_was_affirmed_is_a_label_beside_those_that_were_there(tmp_path):
    counts, found = judged(
        tmp_path, "drawn_train00,0,48,48,96,yes", "drawn_train00,1,1,9,9,no", "drawn_val01,2,2,8,8,no"
    )

    assert counts == {"yes": 1, "doubt": 0, "no": 1}
    first = found["judged_yes_drawn_train00.jpg"]
    assert [box.kind for box in first] == [0, 1]
    assert first[1].pixels((96, 96)) == (0, 48, 48, 96)
    assert [box.kind for box in found["judged_no_drawn_val01.jpg"]] == [0]


def test_a_doubt_marks_the_picture_and_doubts_alone_leave_it_out(tmp_path):
    counts, found = judged(
        tmp_path, "drawn_train00,0,0,9,9,doubt", "drawn_train01,0,0,9,9,yes", "drawn_train01,9,9,20,20,doubt"
    )

    assert list(found) == ["judged_doubt_drawn_train01.jpg"]
    assert counts["doubt"] == 1


def test_earlier_labels_of_the_class_give_way(tmp_path):
    _, found = judged(tmp_path, "drawn_train00,0,0,9,9,no", names=["ad"])

    assert found["judged_no_drawn_train00.jpg"] == ()


@pytest.mark.parametrize("line", ["drawn_train00,0,0,9,9,maybe", "drawn_train00,0,0,9", "drawn_train00,a,0,9,9,yes"])
def test_a_line_that_is_no_judged_box_is_told(tmp_path, line):
    with pytest.raises(DatasetError, match=r"ads\.csv:2 is no judged box"):
        judged(tmp_path, line)


def test_a_table_of_other_pictures_is_told(tmp_path):
    with pytest.raises(DatasetError, match="names no picture"):
        judged(tmp_path, "elsewhere,0,0,9,9,yes")
