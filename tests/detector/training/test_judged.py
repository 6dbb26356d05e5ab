"""What people said of boxes becomes labels; what they doubted teaches nothing."""

from __future__ import annotations

import pytest

from detector.training.judged import Made, Order, Said, make_judged
from detector.training.yolofolder import DatasetError, open_yolo_folder
from tests.detector.training.yolo_folder import write_dataset

HEAD = "picture,x1,y1,x2,y2,verdict\n"


def judged(tmp_path, *lines, names=("bin", "ad")):
    """Make a dataset of drawn pictures with these lines and return its pictures' boxes by file name."""
    data = write_dataset(tmp_path / "a", names=list(names))
    table = tmp_path / "ads.csv"
    table.write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    made = make_judged(Order(data, table, tmp_path / "out", "ad"))
    folder = open_yolo_folder(tmp_path / "out")
    found = {one.picture.name: one.boxes for split in ("train", "val") for one in folder.labelled(split)}
    return made, found


def test_what_was_affirmed_is_a_label_beside_those_that_were_there(tmp_path):
    made, found = judged(
        tmp_path, "drawn_train00,0,48,48,96,yes", "drawn_train00,1,1,9,9,no", "drawn_val01,2,2,8,8,no"
    )

    assert made == Made({Said.YES: 1, Said.DOUBT: 0, Said.NO: 1}, left_out=0, unknown=0)
    first = found["judged_yes_drawn_train00.jpg"]
    assert [box.kind for box in first] == [0, 1]
    assert first[1].pixels((96, 96)) == (0, 48, 48, 96)
    assert [box.kind for box in found["judged_no_drawn_val01.jpg"]] == [0]


def test_a_doubt_marks_the_picture_and_doubts_alone_leave_it_out(tmp_path):
    made, found = judged(
        tmp_path,
        "drawn_train00,0,0,9,9,doubt",
        "drawn_train01,0,0,9,9,yes",
        "drawn_train01,9,9,20,20,doubt",
        "elsewhere,0,0,9,9,yes",
    )

    assert list(found) == ["judged_doubt_drawn_train01.jpg"]
    assert made == Made({Said.YES: 0, Said.DOUBT: 1, Said.NO: 0}, left_out=1, unknown=1)


def test_earlier_labels_of_the_class_give_way(tmp_path):
    _, found = judged(tmp_path, "drawn_train00,0,0,9,9,no", names=["ad"])

    assert found["judged_no_drawn_train00.jpg"] == ()


@pytest.mark.parametrize(
    "line",
    [
        "drawn_train00,0,0,9,9,maybe",
        "drawn_train00,0,0,9",
        "drawn_train00,a,0,9,9,yes",
        "drawn_train00,inf,0,9,9,yes",
        "drawn_train00,9,0,3,9,yes",
        "drawn_train00,-4,0,9,9,yes",
    ],
)
def test_a_line_that_is_no_judged_box_is_told(tmp_path, line):
    with pytest.raises(DatasetError, match=r"ads\.csv:3 is no judged box"):
        judged(tmp_path, "drawn_train01,0,0,9,9,no", line)


def test_a_box_outside_its_picture_is_told_with_its_line(tmp_path):
    with pytest.raises(DatasetError, match=r"ads\.csv:2 lies outside drawn_train00\.jpg, which is 96×96"):
        judged(tmp_path, "drawn_train00,0,0,9,97,yes", "drawn_train01,0,0,9,9,yes")

    assert not (tmp_path / "out").exists()


def test_a_picture_of_one_name_in_both_splits_is_told(tmp_path):
    data = write_dataset(tmp_path / "a", names=["ad"])
    for kind, ending in (("images", "jpg"), ("labels", "txt")):
        here, there = (tmp_path / "a" / kind / split / f"drawn_train00.{ending}" for split in ("train", "val"))
        there.write_bytes(here.read_bytes())
    table = tmp_path / "ads.csv"
    table.write_text(f"{HEAD}drawn_train00,0,0,9,9,yes\n", encoding="utf-8")

    with pytest.raises(DatasetError, match="more than one picture drawn_train00"):
        make_judged(Order(data, table, tmp_path / "out", "ad"))


@pytest.mark.parametrize("place", [".", "images", "images/train/more"])
def test_the_dataset_itself_is_never_written_into(tmp_path, place):
    data = write_dataset(tmp_path / "a", names=["ad"])
    table = tmp_path / "ads.csv"
    table.write_text(f"{HEAD}drawn_train00,0,0,9,9,yes\n", encoding="utf-8")

    with pytest.raises(DatasetError, match="is the dataset itself"):
        make_judged(Order(data, table, tmp_path / "a" / place, "ad"))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "is empty"),
        (("elsewhere,0,0,9,9,yes",), "names no picture"),
        (("drawn_train00,0,0,9,9,doubt",), "nothing but doubts"),
    ],
)
def test_a_table_that_makes_no_dataset_is_told(tmp_path, lines, said):
    with pytest.raises(DatasetError, match=said):
        judged(tmp_path, *lines)


def test_a_table_without_its_first_line_is_told(tmp_path):
    data, table = write_dataset(tmp_path / "a", names=["ad"]), tmp_path / "ads.csv"
    table.write_text("drawn_train00,0,0,9,9,yes\n", encoding="utf-8")

    with pytest.raises(DatasetError, match=r"ads\.csv:1 is not the first line"):
        make_judged(Order(data, table, tmp_path / "out", "ad"))


def test_what_was_made_before_is_not_mixed_with_what_was_said_since(tmp_path):
    judged(tmp_path, "drawn_train00,0,0,9,9,yes")

    with pytest.raises(DatasetError, match="has pictures already"):
        judged(tmp_path, "drawn_train00,0,0,9,9,no")
