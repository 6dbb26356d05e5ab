"""Taking datasets to labelling tools: the forms they speak, and export."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from api.dataset.tree import OutputRefused
from detector.labels.bundle import Bundle
from detector.labels.coco import read_coco, write_coco
from detector.labels.cvat import read_cvat, write_cvat
from detector.labels.labelstudio import read_labelstudio, write_labelstudio
from detector.labels.picture import LabelledPicture, LabelsError, LabelSet
from detector.labels.yolo import darknet_place, read_yolo, write_darknet, write_ultralytics

OnStep = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Form:
    """A form that a labelling tool speaks.

    Parameters
    ----------
    write
        Yields file names and texts.
    read
        Makes labels of a bundle.
    place
        Where the form keeps a picture.
    """

    write: Callable[[LabelSet], Iterator[tuple[str, str]]]
    read: Callable[[Bundle], LabelSet]
    place: Callable[[LabelledPicture], str]


FORMS: Mapping[str, Form] = {
    "coco": Form(write_coco, read_coco, lambda one: f"images/{one.split}/{one.name}"),
    "yolo": Form(write_ultralytics, read_yolo, lambda one: f"images/{one.split}/{one.name}"),
    "yolo-1.1": Form(write_darknet, read_yolo, darknet_place),
    "cvat": Form(write_cvat, read_cvat, lambda one: f"images/{one.name}"),
    "label-studio": Form(write_labelstudio, read_labelstudio, lambda one: f"images/{one.name}"),
}
"""By the name that people give on the command line."""


def export_dataset(
    folder: Path, form: str, out: Path, *, pictures: bool = True, on_step: OnStep = lambda _name, _done, _of: None
) -> LabelSet:
    """Write a dataset folder as a zip that a labelling tool reads.

    Parameters
    ----------
    folder
        A dataset in YOLO form.
    form
        One of ``FORMS``.
    out
        The zip; must not be there yet.
    pictures
        False writes the labels alone, for a task that has the pictures already.

    Raises
    ------
    detector.labels.picture.LabelsError
        When the folder is no dataset.
    OutputRefused
        When the zip cannot be written.
    """
    if out.exists():
        raise OutputRefused(f"{out} is there already; name a new file")
    with Bundle(folder) as bundle:
        places, labels = bundle.pictures(), read_yolo(bundle)
        sized = []
        for number, one in enumerate(labels.pictures, 1):
            on_step("pictures", number, len(labels.pictures))
            sized.append(_sized(bundle, one, places))
        labels = replace(labels, pictures=tuple(sized))
        _pack(bundle, labels, FORMS[form], out, pictures=places if pictures else {})
    return labels


def _pack(bundle: Bundle, labels: LabelSet, form: Form, out: Path, *, pictures: Mapping[str, str]) -> None:
    part = out.with_name(f".{out.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in form.write(labels):
                packed.writestr(name, text)
            for one in labels.pictures if pictures else ():
                packed.writestr(form.place(one), bundle.bytes(pictures[one.name]), zipfile.ZIP_STORED)
        part.replace(out)
    except OSError as error:
        raise OutputRefused(f"{out} cannot be written ({error.strerror}); name another file") from error
    finally:
        part.unlink(missing_ok=True)


def _sized(bundle: Bundle, one: LabelledPicture, places: Mapping[str, str]) -> LabelledPicture:
    if one.name not in places:
        raise LabelsError(bundle.spot(one.name).mistake("has labels but is not there", "put the picture back"))
    size = picture_size(bundle.bytes(places[one.name]))
    if size is None:
        raise LabelsError(bundle.spot(places[one.name]).mistake("is no picture", "replace or remove it"))
    return replace(one, width=size[0], height=size[1])


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height in px of an encoded picture, or None when it is none."""
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        return None
    return None if image is None else (int(image.shape[1]), int(image.shape[0]))
