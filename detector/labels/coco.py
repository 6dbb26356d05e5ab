"""COCO: one JSON per split with images, categories and annotations; boxes ``[x, y, width, height]`` in px.

In CVAT "COCO 1.0", a zip with ``annotations/instances_<subset>.json`` and ``images/<subset>/``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from configs.mistakes import Mistake
from detector.labels.boxes import numbers, pixels, unit_box
from detector.labels.bundle import Bundle
from detector.labels.picture import SPLITS, LabelBox, LabelledPicture, LabelsError, LabelSet

_SHAPE = "a COCO file has the lists images, categories and annotations"


def write_coco(labels: LabelSet) -> Iterator[tuple[str, str]]:
    """Yield file names and texts; pictures go to ``images/<split>/``."""
    for split in SPLITS:
        here = [picture for picture in labels.pictures if picture.split == split]
        if here:
            yield f"annotations/instances_{split}.json", coco_text(LabelSet(labels.classes, tuple(here)))


def coco_text(labels: LabelSet) -> str:
    """Return one COCO document; ids count from 1, a model's score goes into ``attributes``."""
    ids = {name: number for number, name in enumerate(labels.classes, 1)}
    boxes = [(image, box) for image, picture in enumerate(labels.pictures, 1) for box in picture.boxes]
    document = {
        "info": {"description": "gridpatrol"},
        "licenses": [],
        "categories": [{"id": number, "name": name, "supercategory": ""} for name, number in ids.items()],
        "images": [
            {"id": number, "file_name": picture.name, "width": picture.width, "height": picture.height}
            for number, picture in enumerate(labels.pictures, 1)
        ],
        "annotations": [
            {"id": number, "image_id": image, "category_id": ids[box.label]} | _shape(box, labels.pictures[image - 1])
            for number, (image, box) in enumerate(boxes, 1)
        ],
    }
    return json.dumps(document, ensure_ascii=False)


def _shape(box: LabelBox, picture: LabelledPicture) -> dict[str, Any]:
    x1, y1, x2, y2 = pixels(box.box, picture.width, picture.height)
    shape = {
        "bbox": [round(value, 3) for value in (x1, y1, x2 - x1, y2 - y1)],
        "area": round((x2 - x1) * (y2 - y1), 3),
        "segmentation": [],
        "iscrowd": 0,
    }
    return shape if box.score is None else {**shape, "attributes": {"score": round(box.score, 4)}}


def read_coco(bundle: Bundle) -> LabelSet:
    """Read every COCO document of a bundle; a file named ``…val…`` is the validation split.

    Raises
    ------
    LabelsError
        With every annotation that cannot be read.
    """
    names = [name for name in bundle.names if name.endswith(".json")]
    if not names:
        raise LabelsError(Mistake(bundle.path, None, "", "has no COCO JSON", "export it as COCO 1.0"))
    classes: dict[str, None] = {}
    pictures: list[LabelledPicture] = []
    mistakes: list[Mistake] = []
    for name in names:
        document = _document(bundle, name)
        classes |= dict.fromkeys(str(category["name"]) for category in document["categories"])
        pictures += _pictures(bundle, name, document, mistakes)
    if mistakes:
        raise LabelsError(*mistakes)
    return LabelSet(tuple(classes), tuple(pictures))


def _document(bundle: Bundle, name: str) -> dict[str, list[dict[str, Any]]]:
    try:
        document = json.loads(bundle.text(name))
    except json.JSONDecodeError as error:
        raise LabelsError(bundle.spot(name, error.lineno).mistake("is no JSON", "export it again")) from error
    for key, needs in {"images": "file_name", "categories": "name", "annotations": "image_id"}.items():
        entries = document.get(key) if isinstance(document, dict) else None
        if not isinstance(entries, list) or not all(isinstance(one, dict) and needs in one for one in entries):
            wrong = f"is no list whose entries have {needs!r}"
            raise LabelsError(bundle.spot(name, key=key).mistake(wrong, _SHAPE))
    return document  # type: ignore[no-any-return]


def _pictures(
    bundle: Bundle, name: str, document: Mapping[str, list[dict[str, Any]]], mistakes: list[Mistake]
) -> Iterator[LabelledPicture]:
    labels = {_id(category): str(category["name"]) for category in document["categories"]}
    images = {_id(image): image for image in document["images"]}
    boxes: dict[Any, list[LabelBox]] = {image_id: [] for image_id in images}
    for number, annotation in enumerate(document["annotations"]):
        try:
            box = _box(bundle, name, f"annotations[{number}]", annotation, labels, images)
            boxes[annotation["image_id"]].append(box)
        except LabelsError as error:
            mistakes += error.mistakes
    split = "val" if "val" in PurePosixPath(name).stem else "train"
    for image_id, image in images.items():
        file_name = PurePosixPath(str(image["file_name"]).replace("\\", "/")).name
        yield LabelledPicture(file_name, _px(image, "width"), _px(image, "height"), tuple(boxes[image_id]), split)


def _box(
    bundle: Bundle,
    name: str,
    key: str,
    annotation: Mapping[str, Any],
    labels: Mapping[Any, str],
    images: Mapping[Any, Mapping[str, Any]],
) -> LabelBox:
    for field, known in (("image_id", images), ("category_id", labels)):
        given = annotation.get(field)
        if not isinstance(given, (int, str)) or given not in known:
            wrong = f"{str(given)[:40]!r} is not in the file"
            raise LabelsError(bundle.spot(name, key=f"{key}.{field}").mistake(wrong, "export it again"))
    spot = bundle.spot(name, key=f"{key}.bbox")
    corner_and_size = annotation.get("bbox")
    x, y, width, height = numbers(corner_and_size if isinstance(corner_and_size, list) else [], spot, count=4)
    image = images[annotation["image_id"]]
    size_spot = bundle.spot(name, key=f"images[id={annotation['image_id']}]")
    across, down = numbers([image.get("width"), image.get("height")], size_spot, count=2)
    if across <= 0 or down <= 0:
        raise LabelsError(size_spot.mistake("has no width and height", "boxes in px need them; export it again"))
    corners = (x / across, y / down, (x + width) / across, (y + height) / down)
    return LabelBox(labels[annotation["category_id"]], unit_box(corners, spot), _score(annotation))


def _px(image: Mapping[str, Any], key: str) -> int:
    value = image.get(key)
    return int(value) if isinstance(value, (int, float)) and 0 < value < 1e6 else 0


def _id(entry: Mapping[str, Any]) -> int | str:
    given = entry.get("id")
    return given if isinstance(given, int) else str(given)


def _score(annotation: Mapping[str, Any]) -> float | None:
    attributes = annotation.get("attributes")
    score = attributes.get("score") if isinstance(attributes, dict) else None
    return float(score) if isinstance(score, (int, float)) else None
