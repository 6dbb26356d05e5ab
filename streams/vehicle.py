"""A vehicle's camera: frames taken by distance, each with its fix."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sized
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from streams.errors import SourceError, Stale
from streams.feed import Feed, Protocol
from streams.frame import Fix, Frame
from streams.source import Source
from streams.track import NoFix, Track

_FINEST_S, _COARSEST_S = 0.04, 0.5
"""Media seconds between the frames of a video that are looked through for those to take."""

Timed = tuple[datetime, Frame]
"""A frame with its moment on the track."""


class VehicleRun:
    """A ``Source`` that takes another source's frames each ``every_m`` metres of a track.

    When on the track a frame was taken: for a video, its media time after the track's start plus ``clip_offset_s``;
    for a folder, the pictures' own times when the first lies within the track, else the pictures are spread evenly
    over the track's time (from ``clip_offset_s`` on). Of these, the first frame at or after each moment at which the
    vehicle had come ``every_m`` is taken. A vehicle that stands gives none.

    Unlike other sources it holds its recording open between looks: the next look goes on where the last one stopped.

    Parameters
    ----------
    feed
        A vehicle; its ``track`` says how frames are taken.
    source
        Its frames, from the beginning at each call of ``frames``.
    track
        As loaded from ``feed.track``.
    now
        Aware UTC clock: with ``feed.replay`` a frame of a look is taken now.
    """

    def __init__(self, feed: Feed, source: Source, track: Track, *, now: Callable[[], datetime]) -> None:
        if feed.track is None:
            raise ValueError(f"{feed.id} has no track")
        self._feed = feed
        self._source = source
        self._track = track
        self._settings = feed.track
        self._now = now
        self._moments = track.times_every(feed.track.every_m)
        self._run: Iterator[Frame] | None = None
        self._refused: Counter[NoFix] = Counter()

    @property
    def refused(self) -> Mapping[NoFix, int]:
        """Frames skipped so far because their moment has no fix, by reason.

        Of the frames after the track's end only the first is counted: there the run ends.
        """
        return dict(self._refused)

    def look(self) -> Frame:
        """Take the next frame by distance; with ``feed.replay`` round and round, captured now.

        Raises
        ------
        streams.errors.SourceError
            What the wrapped source raises; the next look then begins again. ``Stale`` when the run is over, or when
            not one frame of it has a fix.
        """
        frame = self._next()
        if frame is None and self._feed.replay:
            self._run = None
            frame = self._next()
        if frame is None:
            raise Stale(self._why_nothing())
        return replace(frame, captured_at=self._now()) if self._feed.replay else frame

    def frames(self, every_s: float | None = None) -> Iterator[Frame]:  # noqa: ARG002 - distance decides, not time
        """Yield the run's frames with their fixes, ``captured_at`` on the track's time (see ``Source.frames``)."""
        index = 0
        for when, frame in self._due():
            fix = self._track.fix_at(when)
            if isinstance(fix, Fix):
                yield replace(frame, captured_at=when, fix=fix, index=index)
                index += 1
            else:
                self._refused[fix] += 1

    def _next(self) -> Frame | None:
        if self._run is None:
            self._run = self.frames()
        try:
            return next(self._run, None)
        except SourceError:
            self._run = None
            raise

    def _due(self) -> Iterator[Timed]:
        """Yield the frames that distance asks for, and those outside the track's time."""
        moments = deque(self._moments)
        begin, end = self._track.span
        for when, frame in self._timed() if moments else ():
            if moments and when >= moments[0]:
                while moments and moments[0] <= when:
                    moments.popleft()
                yield when, frame
            elif not begin <= when <= end:
                yield when, frame
            if when > end:
                return

    def _timed(self) -> Iterator[Timed]:
        """Yield every frame with its moment on the track."""
        frames = self._source.frames(self._every_s())
        first = next(frames, None)
        if first is None:
            return
        moment = self._moment_of(first)
        yield moment(first), first
        for frame in frames:
            yield moment(frame), frame

    def _moment_of(self, first: Frame) -> Callable[[Frame], datetime]:
        """Return how a frame's moment on the track is found."""
        begin, end = self._track.span
        offset_begin = begin + timedelta(seconds=self._settings.clip_offset_s)
        if self._feed.protocol is not Protocol.FOLDER:
            return lambda frame: offset_begin + (frame.captured_at - first.captured_at)
        if begin <= first.captured_at <= end:
            return lambda frame: frame.captured_at
        steps = max(1, _count(self._source) - 1)
        return lambda frame: offset_begin + (end - offset_begin) * frame.index / steps

    def _every_s(self) -> float:
        """Return how finely a video is looked through: eight times on the shortest way between two moments."""
        gaps = (later - sooner for sooner, later in pairwise(self._moments))
        shortest_s = min(gaps, default=timedelta(seconds=_COARSEST_S)).total_seconds()
        return min(_COARSEST_S, max(_FINEST_S, shortest_s / 8))

    def _why_nothing(self) -> str:
        if not self._moments:
            return f"{self._feed.id}: in {self._settings.path} it never moves {self._settings.every_m:g} m"
        if not self._feed.replay:
            left_out = f"; left out: {reasons}" if (reasons := self._reasons()) else ""
            over = f"{self._feed.id}: the recording has been played to its end{left_out}"
            return f"{over}; set replay: true to play it again"
        reasons = self._reasons() or "it has none"
        return f"{self._feed.id}: no frame of the recording has a fix ({reasons}); check clip_offset_s and the track"

    def _reasons(self) -> str:
        return ", ".join(f"{count} {reason}" for reason, count in self._refused.items())


def _count(source: Source) -> int:
    """Return how many pictures a source has; without a length of its own it is read once through."""
    if isinstance(source, Sized):
        return len(source)
    last = -1
    # What cannot be read is told when the pictures are taken.
    with suppress(SourceError):
        for frame in source.frames():
            last = frame.index
    return last + 1
