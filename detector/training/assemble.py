"""Many datasets made one: class ids as the recipe counts them, pictures linked, each source repeated as asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from detector.training.recipe import Dataset, Recipe, RecipeError, Source

_PICTURES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
_SPLITS = ("train", "val")


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
    pictures: dict[str, Counter[str]] = field(default_factory=lambda: {split: Counter() for split in _SPLITS})
    boxes: dict[str, Counter[str]] = field(default_factory=lambda: {split: Counter() for split in _SPLITS})


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
        When a dataset is missing, or a label file does not fit its ``data.yaml``; the text names file and line.
    """
    if not recipe.datasets:
        raise RecipeError(f"recipe {recipe.name} names no dataset; add one to it, or name one with --data")
    told = hashlib.sha256()
    opened = [_opened(dataset, beside) for dataset in recipe.datasets]
    for found in opened:
        recipe = recipe.knowing(found.sources)
    made = Assembled(recipe, out / "data.yaml", "")
    lists: dict[str, list[str]] = {split: [] for split in _SPLITS}
    for found in opened:
        ids = {index: recipe.classes.index(name) for index, name in found.names.items() if name in recipe.classes}
        for split in found.splits:
            for picture in _pictures(found.root, found.splits[split]):
                repeat = recipe.source_of(picture.name).repeat if split == "train" else 1
                if not repeat:
                    continue
                lines = list(_labels(picture, found.names, ids))
                linked = _linked(picture, lines, out, split)
                told.update(f"{split}/{picture.name}:{picture.stat().st_size}\n{''.join(lines)}".encode())
                lists[split] += [str(linked)] * repeat
                made.pictures[split][picture.name.rsplit("_", 1)[0]] += 1
                made.boxes[split].update(recipe.classes[int(line.split()[0])] for line in lines)
    _write_lists(out, recipe, lists)
    return replace(made, sha256=told.hexdigest())


@dataclass(frozen=True, slots=True)
class _Found:
    root: Path
    names: dict[int, str]
    splits: dict[str, str]
    sources: dict[str, Source]


def _opened(dataset: Dataset, beside: Path) -> _Found:
    path = (beside / dataset.path).resolve()
    file = path if path.suffix in {".yaml", ".yml"} else path / "data.yaml"
    try:
        document = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
        names = document["names"]
        sources = {str(key): Source.model_validate(told) for key, told in (document.get("sources") or {}).items()}
    except OSError as error:
        raise RecipeError(
            f"dataset {dataset.path}: {file} cannot be read ({error.strerror}); "
            "make the dataset first, or take it out of the recipe"
        ) from error
    except (YAMLError, UnicodeDecodeError, KeyError, TypeError, ValidationError) as error:
        raise RecipeError(f"{file} is no dataset description; it needs names, train and val") from error
    pairs = names.items() if isinstance(names, Mapping) else enumerate(names)
    wanted = _SPLITS if dataset.validate_on else _SPLITS[:1]
    return _Found(
        root=file.parent / str(document.get("path") or "."),
        names={int(index): str(name) for index, name in pairs},
        splits={split: str(document.get(split) or "") for split in wanted},
        sources=sources,
    )


def _pictures(root: Path, place: str) -> Iterator[Path]:
    if not place:
        return
    folder = root / place
    if folder.is_file():
        named = (line.strip() for line in folder.read_text(encoding="utf-8").splitlines())
        yield from (root / name for name in named if name)
        return
    if not folder.is_dir():
        raise RecipeError(f"{folder} is not there; make the dataset again, or mend its data.yaml")
    yield from sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURES)


def _labels(picture: Path, names: Mapping[int, str], ids: Mapping[int, int]) -> Iterator[str]:
    parts = list(picture.parts)
    parts[len(parts) - 1 - parts[::-1].index("images")] = "labels"
    file = Path(*parts).with_suffix(".txt")
    if not file.is_file():
        return
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if not _is_box(words, names):
            raise RecipeError(f"{file}:{number} is no box of a class in data.yaml; write: class x y width height")
        if int(words[0]) in ids:
            yield f"{ids[int(words[0])]} {' '.join(words[1:])}\n"


def _is_box(words: list[str], names: Mapping[int, str]) -> bool:
    try:
        index, *sides = int(words[0]), *map(float, words[1:])
    except ValueError:
        return False
    return index in names and len(sides) == 4 and all(0 <= side <= 1 for side in sides)


def _linked(picture: Path, lines: list[str], out: Path, split: str) -> Path:
    link = out / "images" / split / picture.name
    labels = out / "labels" / split / f"{picture.stem}.txt"
    for folder in (link.parent, labels.parent):
        folder.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(picture.resolve())
    labels.write_text("".join(lines), encoding="utf-8")
    return link


def _write_lists(out: Path, recipe: Recipe, lists: Mapping[str, list[str]]) -> None:
    for split, files in lists.items():
        if not files:
            raise RecipeError(f"recipe {recipe.name} finds no {split} pictures; name a dataset that has some")
        (out / f"{split}.txt").write_text("\n".join(files) + "\n", encoding="utf-8")
    document = {
        "path": str(out.resolve()),
        **{split: f"{split}.txt" for split in lists},
        "names": dict(enumerate(recipe.classes)),
    }
    with (out / "data.yaml").open("w", encoding="utf-8") as file:
        YAML().dump(document, file)
