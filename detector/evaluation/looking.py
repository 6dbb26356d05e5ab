"""A model looks at labelled pictures; what it found and what was there stay, the pixels do not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detection import Detection
from detector.errors import ModelError
from detector.evaluation.classes import LEFT_OUT, Classes
from detector.evaluation.dataset import DataSet
from detector.evaluation.labels import Rows, Tell, labels_of, read_labels
from detector.letterbox import Boxes
from detector.model import Image, Model

BATCH = 8
"""Pictures that go to the model together."""

OnPicture = Callable[[int, int], None]
"""Takes how many pictures are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Looked:
    """One picture: what it shows and what was found, by class number.

    Parameters
    ----------
    name
        Of the file, below the folder that all pictures share.
    source
        Where the picture comes from.
    width, height
        Of the picture, px.
    label_classes, labels
        ``(M,)`` and ``(M, 4)`` px.
    classes, scores, boxes
        ``(N,)``, ``(N,)`` and ``(N, 4)`` px of the detections, best score first.
    feed
        Which feed the picture came from; None where nothing says it.
    """

    name: str
    source: str
    width: int
    height: int
    label_classes: NDArray[np.intp]
    labels: Boxes
    classes: NDArray[np.intp]
    scores: NDArray[np.float64]
    boxes: Boxes
    feed: str | None = None


@dataclass(slots=True)
class Look:
    """All that a model looked at.

    Parameters
    ----------
    looked
        The pictures that could be used.
    skipped
        How many could not.
    cpu_s
        Processor time of the model alone, over all threads.
    complete
        False when the look was broken off.
    """

    looked: list[Looked] = field(default_factory=list)
    skipped: int = 0
    cpu_s: float = 0.0
    complete: bool = False

    @property
    def cpu_ms_per_picture(self) -> float | None:
        """Processor time of the model for one picture; None without pictures."""
        return round(1000 * self.cpu_s / len(self.looked), 2) if self.looked else None


@dataclass(frozen=True, slots=True)
class _Read:
    """A picture and its labels, read and not yet looked at."""

    path: Path
    image: Image
    rows: Rows


Answer = list[tuple[Detection, ...]]
"""What each model says of one picture."""


@dataclass(frozen=True, slots=True)
class Looking:
    """Models that look at the same pictures, in turn, batch by batch.

    Parameters
    ----------
    models
        Their detections are taken as they come: lowest score and suppression are the models' own.
    classes
        For each model, how its classes and the labels' are numbered.
    tell
        Takes one sentence for each picture or label line that cannot be used.
    on_picture
        Called after each batch.
    cpu_clock
        Seconds of processor time of this process.
    """

    models: Sequence[Model]
    classes: Sequence[Classes]
    tell: Tell
    on_picture: OnPicture
    cpu_clock: Callable[[], float] = time.process_time

    def at(self, data: DataSet) -> list[Look]:
        """Return what each model saw, the same pictures for all; Ctrl-C ends the look and keeps what was seen."""
        looks = [Look() for _ in self.models]
        base = Path(os.path.commonpath([path.parent for path in data.pictures]))
        total = len(data.pictures)
        try:
            for done in range(0, total, BATCH):
                self._batch(data, base, data.pictures[done : done + BATCH], looks)
                self.on_picture(min(done + BATCH, total), total)
        except KeyboardInterrupt:
            return looks
        for each in looks:
            each.complete = True
        return looks

    def _batch(self, data: DataSet, base: Path, paths: Sequence[Path], looks: Sequence[Look]) -> None:
        known = len(self.classes[0].of_data)
        batch = [read for path in paths if (read := _read(path, known, self.tell))]
        answered = self._answers(batch, looks)
        for place, (one, numbering) in enumerate(zip(looks, self.classes, strict=True)):
            one.skipped += len(paths) - len(answered)
            for read, answer in answered:
                name = read.path.relative_to(base).as_posix()
                origin = data.source_of(read.path), data.feed_of(read.path)
                one.looked.append(_looked(name, origin, read, numbering, answer[place]))

    def _answers(self, batch: list[_Read], looks: Sequence[Look]) -> list[tuple[_Read, Answer]]:
        """Return what each model says of each picture; one that a model fails on is told and left out for all."""
        if not batch:
            return []
        try:
            told = [self._timed(model, batch, one) for model, one in zip(self.models, looks, strict=True)]
        except (ModelError, ValueError) as error:
            if len(batch) == 1:
                self.tell(f"{batch[0].path}: {error}; the picture is left out")
                return []
            return [answer for read in batch for answer in self._answers([read], looks)]
        return list(zip(batch, [list(each) for each in zip(*told, strict=True)], strict=True))

    def _timed(self, model: Model, batch: Sequence[_Read], one: Look) -> list[tuple[Detection, ...]]:
        started = self.cpu_clock()
        answers = model.detect([read.image for read in batch])
        one.cpu_s += self.cpu_clock() - started
        return answers


def _read(path: Path, known: int, tell: Tell) -> _Read | None:
    try:
        coded = np.fromfile(path, np.uint8)
    except OSError as error:
        tell(f"{path}: cannot be read ({error.strerror}); the picture is left out")
        return None
    image = cv2.imdecode(coded, cv2.IMREAD_COLOR) if len(coded) else None
    if image is None:
        tell(f"{path}: is no picture; it is left out")
        return None
    rows = read_labels(labels_of(path), known, tell)
    return None if rows is None else _Read(path, np.asarray(image, np.uint8), rows)


def _looked(
    name: str, origin: tuple[str, str | None], read: _Read, numbering: Classes, found: Sequence[Detection]
) -> Looked:
    height, width = read.image.shape[:2]
    numbers = np.array(numbering.of_data, np.intp)[read.rows[:, 0].astype(np.intp)]
    kept = numbers != LEFT_OUT
    return Looked(
        name=name,
        source=origin[0],
        width=width,
        height=height,
        label_classes=numbers[kept],
        labels=read.rows[kept, 1:] * np.array([width, height] * 2, np.float32),
        classes=np.array([numbering.number(each.label) for each in found], np.intp),
        scores=np.array([each.score for each in found], np.float64),
        boxes=np.array([each.box for each in found], np.float32).reshape(-1, 4),
        feed=origin[1],
    )
