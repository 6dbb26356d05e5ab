"""Label Studio: a list of tasks as JSON; boxes are ``rectanglelabels`` in percent of the picture."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import quoteattr

from configs.mistakes import Mistake, Spot
from detector.labels.boxes import numbers, unit_box
from detector.labels.bundle import Bundle
from detector.labels.picture import LabelBox, LabelledPicture, LabelsError, LabelSet

LOCAL_FILES = "/data/local-files/?d="
"""How Label Studio names a picture of a folder that it may serve (LOCAL_FILES_SERVING)."""

_FROM, _TO = "label", "image"
_UPLOAD_MARK = re.compile(r"^[0-9a-f]{8}-")


def write_labelstudio(labels: LabelSet) -> Iterator[tuple[str, str]]:
    """Yield the tasks and the labelling interface; pictures go to ``images/``."""
    yield "tasks.json", tasks_text(labels)
    yield "interface.xml", interface_text(labels.classes)


def interface_text(classes: Sequence[str]) -> str:
    """Return the labelling interface, to be pasted into a project's settings."""
    choices = "".join(f"    <Label value={quoteattr(name)}/>\n" for name in classes)
    return (
        f'<View>\n  <Image name="{_TO}" value="$image" zoom="true"/>\n'
        f'  <RectangleLabels name="{_FROM}" toName="{_TO}">\n{choices}  </RectangleLabels>\n</View>\n'
    )


def tasks_text(labels: LabelSet, *, folder: str = "images/") -> str:
    """Return the tasks.

    Pictures in which a model gave any box become ``predictions``, which people confirm; others ``annotations``.

    Parameters
    ----------
    folder
        Where the pictures lie, relative to the root that Label Studio serves.
    """
    return json.dumps(
        [_task(number, one, folder) for number, one in enumerate(labels.pictures, 1)], ensure_ascii=False
    )


def _task(number: int, picture: LabelledPicture, folder: str) -> dict[str, Any]:
    scores = [box.score for box in picture.boxes if box.score is not None]
    said: dict[str, Any] = {"result": [_region(index, box, picture) for index, box in enumerate(picture.boxes, 1)]}
    if scores:
        kind, said = "predictions", {"model_version": "gridpatrol", "score": round(max(scores), 4), **said}
    else:
        kind = "annotations"
    data = {"image": f"{LOCAL_FILES}{folder}{picture.name}", "split": picture.split}
    return {"id": number, "data": data, kind: [said]}


def _region(number: int, box: LabelBox, picture: LabelledPicture) -> dict[str, Any]:
    x1, y1, x2, y2 = (round(100 * value, 4) for value in box.box)
    region = {
        "id": f"box{number}",
        "type": "rectanglelabels",
        "from_name": _FROM,
        "to_name": _TO,
        "original_width": picture.width,
        "original_height": picture.height,
        "image_rotation": 0,
        "value": {
            "x": x1,
            "y": y1,
            "width": round(x2 - x1, 4),
            "height": round(y2 - y1, 4),
            "rotation": 0,
            "rectanglelabels": [box.label],
        },
    }
    return region if box.score is None else {**region, "score": round(box.score, 4)}


def read_labelstudio(bundle: Bundle) -> LabelSet:
    """Read what people said in the tasks; predictions and cancelled annotations are nobody's word.

    The classes are those that occur, or all of an ``interface.xml`` that lies beside: the tasks themselves do not say
    what was offered.

    Raises
    ------
    LabelsError
        With every region that is no upright rectangle with one label.
    """
    names = [name for name in bundle.names if name.endswith(".json")]
    if not names:
        raise LabelsError(Mistake(bundle.path, None, "", "has no JSON", "export it as JSON from Label Studio"))
    pictures: list[LabelledPicture] = []
    skipped: list[str] = []
    mistakes: list[Mistake] = []
    for name in names:
        for number, task in enumerate(_tasks(bundle, name)):
            spot = bundle.spot(name, key=f"[{number}]")
            try:
                pictures += _picture(task, spot, skipped)
            except LabelsError as error:
                mistakes += error.mistakes
    if mistakes:
        raise LabelsError(*mistakes)
    used = (box.label for picture in pictures for box in picture.boxes)
    return LabelSet(tuple(dict.fromkeys([*_offered(bundle), *used])), tuple(pictures), tuple(skipped))


def _offered(bundle: Bundle) -> list[str]:
    written = next((name for name in bundle.names if name.endswith("interface.xml")), None)
    return re.findall(r'<Label value="([^"]*)"', bundle.text(written)) if written else []


def _tasks(bundle: Bundle, name: str) -> list[Any]:
    try:
        tasks = json.loads(bundle.text(name))
    except json.JSONDecodeError as error:
        raise LabelsError(bundle.spot(name, error.lineno).mistake("is no JSON", "export it again")) from error
    if not isinstance(tasks, list):
        raise LabelsError(bundle.spot(name).mistake("is no list of tasks", "export as JSON, not as JSON-MIN or COCO"))
    return tasks


def _picture(task: Any, spot: Spot, skipped: list[str]) -> Iterator[LabelledPicture]:
    task = task if isinstance(task, dict) else {}
    data = task["data"] if isinstance(task.get("data"), dict) else {}
    address = data.get("image")
    if not isinstance(address, str):
        raise LabelsError(spot.mistake("has no data.image", "export as JSON, not as JSON-MIN"))
    name = picture_name(address)
    said = [one for one in task.get("annotations") or [] if isinstance(one, dict) and not one.get("was_cancelled")]
    if not said:
        skipped.append(f"{name}: nobody has labelled it yet")
        return
    regions = said[-1].get("result") or []
    boxes = tuple(_box(region, spot) for region in regions)
    width, height = _size(regions)
    yield LabelledPicture(name, width, height, boxes, "val" if data.get("split") == "val" else "train")


def picture_name(address: str) -> str:
    """Return the file name behind an address of Label Studio.

    >>> picture_name("/data/local-files/?d=set/images/a%20b.jpg"), picture_name("/data/upload/3/0a1b2c3d-a.jpg")
    ('a b.jpg', 'a.jpg')
    """
    parts = urlsplit(address)
    path = parse_qs(parts.query).get("d", [unquote(parts.path)])[0]
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    return _UPLOAD_MARK.sub("", name) if "/upload/" in parts.path else name


def _size(regions: Sequence[Any]) -> tuple[int, int]:
    first = regions[0] if regions else {}
    width, height = first.get("original_width"), first.get("original_height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else (0, 0)


def _box(region: Any, spot: Spot) -> LabelBox:
    value = region.get("value") if isinstance(region, dict) else None
    if not isinstance(value, Mapping) or region.get("type") != "rectanglelabels":
        kind = region.get("type") if isinstance(region, dict) else region
        raise LabelsError(spot.mistake(f"has a region of type {str(kind)[:40]!r}", "only rectanglelabels are read"))
    labels = value.get("rectanglelabels")
    if not isinstance(labels, list) or len(labels) != 1:
        raise LabelsError(spot.mistake("has a box without exactly one label", "give each box one label"))
    x, y, width, height, turned = numbers(
        [value.get(key, 0) for key in ("x", "y", "width", "height", "rotation")], spot, count=5
    )
    if turned % 360:
        raise LabelsError(spot.mistake("has a box that is turned", "draw it upright"))
    corners = (x / 100, y / 100, (x + width) / 100, (y + height) / 100)
    return LabelBox(str(labels[0]), unit_box(corners, spot))
