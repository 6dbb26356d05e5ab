"""What each form of the same weights is worth: accuracy on one split, and processor time, all in one run."""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from detector.backends.openvino import OpenVinoModel, computes_in_bf16
from detector.backends.options import Options
from detector.evaluation.classes import match_classes
from detector.evaluation.dataset import DataSet
from detector.evaluation.errors import DataError
from detector.evaluation.figures import Terms, measure
from detector.evaluation.labels import labels_of
from detector.evaluation.looking import Look, Looking, OnPicture
from detector.model import Image
from detector.weights import Weights

THREADS = 2
ROUNDS = 7
_TIMED_PICTURES = 8
_LEAST_SCORE = 0.001

Arithmetic = Literal["f32", "bf16"]
Key = tuple[str, Arithmetic]
"""Which form of the weights, in which arithmetic."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What one form of weights is worth in one arithmetic.

    Parameters
    ----------
    map50, map50_95
        Mean average precision over the classes that the split has.
    ms
        CPU milliseconds a picture, all threads, letterbox and suppression included, as the patrol runs it: the median
        of rounds in which all forms took turns.
    """

    map50: float
    map50_95: float
    ms: float


@dataclass(frozen=True, slots=True)
class Split:
    """What was measured on.

    Parameters
    ----------
    name
        Of the data file or folder.
    labels_sha256
        Over names and bytes of its label files, in the pictures' order.
    pictures
        How many could be used.
    """

    name: str
    labels_sha256: str
    pictures: int


def arithmetics() -> tuple[Arithmetic, ...]:
    """Return what this processor computes in: ``f32``, and ``bf16`` where ``precision: auto`` would take it."""
    return ("f32", "bf16") if computes_in_bf16() else ("f32",)


def worths(
    forms: Mapping[str, Weights], data: DataSet, *, tell: Callable[[str], None], on_picture: OnPicture
) -> tuple[Split, dict[Key, Worth]]:
    """Measure forms of the same weights on the same pictures.

    Parameters
    ----------
    forms
        By name; their labels are the same.
    data
        The validation split.
    tell
        Takes one sentence for each picture that is left out.
    on_picture
        Called as pictures are done.

    Raises
    ------
    DataError
        When the split shows no class of the model, or none of its pictures can be read.
    KeyboardInterrupt
        When it is broken off: half a measurement says nothing.
    """
    keys: list[Key] = [(form, arithmetic) for form in forms for arithmetic in arithmetics()]
    with _loaded(forms, keys, as_validator=True, min_score=_LEAST_SCORE) as models:
        first = next(iter(forms.values()))
        classes = match_classes(data.names or first.labels, first.labels, {})
        looks = Looking(models, [classes] * len(models), tell, on_picture).at(data)
    if not looks[0].complete:
        raise KeyboardInterrupt
    if not looks[0].looked:
        raise DataError(f"{data.path}: none of the {len(data.pictures)} pictures of {data.split} can be read")
    terms = Terms(dict.fromkeys(classes.names, 0.25))
    figures = [measure(look.looked, classes, terms) for look in looks]
    if figures[0].map50 is None:
        raise DataError(f"{data.path}: {data.split} has no label of the model's classes, so nothing can be measured")
    ms = _times(forms, keys, data)
    told = {
        key: Worth(each.map50 or 0.0, each.map50_95 or 0.0, ms[key]) for key, each in zip(keys, figures, strict=True)
    }
    return _split(data, looks[0]), told


def _times(forms: Mapping[str, Weights], keys: Sequence[Key], data: DataSet) -> dict[Key, float]:
    images = _some(data)
    taken: dict[Key, list[float]] = {key: [] for key in keys}
    with _loaded(forms, keys, threads=THREADS) as models:
        for model in models:
            model.detect(images)
        for _ in range(ROUNDS):
            for key, model in zip(keys, models, strict=True):
                started = time.process_time()
                model.detect(images)
                taken[key].append((time.process_time() - started) * 1000 / len(images))
    return {key: statistics.median(each) for key, each in taken.items()}


def _some(data: DataSet) -> list[Image]:
    apart = max(1, len(data.pictures) // _TIMED_PICTURES)
    read = (cv2.imread(str(picture)) for picture in data.pictures[::apart][:_TIMED_PICTURES])
    return [np.asarray(image, np.uint8) for image in read if image is not None]


@contextmanager
def _loaded(
    forms: Mapping[str, Weights],
    keys: Sequence[Key],
    *,
    as_validator: bool = False,
    min_score: float = 0.05,
    threads: int | None = None,
) -> Iterator[list[OpenVinoModel]]:
    with ExitStack() as stack:
        models = []
        for form, arithmetic in keys:
            precision: Literal["auto", "f32"] = "f32" if arithmetic == "f32" else "auto"
            options = Options(precision=precision, min_score=min_score, as_validator=as_validator, threads=threads)
            models.append(OpenVinoModel(forms[form], options))
            stack.callback(models[-1].close)
        yield models


def _split(data: DataSet, look: Look) -> Split:
    told = hashlib.sha256()
    for picture in data.pictures:
        file = labels_of(picture)
        told.update(file.name.encode() + b"\0" + (file.read_bytes() if file.is_file() else b"") + b"\0")
    return Split(data.path.name, told.hexdigest(), len(look.looked))
