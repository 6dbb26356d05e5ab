"""A small training by the real trainer: the loss knows sources, a run resumes, a card tells what was done."""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path

import pytest

from detector.training.recipe import Recipe, RecipeError
from detector.training.run import Order, train
from tests.detector.training.yolo_folder import write_dataset

torch = pytest.importorskip("torch", reason="pip install 'gridpatrol[training]'")
pytest.importorskip("ultralytics", reason="pip install 'gridpatrol[training]'")

RECIPE = """
name: tiny
base: base.pt
classes: [garbage, ad]
datasets: [{path: data}]
sources: {drawn_: {unlabelled: [ad]}}
numbers: {epochs: 2, input_px: 64, batch: 3, close_mosaic: 1}
"""


def network(classes: int = 2):
    from ultralytics.nn.tasks import DetectionModel  # noqa: PLC0415
    from ultralytics.utils import DEFAULT_CFG  # noqa: PLC0415

    torch.manual_seed(3)
    model = DetectionModel("yolo11n.yaml", nc=classes, verbose=False)
    model.args = DEFAULT_CFG
    model.names = dict(enumerate(["garbage", "ad", "bin"][:classes]))
    return model


@pytest.fixture
def kitchen(tmp_path: Path) -> Path:
    """A folder with recipe, base checkpoint and data."""
    torch.save({"model": network(), "train_args": {}}, tmp_path / "base.pt")
    write_dataset(tmp_path / "data", names=["garbage"])
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def class_loss(recipe: Recipe, names: list[str], boxes: int) -> float:
    from detector.training.loss import SourceAwareLoss  # noqa: PLC0415

    model = network()
    loss = SourceAwareLoss(model, recipe.absent_weights)
    batch = {
        "img": torch.zeros(len(names), 3, 64, 64),
        "im_file": names,
        "batch_idx": torch.zeros(boxes),
        "cls": torch.ones(boxes, 1),
        "bboxes": torch.full((boxes, 4), 0.5),
    }
    return float(loss(model.train()(batch["img"]), batch)[1]["cls_loss"])


def test_background_of_an_unlabelled_class_adds_nothing_to_the_loss() -> None:
    told = {"name": "r", "base": "b.pt", "classes": ["garbage", "ad"]}
    full = Recipe.model_validate(told)
    none = Recipe.model_validate(told | {"sources": {"x_": {"unlabelled": ["garbage", "ad"]}}})
    one = Recipe.model_validate(told | {"sources": {"x_": {"unlabelled": ["ad"]}}})

    assert class_loss(none, ["x_1.jpg"], 0) == 0.0
    assert 0.0 < class_loss(one, ["x_1.jpg"], 0) < class_loss(full, ["x_1.jpg"], 0)


def test_boxes_of_an_unlabelled_class_still_teach() -> None:
    told = {"name": "r", "base": "b.pt", "classes": ["garbage", "ad"], "sources": {"x_": {"unlabelled": ["ad"]}}}
    none = Recipe.model_validate(told | {"sources": {"x_": {"unlabelled": ["garbage", "ad"]}}})

    assert class_loss(none, ["x_1.jpg"], 1) > 0.0


def test_in_a_mosaic_the_least_certain_picture_counts() -> None:
    told = {"name": "r", "base": "b.pt", "classes": ["garbage", "ad"]}
    recipe = Recipe.model_validate(told | {"sources": {"x_": {"unlabelled": ["garbage", "ad"]}}})

    assert class_loss(recipe, ["full_1.jpg\nx_1.jpg\nfull_2.jpg\nfull_3.jpg"], 0) == 0.0


def test_a_training_leaves_a_checkpoint_and_a_card(kitchen) -> None:
    seen = []

    card = train(Order(kitchen / "recipe.yaml", kitchen / "run"), seen.append)

    written = json.loads((kitchen / "run" / "runcard.json").read_text())
    assert written["checkpoint_sha256"] == card.checkpoint_sha256
    assert (kitchen / "run/run/weights" / card.checkpoint).is_file()
    assert [row["epoch"] for row in written["curves"]] == [1, 2]
    assert written["boxes"]["train"] == {"garbage": 6}
    assert [(each["name"], each["labels"]) for each in written["metrics"]["classes"]][:1] == [("garbage", 3)]
    assert [each["name"] for each in written["metrics"]["sources"]] == ["drawn"]
    assert {step.epoch for step in seen if step.figures} == {1, 2}
    with pytest.raises(RecipeError, match="already holds a run"):
        train(Order(kitchen / "recipe.yaml", kitchen / "run"))


def test_a_stopped_training_resumes_with_the_next_epoch(kitchen) -> None:
    class Stopped(Exception):
        pass

    def stop(step) -> None:
        if step.epoch == 2:
            raise Stopped

    with pytest.raises(Stopped):
        train(Order(kitchen / "recipe.yaml", kitchen / "run"), stop)
    seen = []

    card = train(Order(kitchen / "recipe.yaml", kitchen / "run", resume=True), seen.append)

    assert {step.epoch for step in seen} == {2}
    assert len(card.curves) == 2


def test_a_missing_base_is_told(kitchen) -> None:
    (kitchen / "base.pt").unlink()

    with pytest.raises(RecipeError, match=r"base checkpoint .* is not there"):
        train(Order(kitchen / "recipe.yaml", kitchen / "run"))


def test_without_base_or_classes_in_the_recipe_those_of_the_named_checkpoint_are_trained(kitchen) -> None:
    stated = ("base: base.pt\n", "classes: [garbage, ad]\n")
    text = (kitchen / "recipe.yaml").read_text()
    (kitchen / "recipe.yaml").write_text(text.replace(stated[0], "").replace(stated[1], ""), encoding="utf-8")

    with pytest.raises(RecipeError, match="recipe tiny names no base; name a checkpoint with --base"):
        train(Order(kitchen / "recipe.yaml", kitchen / "run"))
    card = train(Order(kitchen / "recipe.yaml", kitchen / "run", base=kitchen / "base.pt", epochs=1))

    assert card.recipe["classes"] == ["garbage", "ad"]


def test_everything_a_run_makes_is_in_its_folder_also_when_that_is_named_from_where_one_stands(
    kitchen,
) -> None:
    with chdir(kitchen):
        card = train(Order(Path("recipe.yaml"), Path("run"), base=Path("base.pt"), epochs=1))

    assert (kitchen / "run" / "run" / "weights" / card.checkpoint).is_file()
    assert (kitchen / "run" / "runcard.json").is_file()


def test_an_out_that_is_a_file_is_told(kitchen) -> None:
    (kitchen / "run").write_text("a file")

    with pytest.raises(RecipeError, match="cannot be a run's folder"):
        train(Order(kitchen / "recipe.yaml", kitchen / "run"))
