"""One forward pass for pictures of several feeds: a batch costs less than its pictures one by one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from detector.detection import Detection
from detector.errors import ModelError
from detector.letterbox import fit
from detector.model import Image, Model, ModelCard

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[_Item]):
    item: _Item
    kind: Hashable
    since_s: float


class Gathering(Generic[_Item]):
    """What waits to be looked at, oldest first. Knows no clock and no threads.

    Parameters
    ----------
    most
        A batch has at most so many.
    wait_s
        Nothing waits longer than this for others to join it.
    """

    def __init__(self, most: int, wait_s: float) -> None:
        self._most, self._wait_s = most, wait_s
        self._waiting: list[_Waiting[_Item]] = []

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def add(self, item: _Item, kind: Hashable, *, now_s: float) -> None:
        """Let ``item`` wait; only items of one kind go into one batch."""
        self._waiting.append(_Waiting(item, kind, now_s))

    def due_in_s(self, now_s: float) -> float | None:
        """Return in how many seconds a batch is due: 0 when one is full or has waited; None when nothing waits."""
        if not self._waiting:
            return None
        oldest = self._waiting[0]
        if len(self._batch(oldest.kind)) == self._most:
            return 0.0
        return max(0.0, oldest.since_s + self._wait_s - now_s)

    def take(self) -> list[_Item]:
        """Return the oldest and those of its kind that wait, and let them wait no longer."""
        batch = self._batch(self._waiting[0].kind)
        taken = set(map(id, batch))
        self._waiting = [each for each in self._waiting if id(each) not in taken]
        return [each.item for each in batch]

    def _batch(self, kind: Hashable) -> list[_Waiting[_Item]]:
        return list(islice((each for each in self._waiting if each.kind == kind), self._most))


@dataclass(frozen=True, slots=True)
class _Look:
    image: Image
    found: Future[tuple[Detection, ...]]


class Batched:
    """A model that looks at pictures of many callers in batches; see ``detector.model.Model``.

    While a batch is in the model, pictures that come wait and make the next one: so batches are as large as the
    processor is behind, and a picture that comes alone waits for nothing (but for ``wait_s``). A picture is looked at
    no later than ``wait_s`` after it came and the batches before it have ended.

    Parameters
    ----------
    model
        What looks. It gains by batches of pictures with one input shape; it is closed with this one.
    most
        Pictures in a batch, at most.
    wait_s
        How long a picture waits for others while the model is idle.
    at_once
        Batches in the model at once.
    clock
        Seconds that only run forward.
    """

    def __init__(
        self,
        model: Model,
        *,
        most: int,
        wait_s: float = 0.0,
        at_once: int = 2,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model, self._clock = model, clock
        self._gathering: Gathering[_Look] = Gathering(most, wait_s)
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [threading.Thread(target=self._run, name="batches", daemon=True) for _ in range(at_once)]
        for thread in self._threads:
            thread.start()

    @property
    def card(self) -> ModelCard:
        """What is known of the weights."""
        return self._model.card

    def detect(self, images: Sequence[Image]) -> list[tuple[Detection, ...]]:
        """Return each image's detections; see ``Model.detect``.

        Raises
        ------
        ModelError
            When the model was closed; and what the model raises on one of these images.
        """
        looks = [_Look(image, Future()) for image in images]
        with self._changed:
            if self._closed:
                raise ModelError(f"{self.card.id} was closed; load it again")
            for look in looks:
                self._gathering.add(look, self._kind(look.image), now_s=self._clock())
            self._changed.notify_all()
        return [look.found.result() for look in looks]

    def close(self) -> None:
        """Finish what waits, then give back memory and threads. A second call does nothing."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._model.close()

    def _kind(self, image: Image) -> Hashable:
        if image.ndim < 2 or not image.size:  # the model says what is wrong with it
            return image.shape
        return fit(image.shape[0], image.shape[1], self.card.input_px).input_shape

    def _run(self) -> None:
        while batch := self._next():
            try:
                answers = self._model.detect([look.image for look in batch])
            except Exception as error:  # noqa: BLE001 - the thread's boundary: each caller gets what its own picture does
                self._answer_each(batch, error)
                continue
            for look, found in zip(batch, answers, strict=True):
                look.found.set_result(found)

    def _next(self) -> list[_Look]:
        """Return the next batch when it is due; an empty one when the model was closed and nothing waits."""
        with self._changed:
            while True:
                due_in_s = self._gathering.due_in_s(self._clock())
                if due_in_s is not None and (due_in_s == 0 or self._closed):
                    return self._gathering.take()
                if self._closed:
                    return []
                self._changed.wait(due_in_s)

    def _answer_each(self, batch: list[_Look], error: Exception) -> None:
        """Look at each alone, so that a picture the model fails on fails for its own caller only."""
        if len(batch) == 1:
            batch[0].found.set_exception(error)
            return
        for look in batch:
            try:
                look.found.set_result(self._model.detect([look.image])[0])
            except Exception as own:  # noqa: BLE001 - as above
                look.found.set_exception(own)
