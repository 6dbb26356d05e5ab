"""Context classes by a network's word: what is added, what is not, and that people's labels stay as they are."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

from api.commands.models import app
from detector.backends.scripted import ScriptedModel, picture_key
from detector.training.context import CONTEXT, Added, add_context
from detector.training.guesses import Guesses
from detector.training.yolofolder import DatasetError, open_yolo_folder
from tests.detector.training.drawn_streets import NAMES, SIZE, write_streets

SHARED = Path(__file__).resolve().parents[4] / "shared"
BIN = (60, 150, 96, 206)


def looked(data: Path, out: Path, *seen: tuple[str, float, tuple[float, ...]], **more) -> Added:
    """Add context to a dataset with a network that sees ``seen`` in street_00000 and nothing elsewhere."""
    return add_context(data, out, Guesses(network(data, *seen)), **more)


def network(data: Path, *seen: tuple[str, float, tuple[float, ...]]) -> ScriptedModel:
    picture = cv2.imread(str(data.parent / "images/train/street_00000.png"))
    told = [{"label": label, "score": score, "box": box} for label, score, box in seen]
    truth = data.parent / "truth.json"
    truth.write_text(json.dumps({picture_key(picture): told}), encoding="utf-8")
    return ScriptedModel(truth)


def added_names(out: Path) -> list[str]:
    with (out / "context.csv").open(encoding="utf-8", newline="") as file:
        return [row["class"] for row in csv.DictReader(file)]


@pytest.fixture
def data(tmp_path) -> Path:
    return write_streets(tmp_path / "real")


def test_context_boxes_follow_the_labels_of_people_which_stay_to_the_letter(data, tmp_path) -> None:
    before = (data.parent / "labels/train/street_00000.txt").read_text()

    looked(data, tmp_path / "out", ("person", 0.9, (200.0, 100.0, 240.0, 200.0)))

    after = (tmp_path / "out/labels/train/street_00000.txt").read_text()
    assert after == before + "6 0.550000 0.468750 0.100000 0.312500\n"
    assert (data.parent / "labels/train/street_00000.txt").read_text() == before


def test_context_classes_come_after_the_datasets_own(data, tmp_path) -> None:
    looked(data, tmp_path / "out")

    assert open_yolo_folder(tmp_path / "out").names == (*NAMES, *CONTEXT)


def test_pictures_are_linked_and_every_split_is_there(data, tmp_path) -> None:
    added = looked(data, tmp_path / "out")

    link = tmp_path / "out/images/val/stall_99999.png"
    assert added.pictures == {"train": 6, "val": 1}
    assert link.is_symlink()
    assert link.resolve() == data.parent / "images/val/stall_99999.png"


@pytest.mark.parametrize(
    ("guess", "kept"),
    [
        (("dining table", 0.8, (200, 120, 280, 180)), ["table"]),
        (("dining table", 0.45, (200, 120, 280, 180)), []),
        (("car", 0.34, (200, 120, 280, 180)), []),
        (("zebra", 0.9, (200, 120, 280, 180)), []),
        (("chair", 0.9, BIN), []),
        (("person", 0.9, BIN), []),
        (("umbrella", 0.9, (62, 152, 80, 170)), []),
        (("person", 0.9, (62, 152, 80, 170)), ["person"]),
        (("suitcase", 0.9, (200, 120, 280, 180)), []),
        (("banana", 0.9, (200, 120, 280, 180)), []),
    ],
    ids=[
        "sure enough", "a table must be surer", "too unsure", "no context class", "a bin called a chair",
        "a bin called a person", "part of a bin called an umbrella", "somebody before a bin", "a bag that nobody has",
        "food on no stall",
    ],
)  # fmt: skip
def test_a_guess_is_kept_or_not(data, tmp_path, guess, kept) -> None:
    label, score, box = guess

    looked(data, tmp_path / "out", (label, score, tuple(map(float, box))))

    assert added_names(tmp_path / "out") == kept


def test_a_bag_counts_where_a_person_has_it(data, tmp_path) -> None:
    person, bag = ("person", 0.9, (200.0, 100.0, 240.0, 200.0)), ("handbag", 0.4, (230.0, 150.0, 250.0, 170.0))

    looked(data, tmp_path / "out", person, bag)

    assert added_names(tmp_path / "out") == ["person", "bag"]


def test_in_a_stall_food_counts_and_a_car_is_its_cart(data, tmp_path) -> None:
    labels = data.parent / "labels/train/street_00000.txt"
    labels.write_text("5 0.5 0.5 0.5 0.5\n")

    orange, cart = ("orange", 0.4, (190.0, 150.0, 210.0, 170.0)), ("car", 0.9, (120.0, 180.0, 260.0, 235.0))
    looked(data, tmp_path / "out", orange, cart)

    assert added_names(tmp_path / "out") == ["food"]


def test_one_thing_under_two_names_is_added_once(data, tmp_path) -> None:
    looked(
        data,
        tmp_path / "out",
        ("car", 0.6, (200.0, 100.0, 300.0, 180.0)),
        ("truck", 0.7, (201.0, 100.0, 300.0, 180.0)),
    )

    assert added_names(tmp_path / "out") == ["truck"]


def test_the_network_looks_once_and_the_cache_answers_after_that(data, tmp_path) -> None:
    cache = tmp_path / "seen.json"
    seen = ("person", 0.9, (200.0, 100.0, 240.0, 200.0))
    first = Guesses(network(data, seen), cache)
    add_context(data, tmp_path / "one", first)
    first.save()

    blind = network(data, ("person", 0.9, (0.0, 0.0, 1.0, 1.0)))
    (data.parent / "truth.json").unlink()
    add_context(data, tmp_path / "two", Guesses(blind, cache))

    rows = json.loads(cache.read_text())
    assert rows["train/street_00000.png"] == [[0, 0.9, [0.55, 0.46875, 0.1, 0.3125]]]
    assert rows["val/stall_99999.png"] == []
    assert added_names(tmp_path / "two") == ["person"]


def test_a_validation_split_that_only_repeats_training_is_not_written_twice(data, tmp_path) -> None:
    data.write_text(data.read_text().replace("images/val", "images/train"))

    added = looked(data, tmp_path / "out")

    assert added.pictures == {"train": 6}


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda data: data.write_text("train: a\n"), "is no dataset description"),
        (lambda data: data.write_text("train: gone\nnames: [bin]\n"), "gone is not there"),
        (lambda data: data.write_text("train: images/train\nnames: [bin, car]\n"), "has car already"),
        (lambda data: (data.parent / "labels/train/street_00000.txt").write_text("9 1 1 1 1\n"), "txt:1 is no box"),
        (lambda data: (data.parent / "images/train/street_00001.png").write_text("-"), "is no picture"),
    ],
)
def test_a_broken_dataset_is_refused_by_name(data, tmp_path, spoil, sentence) -> None:
    model = network(data)
    spoil(data)

    with pytest.raises(DatasetError, match=sentence):
        add_context(data, tmp_path / "out", Guesses(model))


def test_the_dataset_itself_is_never_written_over(data) -> None:
    with pytest.raises(DatasetError, match="is the dataset itself"):
        looked(data, data.parent)


@pytest.mark.parametrize("text", ["no json", '{"train/street_00000.png": [[99, 0.9, [0.5, 0.5, 0.1, 0.1]]]}'])
def test_a_cache_that_does_not_fit_is_refused(data, tmp_path, text) -> None:
    cache = tmp_path / "seen.json"
    cache.write_text(text)

    with pytest.raises(DatasetError, match=r"seen\.json is"):
        add_context(data, tmp_path / "out", Guesses(network(data), cache))


def test_the_command_labels_the_people_of_a_real_street(data, tmp_path) -> None:
    weights, street = SHARED / "weights/yolo11n_coco_init.pt", SHARED / "data/images/train/stall_00001.jpg"
    if not (weights.exists() and street.exists()):
        pytest.skip("needs ../shared/weights/yolo11n_coco_init.pt and ../shared/data")
    for old in (data.parent / "images/train").iterdir():
        old.unlink()
    (data.parent / "images/train/stall_00001.jpg").symlink_to(street)
    told = ["--data", str(data), "--weights", str(weights), "--out", str(tmp_path / "out")]

    ended = CliRunner().invoke(
        app, ["context", *told, "--cache", str(tmp_path / "seen.json"), "--sheet", str(tmp_path / "s.png")]
    )

    assert ended.exit_code == 0, ended.output
    assert added_names(tmp_path / "out").count("person") >= 3
    assert (tmp_path / "s.png").exists()
    assert (tmp_path / "seen.json").exists()


def test_weights_that_are_not_there_end_with_one_sentence(data, tmp_path) -> None:
    told = ["--data", str(data), "--weights", str(tmp_path / "none.pt"), "--out", str(tmp_path / "out")]

    ended = CliRunner().invoke(app, ["context", *told])

    assert ended.exit_code == 2
    assert "none.pt" in ended.output
    assert "Traceback" not in ended.output


def test_the_size_of_the_drawn_streets_is_what_the_boxes_here_count_on(data) -> None:
    assert cv2.imread(str(data.parent / "images/train/street_00000.png")).shape[1::-1] == SIZE
