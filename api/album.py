"""The album: annotated pictures of a quick look, or an annotated clip for a clip."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2

from detector.annotate import annotate
from detector.detection import Detection
from detector.videowriter import VideoWriter
from streams.frame import Frame
from streams.url import masked

_SLOWEST_FPS, _FASTEST_FPS = 0.5, 30.0


def unknown(_every_s: float | None) -> int | None:
    """Return that nobody knows how many frames there are."""
    return None


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to look at.

    Parameters
    ----------
    name
        How it was named.
    frames
        Opens it: ``frames(every_s)`` yields its frames, see ``streams.source.Source.frames``.
    moving
        A clip, whose annotation is a clip too.
    live
        A camera: its frames come when they come, and with ``every_s`` without end.
    count
        How many frames ``frames(every_s)`` will yield, as far as that is known before.
    """

    name: str
    frames: Callable[[float | None], Iterator[Frame]]
    moving: bool
    live: bool = False
    count: Callable[[float | None], int | None] = unknown


class Album:
    """Writes a subject's annotated frames; without a place it writes nothing.

    Parameters
    ----------
    place
        The folder for its pictures; a clip is written beside it under the same name. None writes nothing.
    subject
        What is looked at.
    """

    def __init__(self, place: Path | None, subject: Subject) -> None:
        self._folder = place
        self._moving = subject.moving
        self._clip: VideoWriter | None = None
        self._first: tuple[Frame, tuple[Detection, ...]] | None = None
        self._names: set[str] = set()

    def add(self, frame: Frame, detections: tuple[Detection, ...]) -> None:
        """Write one frame."""
        if self._folder is None:
            return
        if self._moving:
            self._add_to_clip(frame, detections)
        else:
            self._write_picture(frame, detections)

    def close(self) -> None:
        """Finish the clip."""
        if self._clip is None and self._first is not None and self._folder is not None:
            self._write_picture(*self._first)
        if self._clip is not None:
            self._clip.close()

    def __enter__(self) -> Self:
        """Return the album."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the clip, whatever happened."""
        self.close()

    def _add_to_clip(self, frame: Frame, detections: tuple[Detection, ...]) -> None:
        """Append to the clip. Its pace is that of the first two frames, so the first one waits for the second."""
        if self._first is None:
            self._first = (frame, detections)
            return
        assert self._folder is not None  # noqa: S101 - said to the type checker; add looked
        if self._clip is None:
            first, found = self._first
            gap_s = (frame.captured_at - first.captured_at).total_seconds()
            fps = min(_FASTEST_FPS, max(_SLOWEST_FPS, 1 / gap_s)) if gap_s > 0 else 1.0
            self._clip = VideoWriter(self._folder.with_name(f"{self._folder.name}.mp4"), fps)
            self._clip.add(annotate(first.image, found))
        self._clip.add(annotate(frame.image, detections))

    def _write_picture(self, frame: Frame, detections: tuple[Detection, ...]) -> None:
        assert self._folder is not None  # noqa: S101 - said to the type checker; add looked
        self._folder.mkdir(parents=True, exist_ok=True)
        stem = Path(frame.name).stem if frame.name else f"frame-{frame.index:06d}"
        name = stem if stem not in self._names else f"{stem}-{frame.index}"
        self._names.add(name)
        encoded, data = cv2.imencode(".jpg", annotate(frame.image, detections), [cv2.IMWRITE_JPEG_QUALITY, 90])
        if encoded:
            data.tofile(self._folder / f"{name}.jpg")


def place_in(out: Path, name: str, taken: set[str]) -> Path:
    """Return a place in ``out`` for a path or address: no credentials, nothing a file system minds, not ``taken``."""
    last = masked(name).rstrip("/").split("?")[0].rsplit("/", 1)[-1]
    stem = re.sub(r"[^\w-]+", "_", Path(last).stem).strip("_") or "source"
    free = next(each for each in _numbered(stem) if each not in taken)
    taken.add(free)
    return out / free


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))
