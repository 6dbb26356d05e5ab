"""CVAT's own XML ("CVAT for images 1.1"): boxes in px, the task's labels in its head; a zip adds ``images/``."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from configs.mistakes import Mistake, Spot
from detector.detection import Box
from detector.labels.boxes import numbers, pixels, unit_box
from detector.labels.bundle import Bundle
from detector.labels.picture import LabelBox, LabelledPicture, LabelsError, LabelSet

_OTHER_SHAPES = {"polygon", "polyline", "points", "cuboid", "mask", "ellipse", "skeleton"}


def write_cvat(labels: LabelSet) -> Iterator[tuple[str, str]]:
    """Yield the one file; pictures go to ``images/``."""
    yield "annotations.xml", cvat_text(labels)


def cvat_text(labels: LabelSet) -> str:
    """Return the XML document; a box that a model gave has the source ``auto``."""
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    task = SubElement(SubElement(root, "meta"), "task")
    SubElement(task, "name").text = "gridpatrol"
    SubElement(task, "size").text = str(len(labels.pictures))
    SubElement(task, "mode").text = "annotation"
    named = SubElement(task, "labels")
    for name in labels.classes:
        label = SubElement(named, "label")
        SubElement(label, "name").text = name
        SubElement(label, "type").text = "rectangle"
        SubElement(label, "attributes")
    for number, picture in enumerate(labels.pictures):
        _add(root, number, picture)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add(root: Element, number: int, picture: LabelledPicture) -> None:
    size = {"width": str(picture.width), "height": str(picture.height)}
    image = SubElement(root, "image", {"id": str(number), "name": picture.name, "subset": picture.split, **size})
    for each in picture.boxes:
        corners = pixels(each.box, picture.width, picture.height)
        sides = {key: f"{value:.2f}" for key, value in zip(("xtl", "ytl", "xbr", "ybr"), corners, strict=True)}
        source = "manual" if each.score is None else "auto"
        SubElement(image, "box", {"label": each.label, "source": source, "occluded": "0", **sides, "z_order": "0"})


def read_cvat(bundle: Bundle) -> LabelSet:
    """Read a task's or project's XML.

    Raises
    ------
    LabelsError
        With every box that cannot be read, and every shape that is no upright rectangle.
    """
    name = next((name for name in bundle.names if name.endswith(".xml")), None)
    if name is None:
        raise LabelsError(Mistake(bundle.path, None, "", "has no XML", "export it as CVAT for images 1.1"))
    root = _root(bundle, name)
    mistakes: list[Mistake] = []
    pictures = tuple(_picture(bundle, name, image, mistakes) for image in root.iter("image"))
    if mistakes:
        raise LabelsError(*mistakes)
    classes = [label.text or "" for label in root.findall("./meta//labels/label/name")]
    used = [box.label for picture in pictures for box in picture.boxes]
    return LabelSet(tuple(dict.fromkeys([*classes, *used])), pictures)


def _root(bundle: Bundle, name: str) -> Element:
    try:
        root: Element = ElementTree.fromstring(bundle.text(name))
    except ElementTree.ParseError as error:
        raise LabelsError(bundle.spot(name, error.position[0]).mistake("is no XML", "export it again")) from error
    except DefusedXmlException as error:
        wrong = "defines entities, which no labelling tool needs"
        raise LabelsError(bundle.spot(name).mistake(wrong, "export it again")) from error
    if root.tag != "annotations" or root.find("track") is not None:
        wrong = "is not the XML of an image task"
        raise LabelsError(bundle.spot(name).mistake(wrong, "export it as CVAT for images 1.1"))
    return root


def _picture(bundle: Bundle, name: str, image: Element, mistakes: list[Mistake]) -> LabelledPicture:
    file_name = (image.get("name") or "").replace("\\", "/").rsplit("/", 1)[-1]
    spot = bundle.spot(name, key=f"image {file_name or image.get('id')}")
    width = height = 0.0
    boxes: list[LabelBox] = []
    try:
        width, height = _size(image, spot)
        boxes += _boxes(image, (width, height), spot, mistakes)
    except LabelsError as error:
        mistakes += error.mistakes
    split = "val" if (image.get("subset") or "").lower() in {"val", "valid", "validation", "test"} else "train"
    return LabelledPicture(file_name, int(width), int(height), tuple(boxes), split)


def _size(image: Element, spot: Spot) -> tuple[float, float]:
    width, height = numbers([image.get("width"), image.get("height")], spot, count=2)
    if not image.get("name") or width < 1 or height < 1:
        raise LabelsError(spot.mistake("has no name, width or height", "export it again"))
    return width, height


def _boxes(image: Element, size: tuple[float, float], spot: Spot, mistakes: list[Mistake]) -> Iterator[LabelBox]:
    for shape in image:
        if shape.tag in _OTHER_SHAPES:
            mistakes.append(spot.mistake(f"has a {shape.tag}", "only boxes are read; draw a rectangle instead"))
        if shape.tag != "box":
            continue
        try:
            yield LabelBox(shape.get("label") or "", _box(shape, size, spot))
        except LabelsError as error:
            mistakes += error.mistakes


def _box(shape: Element, size: tuple[float, float], spot: Spot) -> Box:
    sides = [shape.get(side) for side in ("xtl", "ytl", "xbr", "ybr")]
    x1, y1, x2, y2, turned = numbers([*sides, shape.get("rotation") or 0], spot, count=5)
    if turned % 360:
        raise LabelsError(spot.mistake("has a box that is turned", "draw it upright"))
    width, height = size
    return unit_box((x1 / width, y1 / height, x2 / width, y2 / height), spot)
