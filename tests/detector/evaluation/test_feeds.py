"""Feed by feed: whose pictures they are, and what is found and falsely found in them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from detector.evaluation.dataset import open_data
from detector.evaluation.errors import DataError
from detector.evaluation.feeds import feed_figures
from detector.evaluation.looking import Looked
from detector.evaluation.table import Table

BOX = (10, 10, 30, 30)


def looked(*, labels: int, found: tuple[int, ...]) -> Looked:
    """A picture with a thing of class 0 or nothing, and with detections of these classes at its place."""
    return Looked(
        name="1.jpg",
        source="x",
        width=100,
        height=100,
        label_classes=np.zeros(labels, np.intp),
        labels=np.array([BOX] * labels, np.float32).reshape(-1, 4),
        classes=np.array(found, np.intp),
        scores=np.full(len(found), 0.8),
        boxes=np.array([BOX] * len(found), np.float32).reshape(-1, 4),
    )


def dataset(folder, *lines):
    (folder / "images").mkdir()
    for name in ("confirmed-ad_1.jpg", "confirmed-ad-garbage_2.jpg", "clean_3.jpg"):
        (folder / "images" / name).touch()
    sources = "{confirmed-ad_: {unlabelled: [garbage]}, confirmed-ad-garbage_: {}, clean_: {}}"
    (folder / "data.yaml").write_text(f"val: images\nnames: [ad, garbage]\nsources: {sources}\n")
    (folder / "provenance.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return folder / "data.yaml"


def test_right_and_wrong_are_counted_by_feed_and_what_nobody_labelled_counts_neither_way():
    pictures = [looked(labels=1, found=(0,)), looked(labels=0, found=(0, 1)), looked(labels=1, found=())]
    only_first_class = {0: np.ones(3, bool), 1: np.array([True, False, True])}

    gate, yard = feed_figures(
        Table.of(pictures), ["yard", "gate", "yard"], {0: 0.5, 1: 0.5}, only_first_class.__getitem__
    )

    assert (gate.name, gate.pictures, gate.labels) == ("gate", 1, 0)
    assert (gate.at_threshold.right, gate.at_threshold.wrong, gate.at_threshold.missed) == (0, 1, 0)
    assert (yard.name, yard.pictures, yard.labels) == ("yard", 2, 2)
    assert (yard.at_threshold.right, yard.at_threshold.wrong, yard.at_threshold.missed) == (1, 0, 1)


def test_pictures_that_say_no_feed_are_of_none():
    assert feed_figures(Table.of([looked(labels=1, found=())]), [None], {0: 0.5}, lambda _: np.ones(1, bool)) == ()


def test_a_dataset_of_verdicts_says_feed_and_source_of_its_pictures(tmp_path):
    row = json.dumps({"file": "clean_3.jpg", "feed": "cam_3"})
    data = open_data(dataset(tmp_path, row, ""))

    assert [data.feed_of(picture) for picture in data.pictures] == ["cam_3", None, None]
    assert [data.source_of(picture) for picture in data.pictures] == ["clean", "confirmed-ad-garbage", "confirmed-ad"]
    assert data.unlabelled["confirmed-ad"] == {"garbage"}


@pytest.mark.parametrize("line", ["{", '{"feed": "cam_3"}', "[]"])
def test_a_broken_record_is_told_with_its_line(tmp_path, line):
    with pytest.raises(DataError, match=r"provenance\.jsonl:1: .*is no record of a picture"):
        open_data(dataset(tmp_path, line))
