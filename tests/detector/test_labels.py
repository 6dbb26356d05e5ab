"""Labels in every form: what is written comes back, and what is wrong is told with file, line and way out."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.labels.bundle import Bundle
from detector.labels.coco import read_coco, write_coco
from detector.labels.cvat import read_cvat, write_cvat
from detector.labels.labelstudio import read_labelstudio, tasks_text, write_labelstudio
from detector.labels.picture import LabelBox, LabelledPicture, LabelsError, LabelSet
from detector.labels.similarity import NEAR_BITS, difference_hash, distance
from detector.labels.split import Piece, split_pieces
from detector.labels.yolo import read_yolo, write_darknet, write_ultralytics
from tests.servers.clips import scene

CLASSES = ("garbage", "小广告", 'a "b" & <c>')
TWO = (LabelBox("garbage", (0.1, 0.2, 0.3, 0.4)), LabelBox(CLASSES[2], (0, 0, 1, 1)))
LABELS = LabelSet(
    CLASSES,
    (
        LabelledPicture("a b.jpg", 640, 480, TWO),
        LabelledPicture("empty.jpg", 640, 480),
        LabelledPicture("小区.jpg", 1920, 1080, (LabelBox("小广告", (0.5, 0.5, 0.75, 0.625)),), "val"),
    ),
)
FORMS = {
    "coco": (write_coco, read_coco),
    "ultralytics": (write_ultralytics, read_yolo),
    "darknet": (write_darknet, read_yolo),
    "cvat": (write_cvat, read_cvat),
    "label studio": (write_labelstudio, read_labelstudio),
}


def packed(path: Path, files) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files:
            archive.writestr(name, text)
    return path


def laid(folder: Path, files) -> Path:
    for name, text in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def alike(found: LabelSet, *, sizes: bool) -> None:
    assert set(found.classes) == set(CLASSES)
    by_name = {picture.name: picture for picture in found.pictures}
    for wanted in LABELS.pictures:
        picture = by_name.pop(wanted.name)
        assert [box.label for box in picture.boxes] == [box.label for box in wanted.boxes]
        for box, other in zip(picture.boxes, wanted.boxes, strict=True):
            assert box.box == pytest.approx(other.box, abs=1e-4)
        assert picture.split == wanted.split
        assert not sizes or not wanted.boxes or (picture.width, picture.height) == (wanted.width, wanted.height)
    assert by_name == {}


@pytest.mark.parametrize("packing", [packed, laid])
@pytest.mark.parametrize("form", FORMS)
def test_what_is_written_comes_back(tmp_path, form, packing):
    write, read = FORMS[form]
    path = packing(tmp_path / ("set.zip" if packing is packed else "set"), write(LABELS))

    with Bundle(path) as bundle:
        alike(read(bundle), sizes=form in {"coco", "cvat", "label studio"})


def wrong(read, path: Path) -> list[str]:
    with pytest.raises(LabelsError) as caught, Bundle(path) as bundle:
        read(bundle)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_every_wrong_line_of_yolo_is_told(tmp_path):
    lines = (
        "0 0.5 0.5 0.2 0.2\n7 0.5 0.5 0.2 0.2\n0 0.5 0.5 x 0.2\n0 0.5 0.5\n"
        "0 0.95 0.5 0.2 0.2\n0 0.5 0.5 0 0.1\n0 nan 0 1 1\n"
    )
    path = laid(tmp_path / "set", [("data.yaml", "names: [garbage, ad]\n"), ("labels/train/a.txt", lines)])

    told = wrong(read_yolo, path)

    assert [line.split(" ", 1)[0].rsplit(":", 2)[1] for line in told] == ["2", "3", "4", "5", "6", "7"]
    assert "'7' is no class number; use 0 to 1" in told[0]
    assert "outside the picture" in told[3]
    assert "no area" in told[4]


def test_a_yolo_folder_without_classes_is_told(tmp_path):
    assert "neither data.yaml nor obj.names" in wrong(read_yolo, laid(tmp_path / "set", [("labels/a.txt", "")]))[0]


def coco(**changes) -> str:
    document = json.loads(dict(write_coco(LABELS))["annotations/instances_train.json"])
    for key, value in changes.items():
        document["annotations"][0][key] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", ":1: is no JSON"),
        ("[]", "images: is no list whose entries have 'file_name'"),
        (coco(category_id=99), "annotations[0].category_id: '99' is not in the file"),
        (coco(image_id=99), "annotations[0].image_id: '99' is not in the file"),
        (coco(image_id=[1]), "annotations[0].image_id"),
        (coco(bbox=[1, 2, 3]), "annotations[0].bbox: '1 2 3' is not 4 numbers"),
        (coco(bbox=[1, 2, 9999, 9]), "annotations[0].bbox: the box reaches outside"),
        (coco(bbox=None), "annotations[0].bbox"),
    ],
)
def test_what_is_wrong_in_coco_is_told(tmp_path, text, said):
    (tmp_path / "instances.json").write_text(text)

    assert said in wrong(read_coco, tmp_path / "instances.json")[0]


def cvat(*pairs: tuple[str, str]) -> str:
    text = dict(write_cvat(LABELS))["annotations.xml"]
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<annotations>", "is no XML"),
        ("<html/>", "is not the XML of an image task"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>', "defines entities"),
        (cvat(('xtl="64.00"', 'xtl="left"')), "image a b.jpg: 'left"),
        (cvat(('z_order="0"', 'z_order="0" rotation="30"')), "a box that is turned"),
        (cvat(('width="640"', 'width=""')), "image a b.jpg"),
        (cvat(("<box ", "<polygon ")), "has a polygon; only boxes are read"),
    ],
)
def test_what_is_wrong_in_cvat_s_xml_is_told(tmp_path, text, said):
    (tmp_path / "annotations.xml").write_text(text)

    assert said in "\n".join(wrong(read_cvat, tmp_path / "annotations.xml"))


def tasks(**changes) -> str:
    document = json.loads(tasks_text(LABELS))
    region = document[0]["annotations"][0]["result"][0]
    region.update({key: value for key, value in changes.items() if key == "type"})
    region["value"].update({key: value for key, value in changes.items() if key != "type"})
    return json.dumps(document)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "is no list of tasks"),
        ("[{}]", "[0]: has no data.image"),
        (tasks(type="polygonlabels"), "[0]: has a region of type 'polygonlabels'"),
        (tasks(rotation=12), "a box that is turned"),
        (tasks(rectanglelabels=["a", "b"]), "without exactly one label"),
        (tasks(width=200), "reaches outside the picture"),
    ],
)
def test_what_is_wrong_in_label_studio_s_tasks_is_told(tmp_path, text, said):
    (tmp_path / "tasks.json").write_text(text)

    assert said in wrong(read_labelstudio, tmp_path / "tasks.json")[0]


def test_label_studio_s_predictions_are_nobody_s_word(tmp_path):
    guessed = replace(LABELS.pictures[0], boxes=(LabelBox("garbage", (0.1, 0.1, 0.2, 0.2), 0.4),))
    (tmp_path / "tasks.json").write_text(tasks_text(LabelSet(CLASSES, (guessed,))))

    with Bundle(tmp_path / "tasks.json") as bundle:
        found = read_labelstudio(bundle)

    assert found.pictures == ()
    assert found.skipped == ("a b.jpg: nobody has labelled it yet",)


@pytest.mark.parametrize("name", ["../../evil.jpg", "/etc/evil.jpg", "a/../../evil.txt", "..\\evil.jpg"])
def test_a_zip_that_points_outside_is_refused(tmp_path, name):
    path = packed(tmp_path / "set.zip", [("data.yaml", "names: [a]"), (name, "x")])

    assert "points outside" in wrong(read_yolo, path)[0]


def test_a_broken_zip_and_a_missing_file_are_told(tmp_path):
    (tmp_path / "set.zip").write_bytes(b"PK\x03\x04 broken")

    assert "is no zip" in wrong(read_yolo, tmp_path / "set.zip")[0]
    assert "is not there" in wrong(read_yolo, tmp_path / "nothing.json")[0]


def test_two_pictures_of_one_name_are_told(tmp_path):
    files = [("data.yaml", "names: [a]"), ("images/train/a.jpg", ""), ("images/val/a.jpg", "")]

    assert "same file name" in wrong(read_yolo, laid(tmp_path / "set", files))[0]


def test_the_same_view_is_near_and_another_is_far():
    view, darker = scene(1), cv2.convertScaleAbs(scene(1), alpha=0.7)
    noisy = np.clip(view + np.random.default_rng(0).normal(0, 8, view.shape), 0, 255).astype(np.uint8)
    other = np.ascontiguousarray(np.rot90(view))

    near = [distance(difference_hash(view), difference_hash(each)) for each in (view, darker, noisy)]

    assert max(near) <= NEAR_BITS
    assert distance(difference_hash(view), difference_hash(other)) > 2 * NEAR_BITS


START = datetime(2026, 7, 1, tzinfo=UTC)


def piece(number: int, *feeds: str) -> Piece:
    return Piece(
        f"{number}", frozenset(feeds), START + timedelta(hours=number), START + timedelta(hours=number, minutes=30)
    )


def test_a_fifth_of_many_feeds_validates_and_feeds_that_share_a_thing_go_together():
    pieces = [piece(number, f"cam-{number % 200}") for number in range(600)]
    linked = [*pieces, piece(600, "cam-1", "cam-2"), piece(601, "cam-2", "cam-3")]

    split = split_pieces(linked, share=0.2, seed=3)
    held = {feed for one in linked if one.id in split.val for feed in one.feeds}
    trained = {feed for one in linked if one.id not in split.val for feed in one.feeds}

    assert split.groups == 198
    assert not held & trained
    assert 25 < len(held) < 55
    assert len({"cam-1", "cam-2", "cam-3"} & held) in {0, 3}


def test_another_seed_holds_out_others():
    pieces = [piece(number, f"cam-{number}") for number in range(50)]

    assert split_pieces(pieces, share=0.2, seed=1).val != split_pieces(pieces, share=0.2, seed=2).val


def test_one_piece_or_none_only_trains():
    assert (
        split_pieces([], share=0.2, seed=1).val == split_pieces([piece(1, "a")], share=0.2, seed=1).val == frozenset()
    )
