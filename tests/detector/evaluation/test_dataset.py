"""Labelled pictures as people keep them."""

from __future__ import annotations

import numpy as np
import pytest

from detector.evaluation.classes import match_classes
from detector.evaluation.dataset import open_data
from detector.evaluation.errors import DataError
from detector.evaluation.labels import labels_of, read_labels


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def names(data):
    return [picture.name for picture in data.pictures]


@pytest.mark.parametrize("listed", ["[a, b]", "{0: a, 1: b}"])
def test_a_data_file_with_names_as_list_or_by_number(tmp_path, listed):
    touch(tmp_path, "images/val/2.jpg", "images/val/1.PNG", "images/val/notes.txt", "images/train/3.jpg")
    data = open_data(
        written(tmp_path / "data.yaml", f"path: .\nval: images/val\ntrain: images/train\nnames: {listed}\n")
    )
    assert names(data) == ["1.PNG", "2.jpg"]
    assert data.names == ("a", "b")
    assert names(open_data(tmp_path / "data.yaml", "train")) == ["3.jpg"]


def test_a_split_may_be_several_folders_or_a_list_of_pictures(tmp_path):
    touch(tmp_path, "x/images/1.jpg", "y/images/2.jpg")
    written(tmp_path / "some.txt", "./x/images/1.jpg\n")
    several = written(tmp_path / "data.yaml", "val: [x/images, y/images]\ntest: some.txt\nnames: [a]\n")
    assert names(open_data(several)) == ["1.jpg", "2.jpg"]
    assert names(open_data(several, "test")) == ["1.jpg"]


@pytest.mark.parametrize("place", ["images/val/1.jpg", "val/images/1.jpg", "images/1.jpg", "1.jpg"])
def test_a_bare_folder(tmp_path, place):
    touch(tmp_path, place)
    written(tmp_path / "classes.txt", "garbage\nbin\n")
    data = open_data(tmp_path)
    assert names(data) == ["1.jpg"]
    assert data.names == ("garbage", "bin")


def test_a_folder_with_its_data_file_in_it(tmp_path):
    touch(tmp_path, "images/val/1.jpg")
    written(tmp_path / "data.yaml", "val: images/val\nnames: [a]\n")
    assert open_data(tmp_path).names == ("a",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("val: images\nnames: [a", "data.yaml:2 is not YAML"),
        ("just words", "is not a list of keys"),
        ("val: images\n", "names: a list of class names"),
        ("val: images\nnames: {1: a}\n", "names: a list of class names"),
        ("train: images\nnames: [a]\n", "has no split 'val'; it has: train"),
        ("val: nowhere\nnames: [a]\n", "nowhere is no folder of pictures"),
        ("val: images\nnames: [a]\nsources: {x: 3}\n", "sources: prefix: {unlabelled"),
    ],
)
def test_what_is_wrong_is_told_with_the_file(tmp_path, text, said):
    touch(tmp_path, "images/1.jpg")
    with pytest.raises(DataError) as caught:
        open_data(written(tmp_path / "data.yaml", text))
    assert said in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_sources_are_the_letters_before_the_first_underscore_unless_stated(tmp_path):
    touch(tmp_path, "images/wall_1.jpg", "images/wallad_1.jpg", "images/0012.jpg", "images/cam7-a.jpg")
    sources = "{wall: {unlabelled: [ad, bin]}, cam: {}}"
    data = open_data(written(tmp_path / "d.yaml", f"val: images\nnames: [ad, bin]\nsources: {sources}\n"))
    told = {picture.name: data.source_of(picture) for picture in data.pictures}
    assert told == {"wall_1.jpg": "wall", "wallad_1.jpg": "wallad", "0012.jpg": "(none)", "cam7-a.jpg": "cam"}
    assert data.unlabelled["wall"] == {"ad", "bin"}


def test_label_lines_become_corners_and_polygons_the_boxes_around_them(tmp_path):
    path = written(tmp_path / "1.txt", "1 0.5 0.5 0.2 0.4\n\n0 0.1 0.1 0.3 0.1 0.2 0.4\n1 0.5 0.5 0.2 0.4\n")
    rows = read_labels(path, 2, pytest.fail)
    np.testing.assert_allclose(rows, [[0, 0.1, 0.1, 0.3, 0.4], [1, 0.4, 0.3, 0.6, 0.7]], atol=1e-6)


def test_a_broken_line_is_told_with_its_place_and_the_others_go_on(tmp_path):
    lines = [
        "0 .5 .5 .1 .1",
        "7 .5 .5 .1 .1",
        "0 .5 .5 .1",
        "0 .5 x .1 .1",
        "0 .5 1.5 .1 .1",
        "0.5 .5 .5 .1 .1",
        "0 .5 .5 -.005 .1",
    ]
    told = []
    rows = read_labels(written(tmp_path / "1.txt", "\n".join(lines)), 2, told.append)
    assert len(rows) == 1
    assert [sentence.split(": ")[0] for sentence in told] == [f"{tmp_path}/1.txt:{number}" for number in range(2, 8)]


def test_no_label_file_means_nothing_is_there_and_an_unreadable_one_is_told(tmp_path):
    told = []
    assert read_labels(tmp_path / "none.txt", 2, told.append).shape == (0, 5)
    (tmp_path / "1.txt").write_bytes(b"\xff\xfe\x00")
    assert read_labels(tmp_path / "1.txt", 2, told.append) is None
    assert len(told) == 1


def test_only_the_last_images_in_a_path_is_replaced(tmp_path):
    assert labels_of(tmp_path / "images/a/images/1.jpg") == tmp_path / "images/a/labels/1.txt"


def test_classes_are_matched_by_name_and_those_that_one_side_lacks_are_not_measured():
    classes = match_classes(["trash", "stall", "sky"], ["garbage", "ad"], {"trash": "garbage", "sky": ""})
    assert classes.names == ("garbage", "stall", "ad")
    assert classes.of_data == (0, 1, -1)
    assert classes.measured == (0,)


def test_a_renamed_class_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(DataError, match="did you mean 'trash'"):
        match_classes(["trash"], ["garbage"], {"tresh": "garbage"})


def test_a_folder_that_names_its_splits_is_not_measured_whole_for_a_slip(tmp_path):
    touch(tmp_path, "images/val/2.jpg", "images/train/3.jpg")
    written(tmp_path / "data.yaml", "val: images/val\ntrain: images/train\nnames: [a]\n")

    assert names(open_data(tmp_path, "train")) == ["3.jpg"]
    with pytest.raises(DataError, match="tset"):
        open_data(tmp_path, "tset")
