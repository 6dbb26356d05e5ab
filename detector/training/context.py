"""Context classes by a model's word: people, vehicles, umbrellas, tables, goods, labelled by a pretrained network.

A label from here is a guess, kept apart from what people boxed: those boxes stay as they are, to the letter.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.detection import Box as Corners
from detector.detection import overlap, shared_area
from detector.training.guesses import Guess, Guesses
from detector.training.yolofolder import (
    Box,
    DatasetError,
    Labelled,
    YoloFolder,
    labels_of,
    link_picture,
    open_yolo_folder,
    read_text,
    write_data_yaml,
)

CONTEXT: Mapping[str, tuple[str, ...]] = {
    "person": ("person",),
    "bicycle": ("bicycle",),
    "motorcycle": ("motorcycle",),
    "car": ("car",),
    "bus": ("bus",),
    "truck": ("truck",),
    "umbrella": ("umbrella",),
    "chair": ("chair",),
    "table": ("dining table",),
    "bag": ("handbag", "suitcase", "backpack"),
    "food": (
        *("banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake"),
        *("bottle", "bowl", "cup"),
    ),
}
"""Context classes, in the order of their ids, and the COCO classes each is made of."""

OnPicture = Callable[[Labelled, Sequence[Box], Sequence[str]], None]

_THINGS = {"umbrella", "chair", "table", "bag", "food"}
_VEHICLES = {"car", "bus", "truck"}  # within a stall, it is the cart
_SURE = {"umbrella": 0.5, "chair": 0.5, "table": 0.5}  # below it about half are rubbish bags and railings
_SAME = 0.6  # IoU from which two boxes are taken for one thing
_WITHIN = 0.7  # share of a guess inside another box
_TOUCHES = 0.3

_COLUMNS = ("name", "split", "class", "score", "model")

Place = tuple[float, float, float, float]
"""Centre x and y, width, height, as shares of the picture."""


@dataclass(frozen=True, slots=True)
class Added:
    """What was written: ``data.yaml``, pictures per split, boxes per context class."""

    data_yaml: Path
    pictures: dict[str, int]
    boxes: Counter[str]


def add_context(
    data: Path,
    out: Path,
    guesses: Guesses,
    *,
    min_score: float = 0.35,
    on_picture: OnPicture = lambda _, __, ___: None,
) -> Added:
    """Write a copy of a dataset with context classes: pictures linked, labels longer, nothing else changed.

    A guess is left out when it is probably one of the dataset's own things under another name: it overlaps a box by
    more than an IoU of 0.6, or it is an umbrella, chair, table, bag or food most of which lies inside a box that is
    no stall. In a stall, goods and umbrellas are at home. A bag counts only where a person has it, food only on a
    stall or table: elsewhere in streets with bins, nearly all of them are bins and rubbish. A car within a stall is
    its cart.

    Parameters
    ----------
    data
        The dataset's ``data.yaml``.
    out
        Where ``data.yaml``, ``images``, ``labels`` and ``context.csv`` go; not the dataset's own folder.
    guesses
        What the pretrained network sees.
    min_score
        Guesses below it are left out.
    on_picture
        Called with each picture, all its boxes now, and the class names.

    Raises
    ------
    DatasetError
        When the dataset cannot be read, has context classes already, or would be overwritten.
    """
    folder = open_yolo_folder(data)
    _refuse(folder, out)
    names = (*folder.names, *CONTEXT)
    added = Added(out / "data.yaml", dict.fromkeys(folder.used_splits, 0), Counter())
    rows: list[tuple[str, ...]] = [_COLUMNS]
    for split in folder.used_splits:
        for labelled in folder.labelled(split):
            found = list(_added(guesses.of(split, labelled.picture), labelled.boxes, folder.names, min_score))
            boxes = [Box(names.index(guess.name), *guess.box) for guess in found]
            _write(labelled, boxes, out, split)
            rows += [_row(labelled, split, guess, guesses.model) for guess in found]
            added.pictures[split] += 1
            added.boxes.update(guess.name for guess in found)
            on_picture(labelled, (*labelled.boxes, *boxes), names)
    write_data_yaml(out, names, folder.used_splits)
    with (out / "context.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return added


def _row(labelled: Labelled, split: str, guess: Guess, model: str) -> tuple[str, ...]:
    return labelled.picture.stem, split, guess.name, f"{guess.score:.3f}", model


def _refuse(folder: YoloFolder, out: Path) -> None:
    again = sorted(set(folder.names) & set(CONTEXT))
    if again:
        raise DatasetError(f"{folder.file} has {', '.join(again)} already; name the dataset without context classes")
    folder.refuse_as_out(out)


def _added(guesses: Iterable[Guess], own: Sequence[Box], names: Sequence[str], min_score: float) -> Iterator[Guess]:
    """Yield the guesses to add, best first, under their context names."""
    scene = _Scene(
        [named for guess in guesses if (named := _renamed(guess)) and named.score >= min_score], own, names
    )
    taken: list[Guess] = []
    for guess in sorted(scene.guesses, key=lambda each: -each.score):
        # One thing under two names: a pickup is a car and a truck, a bag a handbag and a backpack.
        twice = any(_iou(guess.box, other.box) > (_SAME if other.name == guess.name else 0.8) for other in taken)
        if not twice and scene.believes(guess) and not scene.has(guess):
            taken.append(guess)
            yield guess


@dataclass(frozen=True, slots=True)
class _Scene:
    """One picture: what the network sees in it, and what people boxed in it."""

    guesses: Sequence[Guess]
    own: Sequence[Box]
    names: Sequence[str]

    def believes(self, guess: Guess) -> bool:
        """Return whether a guess fits what is around it; bins and rubbish pass for bags, cups and umbrellas."""
        if guess.name == "bag":
            return self._among(guess, self._guessed("person"))
        if guess.name == "food":
            return self._among(guess, [*self._boxed("stall"), *self._guessed("table")])
        if guess.name in _VEHICLES and any(_within(guess.box, stall) > _WITHIN for stall in self._boxed("stall")):
            return False
        return guess.score >= _SURE.get(guess.name, 0)

    def has(self, guess: Guess) -> bool:
        """Return whether people boxed this very thing as something of ours."""
        if any(_iou(guess.box, _place(box)) > _SAME for box in self.own):
            return True
        others = [_place(box) for box in self.own if self.names[box.kind] != "stall"]
        return guess.name in _THINGS and any(_within(guess.box, other) > _WITHIN for other in others)

    def _among(self, guess: Guess, places: Iterable[Place]) -> bool:
        return any(_within(guess.box, place) > _TOUCHES for place in places)

    def _guessed(self, name: str) -> list[Place]:
        return [guess.box for guess in self.guesses if guess.name == name]

    def _boxed(self, name: str) -> list[Place]:
        return [_place(box) for box in self.own if self.names[box.kind] == name]


def _place(box: Box) -> Place:
    return box.x, box.y, box.width, box.height


def _renamed(guess: Guess) -> Guess | None:
    name = next((name for name, members in CONTEXT.items() if guess.name in members), None)
    return None if name is None else Guess(name, guess.score, guess.box)


def _iou(first: Place, second: Place) -> float:
    return overlap(_corners(first), _corners(second))


def _within(inner: Place, outer: Place) -> float:
    return shared_area(_corners(inner), _corners(outer)) / max(1e-9, inner[2] * inner[3])


def _corners(place: Place) -> Corners:
    x, y, width, height = place
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _write(labelled: Labelled, boxes: Sequence[Box], out: Path, split: str) -> None:
    link = out / "images" / split / labelled.picture.name
    labels = out / "labels" / split / f"{labelled.picture.stem}.txt"
    link_picture(labelled.picture, link)
    labels.parent.mkdir(parents=True, exist_ok=True)
    real = labels_of(labelled.picture)
    kept = read_text(real) if real.is_file() else ""
    kept += "\n" if kept and not kept.endswith("\n") else ""
    labels.write_text(kept + "".join(f"{box}\n" for box in boxes), encoding="utf-8")
