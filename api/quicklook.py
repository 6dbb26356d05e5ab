"""The quick look: pictures, folders, clips and cameras in; annotated pictures and lists of detections out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from api.album import Album, Subject, place_in
from detector.detection import Detection
from detector.errors import ModelError
from detector.model import Model, ModelCard
from detector.reports import CsvReport, Seen, coco_document, frame_record, geojson_document
from streams.errors import SourceError, TrackError
from streams.frame import Frame
from streams.url import masked

_BATCH = 4
OnFrame = Callable[[str, int, int | None], None]
"""A subject's name, how many of its frames are done, and how many there are, as far as that is known."""


@dataclass(slots=True)
class Looked:
    """What was seen in one subject, without its pixels; ``error`` is one sentence when it broke off."""

    name: str
    records: list[dict[str, Any]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    error: str | None = None
    stopped: bool = False
    """By Ctrl-C; what was seen before is here."""


@dataclass(frozen=True, slots=True)
class QuickLook:
    """What was seen in all subjects."""

    card: ModelCard
    looked: tuple[Looked, ...]

    @property
    def failed(self) -> bool:
        """Whether a subject could not be read, or not to its end."""
        return any(each.error is not None for each in self.looked)

    def document(self) -> dict[str, Any]:
        """Return the document that ``gridpatrol detect --json`` prints."""
        card = self.card
        return {
            "model": {
                "id": card.id,
                "labels": list(card.labels),
                "input_px": card.input_px,
                "sha256": card.sha256,
                "backend": card.backend,
                "calibrated": card.calibrated,
            },
            "sources": [{"source": e.name, "frames": e.records, "error": e.error} for e in self.looked],
        }

    def write(self, out: Path) -> None:
        """Write ``detections.csv``, ``coco.json`` and, where positions are known, ``detections.geojson``."""
        seen = [frame for each in self.looked for frame in each.seen]
        with CsvReport(out / "detections.csv") as table:
            for frame in seen:
                table.add(frame)
        _write_json(out / "coco.json", coco_document(seen, self.card.labels))
        if any(frame.place for frame in seen):
            _write_json(out / "detections.geojson", geojson_document(seen))


@dataclass(frozen=True, slots=True)
class Shown:
    """Which detections are kept.

    Parameters
    ----------
    min_score
        From this score up; None means each label's own threshold, as the model comes with it.
    context
        Labels that never become findings by themselves, too.
    """

    min_score: float | None = None
    context: bool = False

    def keeps(self, detection: Detection, card: ModelCard) -> bool:
        """Return whether a detection of this model is kept."""
        least = card.threshold(detection.label) if self.min_score is None else self.min_score
        return detection.score >= least and (self.context or detection.label not in card.context)


def quick_look(
    subjects: Iterable[Subject],
    model: Model,
    *,
    every_s: float | None = None,
    shown: Shown = Shown(),
    out: Path | None = None,
    on_frame: OnFrame = lambda *_: None,
) -> QuickLook:
    """Look at every subject; a broken one never stops the others, Ctrl-C ends the look and keeps what was seen.

    Parameters
    ----------
    every_s
        Media seconds between a clip's frames; None means its key frames.
    shown
        Which detections are kept.
    out
        An existing folder for annotated pictures, clips and lists; None writes nothing.
    on_frame
        Told each subject's progress, see ``OnFrame``.

    Raises
    ------
    OSError
        When ``out`` cannot be written.
    """
    taken: set[str] = set()
    looked: list[Looked] = []
    for subject in subjects:
        if looked and looked[-1].stopped:
            looked.append(_not_looked_at(subject))
            continue
        album = Album(place_in(out, subject.name, taken) if out is not None else None, subject)
        looked.append(_look(subject, model, album, every_s=every_s, shown=shown, on_frame=on_frame))
    result = QuickLook(model.card, tuple(looked))
    if out is not None:
        result.write(out)
    return result


def _look(
    subject: Subject, model: Model, album: Album, *, every_s: float | None, shown: Shown, on_frame: OnFrame
) -> Looked:
    looked = Looked(masked(subject.name))
    try:
        with album:
            total = subject.count(every_s)
            for frame, found in _detected(subject, model, every_s):
                kept = tuple(detection for detection in found if shown.keeps(detection, model.card))
                album.add(frame, kept)
                looked.records.append(frame_record(frame, kept))
                looked.seen.append(Seen.of(subject.name, frame, kept))
                on_frame(looked.name, len(looked.records), total)
    except (SourceError, TrackError) as error:
        looked.error = str(error)
    except ModelError as error:
        looked.error = f"{looked.name}: broken off after {len(looked.records)} frames: {error}"
    except KeyboardInterrupt:
        looked.stopped = True
        # A live camera looked at with --every has no end of its own: to be stopped is how it ends.
        if not (subject.live and looked.records):
            looked.error = f"{looked.name}: stopped after {len(looked.records)} frames, before its end"
    return looked


def _not_looked_at(subject: Subject) -> Looked:
    name = masked(subject.name)
    return Looked(name, error=f"{name}: stopped before it was looked at", stopped=True)


def _detected(subject: Subject, model: Model, every_s: float | None) -> Iterator[tuple[Frame, tuple[Detection, ...]]]:
    # Somebody waits for a live camera's frame; four of them may take a minute to come.
    size = 1 if subject.live else _BATCH
    for batch in _batches(subject.frames(every_s), size):
        yield from zip(batch, _answers(batch, model), strict=True)


def _answers(batch: list[Frame], model: Model) -> Iterable[tuple[Detection, ...]]:
    """Return what is seen in each frame; where the model fails on one of them, those before it are still seen."""
    try:
        return model.detect([frame.image for frame in batch])
    except ModelError:
        return (model.detect([frame.image])[0] for frame in batch)


def _batches(frames: Iterator[Frame], size: int) -> Iterator[list[Frame]]:
    """Yield frames a few at a time; a source that breaks off has still given good ones, so they come first."""
    while True:
        batch: list[Frame] = []
        broken: BaseException | None = None
        try:
            for frame in islice(frames, size):
                batch.append(frame)  # noqa: PERF402 - a comprehension would lose those before the break
        except (SourceError, TrackError, KeyboardInterrupt) as error:
            broken = error
        if batch:
            yield batch
        if broken is not None:
            raise broken
        if len(batch) < size:
            return


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
