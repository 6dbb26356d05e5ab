"""Every figure of a small drawn street whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from detector.backends.scripted import ScriptedModel, picture_key
from detector.evaluation.comparison import compare
from detector.evaluation.dataset import open_data
from detector.evaluation.errors import DataError
from detector.evaluation.evaluation import Plan, evaluate
from detector.evaluation.report import write_report
from detector.evaluation.sections import compared, headline, sections, verdict

# Four pictures of 100 x 100 px: what is labelled, and what the model says, as (label, score, box).
SEEN = {
    "street_1": (
        [("garbage", (10, 10, 50, 50))],
        [("garbage", 0.9, (10, 10, 50, 50)), ("bin", 0.3, (10, 10, 50, 50))],
    ),
    "street_2": ([("bin", (0, 0, 20, 20)), ("stall", (50, 50, 90, 90))], [("garbage", 0.8, (0, 0, 20, 20))]),
    "wall_1": ([("garbage", (0, 0, 100, 100))], [("garbage", 0.1, (0, 0, 100, 80))]),
    "wall_2": ([], [("garbage", 0.2, (0, 0, 30, 30)), ("graffiti", 0.9, (0, 0, 9, 9))]),
}
NAMES = ("trash", "bin", "stall")


@pytest.fixture
def street(tmp_path):
    """A data file, and the script of a model that knows garbage, bin and graffiti."""
    truth = {}
    for number, (name, (labels, found)) in enumerate(SEEN.items()):
        picture = np.full((100, 100, 3), number * 10, np.uint8)
        save(tmp_path / "images" / f"{name}.png", picture)
        lines = [line(NAMES.index(label.replace("garbage", "trash")), box) for label, box in labels]
        (tmp_path / "labels").mkdir(exist_ok=True)
        (tmp_path / "labels" / f"{name}.txt").write_text("\n".join(lines))
        truth[picture_key(picture)] = [{"label": label, "score": score, "box": box} for label, score, box in found]
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    (tmp_path / "data.yaml").write_text(
        f"val: images\nnames: [{', '.join(NAMES)}]\nsources: {{wall: {{unlabelled: [trash, garbage]}}}}\n"
    )
    return tmp_path


def save(path, picture):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(cv2.imencode(".png", picture)[1].tobytes())


def line(number, box):
    x1, y1, x2, y2 = (side / 100 for side in box)
    return f"{number} {(x1 + x2) / 2} {(y1 + y2) / 2} {x2 - x1} {y2 - y1}"


def unwatched(done, total):
    """Nobody looks at the bar."""


def evaluated(street, *, tell=pytest.fail, **terms):
    plan = Plan(open_data(street / "data.yaml"), {"trash": "garbage"}, **terms)
    return evaluate(ScriptedModel(street / "truth.json"), plan, tell, unwatched)


def of(told, name):
    return next(each for each in told.figures.classes if each.name == name)


def test_a_class_at_its_threshold_and_its_average_precision(street):
    """Garbage, by score: right 0.9, wrong 0.8, wrong 0.2, right 0.1 (overlap 0.8), of two labels."""
    garbage = of(evaluated(street), "garbage")
    assert (garbage.pictures, garbage.labels) == (2, 2)
    assert (garbage.at_threshold.right, garbage.at_threshold.wrong, garbage.at_threshold.missed) == (1, 1, 1)
    assert garbage.ap50 == pytest.approx(0.49 + 0.0075 + 0.49 * 0.5 + 0.0025)
    assert garbage.best_f1.threshold in {0.9, 0.1}
    assert garbage.ap50_95 < garbage.ap50


def test_of_one_box_a_patrol_says_the_best_class_only(street):
    """So the bin said of the garbage is no false alarm, though it counts in the average precision."""
    bins = of(evaluated(street), "bin")
    assert (bins.at_threshold.right, bins.at_threshold.wrong, bins.at_threshold.missed) == (0, 0, 1)
    assert bins.ap50 == 0


def test_whole_pictures(street):
    told = evaluated(street, groups=[("garbage", "bin")]).figures.groups[0]
    assert (told.pictures, told.positive) == (4, 3)
    assert (told.at_threshold.right, told.at_threshold.wrong, told.at_threshold.missed) == (2, 0, 1)
    assert told.at_recall_80.threshold == pytest.approx(0.1)
    assert told.at_recall_80.precision == 0.75
    assert told.curve[0].recall == pytest.approx(1 / 3)


def test_classes_that_one_side_lacks_are_said_not_to_be_measured(street):
    told = {each.name: (each.labels, each.why) for each in evaluated(street).figures.not_measured}
    assert told == {"stall": (1, "the model does not know it"), "graffiti": (0, "the data does not label it")}


def test_confusion_has_every_label_and_the_background(street):
    told = evaluated(street).figures.confusion
    counts = {
        (label, found): told.counts[row][column]
        for row, label in enumerate(told.labels)
        for column, found in enumerate(told.found)
        if told.counts[row][column]
    }
    nothing = told.labels[-1]
    assert counts == {
        ("garbage", "garbage"): 1,
        ("garbage", nothing): 1,
        ("bin", "garbage"): 1,
        ("stall", nothing): 1,
        (nothing, "graffiti"): 1,
    }


def test_by_source_and_where_a_source_does_not_label_a_class(street):
    plain, respected = evaluated(street), evaluated(street, respect_sources=True)
    assert {each.name: (each.pictures, each.labels) for each in plain.figures.sources} == {
        "street": (2, 2),
        "wall": (2, 1),
    }
    assert of(plain, "garbage").ap50_labelled == pytest.approx(0.995)
    assert of(respected, "garbage").labels == 1
    assert of(respected, "garbage").ap50 == of(plain, "garbage").ap50_labelled
    assert of(plain, "bin").ap50_labelled is None


def test_by_size(street):
    garbage = of(evaluated(street), "garbage")
    assert [(each.size, each.labels) for each in garbage.by_size] == [("small", 0), ("medium", 1), ("large", 1)]
    assert [each.labels for each in garbage.by_share] == [0, 0, 0, 2]
    assert garbage.by_size[1].recall == 1
    assert garbage.by_size[2].recall == 0
    assert garbage.by_size[2].ap50 == pytest.approx(0.995), "the false alarms are of other sizes"


def test_reliability_counts_what_a_patrol_keeps(street):
    told = of(evaluated(street), "garbage").reliability
    assert told.detections == 4
    assert told.bins[9].share_right == 1
    assert told.bins[8].share_right == 0
    assert told.brier == pytest.approx((0.1**2 + 0.8**2 + 0.2**2 + 0.9**2) / 4)


def test_the_worst_pictures_are_named(street):
    told = evaluated(street).figures.worst
    assert [(each.picture, each.label) for each in told.false_alarms] == [("street_2.png", "garbage")]
    assert [(each.picture, each.best_score) for each in told.misses] == [("wall_1.png", 0.1), ("street_2.png", None)]


def test_broken_pictures_and_lines_are_told_and_counted_and_the_others_go_on(street):
    (street / "images" / "broken.png").write_bytes(b"no picture")
    (street / "labels" / "wall_2.txt").write_text("9 .5 .5 .1 .1\n")
    told = []
    evaluation = evaluated(street, tell=told.append)
    assert (evaluation.figures.pictures, evaluation.look.skipped) == (4, 1)
    assert list(evaluation.trouble) == told
    assert len(told) == 2


def test_ctrl_c_measures_what_was_seen(street):
    def stop(_done, _of):
        raise KeyboardInterrupt

    plan = Plan(open_data(street / "data.yaml"), {"trash": "garbage"})
    told = evaluate(ScriptedModel(street / "truth.json"), plan, pytest.fail, stop)
    assert not told.look.complete
    assert told.figures.pictures == 4


def test_without_a_class_in_common_it_is_said_how_to_map(street):
    with pytest.raises(DataError, match="--map THEIRS=OURS"):
        evaluate(
            ScriptedModel(street / "truth.json"),
            Plan(open_data(street / "data.yaml"), {"bin": "", "trash": ""}),
            pytest.fail,
            unwatched,
        )


def test_it_is_written_down_for_programs_and_people(street):
    told = evaluated(street)
    write_report(told, street)
    document = json.loads((street / "evaluation.json").read_text())
    page = (street / "evaluation.md").read_text()
    assert document["map50"] == told.figures.map50
    assert document["classes"][0]["at_threshold"]["right"] == 1
    assert headline(told) in page
    assert all(f"## {section.title}" in page for section in sections(told))
    assert (street / "worst.csv").read_text().startswith("kind,picture,label,score")


def compared_with(street, change, *, respect_sources=False):
    truth = json.loads((street / "truth.json").read_text())
    (street / "other.json").write_text(json.dumps({key: change(told) for key, told in truth.items()}))
    models = (ScriptedModel(street / "truth.json"), ScriptedModel(street / "other.json"))
    plan = Plan(open_data(street / "data.yaml"), {"trash": "garbage"}, respect_sources=respect_sources)
    return compare(models, plan, tell=pytest.fail, on_picture=unwatched, resamples=200)


def test_a_model_compared_with_itself_does_not_differ(street):
    told = compared_with(street, lambda found: found)
    assert told.mean.difference == 0
    assert told.mean.p == 1
    assert told.mean.verdict == "no clear difference"
    assert told.not_compared == ("stall",)
    assert "no clear difference" in verdict(told)


def test_a_model_that_lost_everything_is_worse_and_the_seed_says_so_twice(street):
    def blind(found):
        return [{**each, "box": [90, 90, 99, 99]} for each in found]

    told, again = compared_with(street, blind), compared_with(street, blind)
    garbage = next(each for each in told.classes if each.name == "garbage")
    assert garbage.difference < -0.5
    assert (garbage.low, garbage.high) == (again.classes[0].low, again.classes[0].high)
    assert json.loads(json.dumps(told.as_json()))["classes"][0]["name"] == "garbage"
    assert [section.rows for section in compared(told)]


def test_two_models_are_compared_feed_by_feed_where_the_dataset_says_the_feeds(street):
    def careful(found):
        """All but the false alarm on the yard."""
        return [each for each in found if each["score"] != 0.8]

    feeds = {"street_1": "gate", "street_2": "yard", "wall_1": "gate", "wall_2": "wall"}
    rows = (json.dumps({"file": f"{name}.png", "feed": feed}) for name, feed in feeds.items())
    (street / "provenance.jsonl").write_text("\n".join(rows))

    told = compared_with(street, careful)

    assert [(each.name, each.pictures, each.labels) for each in told.feeds] == [
        ("gate", 2, 2),
        ("wall", 1, 0),
        ("yard", 1, 1),
    ]
    (table,) = (section for section in compared(told) if section.title.startswith("Feeds"))
    assert {row[0]: row[-1] for row in table.rows} == {
        "gate": "as A",
        "wall": "as A",
        "yard": "better: false alarms 1 to 0",
    }
    document = json.loads(json.dumps(told.as_json()))
    assert [each["name"] for each in document["feeds"]] == ["gate", "wall", "yard"]
    assert [each["at_threshold"]["wrong"] for each in document["a"]["feeds"]] == [0, 0, 1]
    assert not any(section.title.startswith("Feeds") for section in compared(replace(told, feeds=())))


def test_pictures_whose_source_does_not_label_a_class_can_be_left_out_of_its_comparison(street):
    told = compared_with(street, lambda found: found, respect_sources=True)

    garbage = next(each for each in told.classes if each.name == "garbage")
    assert (garbage.labels, garbage.a) == (1, pytest.approx(0.995, abs=0.006))
