"""The quick look: pictures, folders, clips and cameras in; annotated pictures and lists of detections out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.album import Album, Subject, place_in
from detector.detection import Detection
from detector.model import Model, ModelCard
from detector.reports import CsvReport, Seen, coco_document, frame_record, geojson_document
from streams.errors import SourceError, TrackError
from streams.frame import Frame
from streams.url import masked

_BATCH = 4
OnFrame = Callable[[str, int], None]


@dataclass(slots=True)
class Looked:
    """What was seen in one subject, without its pixels; ``error`` is one sentence when it broke off."""

    name: str
    records: list[dict[str, Any]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    error: str | None = None


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


def quick_look(
    subjects: Iterable[Subject],
    model: Model,
    *,
    every_s: float | None = None,
    min_score: float = 0.25,
    out: Path | None = None,
    on_frame: OnFrame = lambda *_: None,
) -> QuickLook:
    """Look at every subject; a broken one never stops the others.

    Parameters
    ----------
    every_s
        Media seconds between a clip's frames; None means its key frames.
    min_score
        Detections below it are left out.
    out
        An existing folder for annotated pictures, clips and lists; None writes nothing.
    on_frame
        Told a subject's name and how many of its frames are done.

    Raises
    ------
    OSError
        When ``out`` cannot be written.
    """
    taken: set[str] = set()
    looked = tuple(
        _look(
            subject,
            model,
            every_s=every_s,
            min_score=min_score,
            place=place_in(out, subject.name, taken) if out is not None else None,
            on_frame=on_frame,
        )
        for subject in subjects
    )
    result = QuickLook(model.card, looked)
    if out is not None:
        result.write(out)
    return result


def _look(
    subject: Subject, model: Model, *, every_s: float | None, min_score: float, place: Path | None, on_frame: OnFrame
) -> Looked:
    looked = Looked(masked(subject.name))
    with Album(place, subject) as album:
        try:
            for frame, found in _detected(subject.frames(every_s), model):
                kept = tuple(detection for detection in found if detection.score >= min_score)
                album.add(frame, kept)
                looked.records.append(frame_record(frame, kept))
                looked.seen.append(Seen.of(subject.name, frame, kept))
                on_frame(looked.name, len(looked.records))
        except (SourceError, TrackError) as error:
            looked.error = str(error)
        except KeyboardInterrupt:
            # A live camera looked at with --every has no end of its own: what was seen so far is the result.
            if not looked.records:
                raise
    return looked


def _detected(frames: Iterator[Frame], model: Model) -> Iterator[tuple[Frame, tuple[Detection, ...]]]:
    for batch in _batches(frames):
        yield from zip(batch, model.detect([frame.image for frame in batch]), strict=True)


def _batches(frames: Iterator[Frame]) -> Iterator[list[Frame]]:
    """Yield frames a few at a time; a source that breaks off has still given good ones, so they come first."""
    broken: SourceError | None = None
    batch: list[Frame] = []
    try:
        for frame in frames:
            batch.append(frame)
            if len(batch) == _BATCH:
                yield batch
                batch = []
    except SourceError as error:
        broken = error
    if batch:
        yield batch
    if broken is not None:
        raise broken


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
