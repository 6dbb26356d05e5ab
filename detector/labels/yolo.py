"""YOLO forms: one text per picture, a line ``class cx cy width height`` (0..1) per box.

Two layouts are spoken. *Ultralytics* (in CVAT "Ultralytics YOLO Detection 1.0")::

    data.yaml   train.txt   images/train/a.jpg   labels/train/a.txt   …and the same for val

*Darknet* (in CVAT "YOLO 1.1"), whose only subsets are train and valid::

    obj.data   obj.names   train.txt   obj_train_data/a.jpg   obj_train_data/a.txt
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from configs.mistakes import Mistake, Spot
from detector.labels.boxes import centred, numbers, unit_box
from detector.labels.bundle import Bundle
from detector.labels.picture import SPLITS, LabelBox, LabelledPicture, LabelsError, LabelSet

_SUBSETS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "val"}
_DARKNET = {"train": "train", "val": "valid"}


def box_lines(boxes: Iterable[LabelBox], classes: tuple[str, ...]) -> str:
    r"""Return the text of one picture's labels.

    >>> box_lines([LabelBox("bin", (0.25, 0.0, 0.75, 0.5))], ("garbage", "bin"))
    '1 0.500000 0.250000 0.500000 0.500000\n'
    """
    numbered = ((classes.index(each.label), centred(each.box)) for each in boxes)
    return "".join(f"{number} {' '.join(f'{value:.6f}' for value in box)}\n" for number, box in numbered)


def data_yaml(
    classes: Iterable[str], *, places: Mapping[str, str], sources: Mapping[str, Mapping[str, list[str]]] | None = None
) -> str:
    """Return a ``data.yaml``.

    Parameters
    ----------
    classes
        In the order of their numbers.
    places
        Folder or list of pictures by split, relative to the file.
    sources
        By file name prefix, the classes that those pictures leave ``unlabelled`` (and so teach no absence of) or have
        ``doubtful``.
    """
    lines = ["path: .", *(f"{split}: {place}" for split, place in places.items()), "names:"]
    lines += [f"  {number}: {_quoted(name)}" for number, name in enumerate(classes)]
    if sources:
        lines += ["sources:", *(f"  {_quoted(prefix)}: {_quoted(said)}" for prefix, said in sources.items())]
    return "\n".join(lines) + "\n"


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # JSON is YAML, whatever a class is called


def write_ultralytics(labels: LabelSet) -> Iterator[tuple[str, str]]:
    """Yield file names and texts of the Ultralytics layout; pictures go to ``images/<split>/``."""
    splits = [split for split in SPLITS if any(picture.split == split for picture in labels.pictures)]
    yield "data.yaml", data_yaml(labels.classes, places={split: f"{split}.txt" for split in splits})
    for split in splits:
        here = [picture for picture in labels.pictures if picture.split == split]
        yield f"{split}.txt", "".join(f"images/{split}/{picture.name}\n" for picture in here)
        for picture in here:
            yield f"labels/{split}/{picture.stem}.txt", box_lines(picture.boxes, labels.classes)


def write_darknet(labels: LabelSet) -> Iterator[tuple[str, str]]:
    """Yield file names and texts of the Darknet layout; pictures go to ``obj_<subset>_data/``."""
    splits = [split for split in SPLITS if any(picture.split == split for picture in labels.pictures)]
    lists = "".join(f"{_DARKNET[split]} = {_DARKNET[split]}.txt\n" for split in splits)
    yield "obj.data", f"classes = {len(labels.classes)}\n{lists}names = obj.names\nbackup = backup/\n"
    yield "obj.names", "".join(f"{name}\n" for name in labels.classes)
    for split in splits:
        here, folder = [p for p in labels.pictures if p.split == split], f"obj_{_DARKNET[split]}_data"
        yield f"{_DARKNET[split]}.txt", "".join(f"{folder}/{picture.name}\n" for picture in here)
        for picture in here:
            yield f"{folder}/{picture.stem}.txt", box_lines(picture.boxes, labels.classes)


def darknet_place(picture: LabelledPicture) -> str:
    """Return where the Darknet layout keeps a picture."""
    return f"obj_{_DARKNET[picture.split]}_data/{picture.name}"


def read_yolo(bundle: Bundle) -> LabelSet:
    """Read either layout.

    A picture that a list or the bundle names and that has no text has no boxes: that is how both layouts say that
    nothing is there.

    Raises
    ------
    LabelsError
        With every line that is no box of a listed class, or every picture that would share its text with another.
    """
    classes = _classes(bundle)
    named = _named(bundle)
    texts = {PurePosixPath(name).stem: name for name in bundle.names if _is_label_text(name)}
    for stem, name in texts.items():
        named.setdefault(stem, (f"{stem}.jpg", _split_of(name)))
    mistakes: list[Mistake] = []
    pictures = []
    for stem, (file_name, split) in named.items():
        boxes = tuple(_boxes(bundle, texts[stem], classes, mistakes)) if stem in texts else ()
        pictures.append(LabelledPicture(file_name, 0, 0, boxes, split))
    if mistakes:
        raise LabelsError(*mistakes)
    return LabelSet(tuple(classes.values()), tuple(pictures))


def _classes(bundle: Bundle) -> dict[int, str]:
    for name in bundle.names:
        if PurePosixPath(name).name in {"data.yaml", "data.yml"}:
            return _yaml_names(bundle, name)
        if PurePosixPath(name).name in {"obj.names", "classes.txt"}:
            lines = bundle.text(name).splitlines()
            return {number: line.strip() for number, line in enumerate(lines) if line.strip()}
    raise LabelsError(
        Mistake(bundle.path, None, "", "has neither data.yaml nor obj.names", "add the one your tool wrote")
    )


def _yaml_names(bundle: Bundle, name: str) -> dict[int, str]:
    try:
        names = YAML(typ="safe").load(bundle.text(name))["names"]
        pairs = names.items() if isinstance(names, Mapping) else enumerate(names)
        return {int(number): str(label) for number, label in pairs}
    except (YAMLError, KeyError, TypeError, ValueError) as error:
        wrong = "has no list of class names"
        raise LabelsError(bundle.spot(name, key="names").mistake(wrong, "write names: {0: garbage, …}")) from error


def _named(bundle: Bundle) -> dict[str, tuple[str, str]]:
    """Return the file name and the split of every picture, by its stem."""
    named: dict[str, tuple[str, str]] = {}
    mistakes = []
    for name, split in _listed(bundle):
        base = PurePosixPath(name)
        other, _ = named.setdefault(base.stem, (base.name, split))
        if other == base.name:
            named[base.stem] = (base.name, split)
        else:
            wrong = f"shares its labels, {base.stem}.txt, with {other}"
            mistakes.append(bundle.spot(base.name).mistake(wrong, "give each picture a name of its own"))
    if mistakes:
        raise LabelsError(*dict.fromkeys(mistakes))
    return named


def _listed(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Yield every picture that the bundle holds or lists, with its split."""
    for name in bundle.names:
        base = PurePosixPath(name)
        if base.suffix == ".txt" and base.stem in _SUBSETS and not _is_label_text(name):
            lines = bundle.text(name).splitlines()
            yield from ((line.strip(), _SUBSETS[base.stem]) for line in lines if line.strip())
    yield from ((name, _split_of(name)) for name in bundle.pictures().values())


def _is_label_text(name: str) -> bool:
    path = PurePosixPath(name)
    if path.suffix != ".txt" or path.name == "classes.txt":
        return False
    return "labels" in path.parts[:-1] or path.parent.name.startswith("obj_") or _bare(path)


def _bare(path: PurePosixPath) -> bool:
    """Whether a text at the top belongs to a picture: every one but the lists of subsets."""
    return len(path.parts) == 1 and path.stem not in _SUBSETS


def _split_of(name: str) -> str:
    parts = (part.removeprefix("obj_").removesuffix("_data").lower() for part in PurePosixPath(name).parts[:-1])
    return next((_SUBSETS[part] for part in parts if part in _SUBSETS), "train")


def _boxes(bundle: Bundle, name: str, classes: Mapping[int, str], mistakes: list[Mistake]) -> Iterator[LabelBox]:
    for number, line in enumerate(bundle.text(name).splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield _box(line.split(), classes, bundle.spot(name, number))
        except LabelsError as error:
            mistakes += error.mistakes


def _box(words: list[str], classes: Mapping[int, str], spot: Spot) -> LabelBox:
    if len(words) not in {5, 6}:
        wrong = f"the line has {len(words)} values"
        raise LabelsError(spot.mistake(wrong, "write class cx cy width height; outlines and angles are not read"))
    if not words[0].isdecimal() or int(words[0]) not in classes:
        raise LabelsError(
            spot.mistake(f"{words[0][:20]!r} is no class number", f"use 0 to {max(classes, default=0)}")
        )
    cx, cy, width, height, *score = numbers(words[1:], spot, count=len(words) - 1)
    corners = (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
    return LabelBox(classes[int(words[0])], unit_box(corners, spot), score[0] if score else None)
