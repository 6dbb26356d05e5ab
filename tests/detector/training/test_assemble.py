"""Several datasets become one, with the recipe's class ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.training.assemble import assemble
from detector.training.recipe import Recipe, RecipeError
from detector.training.yolofolder import DatasetError
from tests.detector.training.yolo_folder import write_dataset


def recipe(*paths: Path, **more: object) -> Recipe:
    datasets = [{"path": str(path)} for path in paths]
    told = {"name": "r", "base": "b.pt", "classes": ["bin", "garbage"], "datasets": datasets}
    return Recipe.model_validate(told | more)


def test_class_ids_are_those_of_the_recipe(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage", "bin"])

    made = assemble(recipe(data), beside=tmp_path, out=tmp_path / "out")

    assert (tmp_path / "out/labels/train/drawn_train00.txt").read_text().startswith("1 ")
    assert made.boxes["train"] == {"garbage": 6}
    assert made.pictures["val"] == {"drawn": 3}


def test_boxes_of_classes_that_the_recipe_does_not_name_are_left_out_and_the_picture_stays(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["cat"])

    made = assemble(recipe(data), beside=tmp_path, out=tmp_path / "out")

    assert (tmp_path / "out/labels/train/drawn_train00.txt").read_text() == ""
    assert made.pictures["train"].total() == 6


def test_a_source_is_shown_as_often_as_asked_in_training_and_once_in_validation(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage"])

    assemble(recipe(data, sources={"drawn_": {"repeat": 3}}), beside=tmp_path, out=tmp_path / "out")

    assert len((tmp_path / "out/train.txt").read_text().split()) == 18
    assert len((tmp_path / "out/val.txt").read_text().split()) == 3


def test_a_share_of_a_source_is_the_same_pictures_each_time_and_others_with_another_seed(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage"])

    def shown(seed: int) -> list[str]:
        half = recipe(data, sources={"drawn_": {"share": 0.5}}, seed=seed)
        assemble(half, beside=tmp_path, out=tmp_path / "out")
        assert len((tmp_path / "out/val.txt").read_text().split()) == 3, "validation is never thinned"
        return [Path(line).name for line in (tmp_path / "out/train.txt").read_text().split()]

    first = shown(2)

    assert 0 < len(first) < 6
    assert shown(2) == first
    assert any(shown(seed) != first for seed in (3, 4, 5))


def test_the_pictures_own_labels_are_never_written(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage"])
    before = (tmp_path / "a/labels/train/drawn_train00.txt").read_text()

    assemble(recipe(data), beside=tmp_path, out=tmp_path / "out")

    assert (tmp_path / "a/labels/train/drawn_train00.txt").read_text() == before


def test_the_hash_tells_changed_labels(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage"])
    first = assemble(recipe(data), beside=tmp_path, out=tmp_path / "out").sha256
    again = assemble(recipe(data), beside=tmp_path, out=tmp_path / "out2").sha256
    (tmp_path / "a/labels/train/drawn_train00.txt").write_text("0 0.5 0.5 0.1 0.1\n")

    assert first == again
    assert assemble(recipe(data), beside=tmp_path, out=tmp_path / "out3").sha256 != first


@pytest.mark.parametrize(
    "line",
    [
        "0 0.5 0.5 0.1",
        "7 0.5 0.5 0.1 0.1",
        "-1 0.5 0.5 0.1 0.1",
        "x 0.5 0.5 0.1 0.1",
        "0 a 0.5 0.1 0.1",
        "0 50 0.5 0.1 0.1",
    ],
)
def test_a_bad_label_line_is_named(tmp_path, line) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage"])
    (tmp_path / "a/labels/train/drawn_train00.txt").write_text(f"0 0.5 0.5 0.1 0.1\n{line}\n")

    with pytest.raises(DatasetError, match=r"drawn_train00\.txt:2 is no box"):
        assemble(recipe(data), beside=tmp_path, out=tmp_path / "out")


def test_a_missing_dataset_is_named_with_the_way_out(tmp_path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        assemble(recipe(tmp_path / "none"), beside=tmp_path, out=tmp_path / "out")


def test_a_recipe_without_data_says_how_to_name_some(tmp_path) -> None:
    with pytest.raises(RecipeError, match="--data"):
        assemble(recipe(), beside=tmp_path, out=tmp_path / "out")


def test_a_dataset_tells_of_its_own_sources(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage"])
    with data.open("a") as file:
        file.write("sources: {drawn_: {unlabelled: [bin], repeat: 2}}\n")

    made = assemble(recipe(data), beside=tmp_path, out=tmp_path / "out")

    assert made.recipe.absent_weights("drawn_1.jpg") == (0.0, 1.0)
    assert len((tmp_path / "out/train.txt").read_text().split()) == 12


def test_a_source_told_wrongly_is_named(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage"])
    with data.open("a") as file:
        file.write("sources: {drawn_: {unlabeled: [bin]}}\n")

    with pytest.raises(RecipeError, match=r"sources: unlabeled: Extra inputs"):
        assemble(recipe(data), beside=tmp_path, out=tmp_path / "out")


def test_a_dataset_is_never_taken_for_the_place_to_write_to(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage"])

    with pytest.raises(DatasetError, match="is the dataset itself"):
        assemble(recipe(data), beside=tmp_path, out=tmp_path / "a")

    assert (tmp_path / "a/images/train/drawn_train00.jpg").is_file()


def test_a_picture_is_never_removed_for_a_link(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage"])
    there = tmp_path / "out/images/train/drawn_train00.jpg"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"somebody's picture")

    with pytest.raises(DatasetError, match="name another folder"):
        assemble(recipe(data), beside=tmp_path, out=tmp_path / "out")

    assert there.read_bytes() == b"somebody's picture"


def test_two_datasets_with_pictures_of_one_name_are_refused_because_one_would_get_the_others_labels(tmp_path) -> None:
    one, other = (write_dataset(tmp_path / name, names=["garbage"]) for name in "ab")

    with pytest.raises(DatasetError, match="have the same name"):
        assemble(recipe(one, other), beside=tmp_path, out=tmp_path / "out")


def test_labels_with_a_byte_order_mark_are_read_and_those_in_another_encoding_named(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage"])
    labels = tmp_path / "a/labels/train/drawn_train00.txt"
    labels.write_text("0 0.5 0.5 0.1 0.1\n", encoding="utf-8-sig")
    assert assemble(recipe(data), beside=tmp_path, out=tmp_path / "out").boxes["train"]["garbage"] == 6

    labels.write_bytes("0 0.5 0.5 0.1 0.1 街".encode("gbk"))
    with pytest.raises(DatasetError, match=r"drawn_train00\.txt is not UTF-8"):
        assemble(recipe(data), beside=tmp_path, out=tmp_path / "out2")


def test_a_listed_picture_that_is_not_there_is_named(tmp_path) -> None:
    data = write_dataset(tmp_path / "a", names=["garbage"])
    data.write_text(data.read_text().replace("images/train", "list.txt"))
    (tmp_path / "a/list.txt").write_text("images/train/none.jpg\n")

    with pytest.raises(DatasetError, match=r"none\.jpg, listed in .*list\.txt, is not there"):
        assemble(recipe(data), beside=tmp_path, out=tmp_path / "out")
