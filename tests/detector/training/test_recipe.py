"""A recipe says what each source teaches, and refuses what it cannot mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.training.recipe import Recipe, RecipeError, Source, load_recipe

CLASSES = ("garbage", "ad", "person")


def recipe(**more: object) -> Recipe:
    sources = {
        "street_": {"unlabelled": ["person"], "doubt": ["ad"]},
        "street_night_": {"repeat": 3},
    }
    return Recipe.model_validate({"name": "r", "base": "b.pt", "classes": CLASSES, "sources": sources} | more)


def test_an_unlabelled_class_teaches_no_absence_and_a_doubtful_one_little() -> None:
    assert recipe(doubt_weight=0.2).absent_weights("street_0001.jpg") == (1.0, 0.2, 0.0)


def test_the_longest_prefix_that_fits_tells_the_source() -> None:
    assert recipe().source_of("street_night_0001.jpg").repeat == 3
    assert recipe().absent_weights("street_night_0001.jpg") == (1.0, 1.0, 1.0)


def test_a_picture_of_no_listed_source_is_labelled_in_full() -> None:
    assert recipe().absent_weights("other_1.jpg") == (1.0, 1.0, 1.0)


def test_without_masks_everything_unlabelled_counts_as_absent() -> None:
    assert recipe(masks=False).absent_weights("street_0001.jpg") == (1.0, 1.0, 1.0)


def test_a_datasets_own_word_on_its_sources_is_taken_where_the_recipe_says_nothing() -> None:
    knowing = recipe().knowing({"rejected_": Source(unlabelled=("ad",)), "street_": Source()})

    assert knowing.absent_weights("rejected_7.jpg") == (1.0, 0.0, 1.0)
    assert knowing.absent_weights("street_7.jpg") == (1.0, 0.25, 0.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "name: r\nbase: b.pt\nclasses: [garbage]\nsources: {a_: {unlabelled: [garbge]}}\n",
            "did you mean 'garbage'?",
        ),
        ("name: r\nbase: b.pt\nclasses: [garbage]\nepochs: 3\n", "epochs: Extra inputs"),
        ("name: r\nbase: b.pt\nclasses: [garbage]\nnumbers: {input_px: 500}\n", "numbers.input_px: "),
        ("name: [\n", "is not YAML; mend that line"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path, text, said) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(RecipeError) as raised:
        load_recipe(path)

    assert str(path) in str(raised.value)
    assert said in str(raised.value)


def test_without_classes_of_its_own_it_takes_the_bases() -> None:
    assert recipe(classes=[]).learning(["ad", "garbage", "person"]).classes == ("ad", "garbage", "person")
    assert recipe().learning(["other"]).classes == CLASSES
    with pytest.raises(RecipeError, match=r"with the classes of its base: .*'person', which is none of the classes"):
        recipe(classes=[]).learning(["ad", "garbage"])


def test_the_shipped_recipe_for_a_citys_own_data_names_neither_base_nor_classes_nor_data() -> None:
    tuning = load_recipe(Path(__file__).parents[3] / "configs" / "recipes" / "finetune.yaml")

    assert (tuning.base, tuning.classes, tuning.datasets) == (None, (), ())


def test_a_missing_recipe_is_told() -> None:
    with pytest.raises(RecipeError, match=r"nowhere\.yaml cannot be read"):
        load_recipe(Path("nowhere.yaml"))
