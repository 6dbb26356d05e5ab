"""Many datasets made one: class ids as the recipe counts them, pictures linked, each source repeated as asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError

from detector.training.recipe import Dataset, Recipe, RecipeError, Source
from detector.training.yolofolder import (
    SPLITS,
    Box,
    DatasetError,
    Labelled,
    YoloFolder,
    labels_of,
    link_picture,
    open_yolo_folder,
    write_boxes,
    write_data_yaml,
)


@dataclass(frozen=True, slots=True)
class Assembled:
    """The data of one training.

    Parameters
    ----------
    data_yaml
        What the trainer is given.
    sha256
        Over the names and bytes of all pictures' labels and the pictures' sizes, in order: says whether two trainings
        saw the same data.
    pictures
        Pictures per split, by source prefix.
    boxes
        Boxes per split, by class.
    recipe
        As given, with what the datasets say of their own sources.
    """

    recipe: Recipe
    data_yaml: Path
    sha256: str
    pictures: dict[str, Counter[str]] = field(default_factory=lambda: {split: Counter() for split in SPLITS})
    boxes: dict[str, Counter[str]] = field(default_factory=lambda: {split: Counter() for split in SPLITS})


def assemble(recipe: Recipe, *, beside: Path, out: Path) -> Assembled:
    """Write ``out/data.yaml``, lists, linked pictures and labels with the recipe's class ids.

    Parameters
    ----------
    recipe
        Names the datasets.
    beside
        Folder that the recipe's paths are relative to.
    out
        Emptied of earlier links and labels of the same names; pictures themselves are never copied or changed.

    Raises
    ------
    RecipeError
        When the recipe names no dataset, one of them has no training or validation pictures, or misdescribes sources.
    DatasetError
        When a dataset is missing or is ``out`` itself, a label file does not fit its ``data.yaml``, or two pictures
        have the same name; the text names file and line.
    """
    if not recipe.datasets:
        raise RecipeError(f"recipe {recipe.name} names no dataset; add one to it, or name one with --data")
    told = hashlib.sha256()
    opened = [(_opened(dataset, beside), dataset.validate_on) for dataset in recipe.datasets]
    for folder, _ in opened:
        folder.refuse_as_out(out)
        recipe = recipe.knowing(_sources(folder))
    made = Assembled(recipe, (out / "data.yaml").resolve(), "")
    lists: dict[str, list[str]] = {split: [] for split in SPLITS}
    taken: dict[Path, Path] = {}
    for folder, validates in opened:
        for split in folder.used_splits if validates else SPLITS[:1]:
            for labelled in folder.labelled(split):
                repeat = _repeat(recipe, labelled.picture.name) if split == "train" else 1
                if repeat:
                    boxes = list(_renumbered(labelled, folder.names, recipe.classes))
                    lists[split] += [str(_linked(labelled.picture, boxes, out / "images" / split, taken))] * repeat
                    told.update(_traits(split, labelled.picture, boxes))
                    made.pictures[split][labelled.picture.name.rsplit("_", 1)[0]] += 1
                    made.boxes[split].update(recipe.classes[box.kind] for box in boxes)
    _write_lists(out, recipe, lists)
    return replace(made, sha256=told.hexdigest())


def _repeat(recipe: Recipe, file_name: str) -> int:
    return recipe.source_of(file_name).repeat if recipe.uses(file_name) else 0


def _renumbered(labelled: Labelled, names: Sequence[str], classes: Sequence[str]) -> Iterator[Box]:
    for box in labelled.boxes:
        if names[box.kind] in classes:
            yield replace(box, kind=classes.index(names[box.kind]))


def _traits(split: str, picture: Path, boxes: Sequence[Box]) -> bytes:
    return f"{split}/{picture.name}:{picture.stat().st_size}\n{''.join(map(str, boxes))}".encode()


def _opened(dataset: Dataset, beside: Path) -> YoloFolder:
    return open_yolo_folder((beside / dataset.path).resolve())


def _sources(folder: YoloFolder) -> dict[str, Source]:
    try:
        return {str(prefix): Source.model_validate(told) for prefix, told in folder.sources.items()}
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise RecipeError(
            f"{folder.file}: sources: {key}: {first['msg']}; a source has unlabelled, doubt, repeat, share"
        ) from error


def _linked(picture: Path, boxes: Sequence[Box], folder: Path, taken: dict[Path, Path]) -> Path:
    """Link a picture and write its labels; ``taken`` has each label file's picture, so that no two share one."""
    link = folder / picture.name
    labels = labels_of(link)
    if taken.setdefault(labels, picture) != picture:
        raise DatasetError(f"{picture} and {taken[labels]} have the same name; rename one, or leave one dataset out")
    link_picture(picture, link)
    write_boxes(labels, boxes)
    return link


def _write_lists(out: Path, recipe: Recipe, lists: Mapping[str, list[str]]) -> None:
    for split, files in lists.items():
        if not files:
            raise RecipeError(f"recipe {recipe.name} finds no {split} pictures; name a dataset that has some")
        (out / f"{split}.txt").write_text("\n".join(files) + "\n", encoding="utf-8")
    write_data_yaml(out, recipe.classes, lists, "{}.txt")
