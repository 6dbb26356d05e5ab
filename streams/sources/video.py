"""Video files: searched by media time, or played on patrol as if they were live."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams.errors import NotAnImage, Unreachable
from streams.feed import Feed
from streams.frame import Frame
from streams.source import Limits
from streams.sources.media import Media, Still, opened
from streams.sources.picture import digest_of_pixels
from streams.sources.stream import first_good

_MISSING_S, _MISSING_SHARE = 1.0, 0.02


class VideoSource:
    """A video file.

    A frame's ``captured_at`` is the recording's start (the container's ``creation_time``, else the file's time) plus
    its media time. With ``replay`` each look takes the next key frame, round and round, as if taken now.
    """

    def __init__(
        self,
        feed: Feed,
        limits: Limits,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._feed, self._limits, self._now, self._clock = feed, limits, now, clock
        self._path = Path(feed.url)
        self._played_to_s: float | None = None

    def look(self) -> Frame:
        """Take the first good key frame, or in replay the next one (see ``Source.look``)."""
        with self._opened() as media:
            if self._feed.replay:
                return self._frame(self._next(media), captured_at=self._now())
            still = first_good(media.key_frames(), shown=str(self._path))
            return self._frame(still, captured_at=self._began_at(media) + timedelta(seconds=still.at_s))

    def frames(self, every_s: float | None = None) -> Iterator[Frame]:
        """Yield each key frame, or a frame each ``every_s`` media seconds (see ``Source.frames``).

        Raises
        ------
        streams.errors.NotAnImage
            After the last good frame, when the file ends well before the length it claims.
        """
        if every_s is not None and not every_s > 0:
            raise ValueError(f"every_s must be more than 0, not {every_s}")
        index, last_s = -1, 0.0
        with self._opened() as media:
            began_at = self._began_at(media)
            stills = media.key_frames() if every_s is None else _stepped(media.every_frame(), every_s)
            for index, still in enumerate(stills):
                last_s = still.at_s
                yield self._frame(still, captured_at=began_at + timedelta(seconds=last_s), index=index)
            if index < 0:
                raise NotAnImage(f"{self._path}: no frame of it can be decoded")
            if media.missing_s > max(_MISSING_S, media.duration_s * _MISSING_SHARE):
                whole = f"{media.duration_s:.1f} s"
                raise NotAnImage(
                    f"{self._path}: it breaks off at {media.read_to_s:.1f} s of {whole}; it is cut short"
                )

    def _next(self, media: Media) -> Still:
        """Return the key frame after the one played last, the first again at the end."""
        if self._played_to_s is not None:
            media.seek(self._played_to_s)
        still = _first_whole(media.key_frames(after_s=self._played_to_s))
        if still is None and self._played_to_s is not None:
            media.seek(0.0)
            still = _first_whole(media.key_frames())
        if still is None:
            raise NotAnImage(f"{self._path}: no key frame of it can be decoded")
        self._played_to_s = still.at_s
        return still

    def _opened(self) -> AbstractContextManager[Media]:
        if not self._path.exists():
            raise Unreachable(f"{self._path}: no such file")
        # The prefix keeps FFmpeg from reading a colon in the name as a protocol.
        return opened(f"file:{self._path}", options={}, limits=self._limits, clock=self._clock)

    def _began_at(self, media: Media) -> datetime:
        return media.created_at or datetime.fromtimestamp(self._path.stat().st_mtime, UTC)

    def _frame(self, still: Still, *, captured_at: datetime, index: int = 0) -> Frame:
        return Frame(still.image, captured_at, digest_of_pixels(still.image), index=index)


def _first_whole(stills: Iterator[Still]) -> Still | None:
    return next((still for still in stills if not still.corrupt), None)


def _stepped(stills: Iterator[Still], every_s: float) -> Iterator[Still]:
    """Yield the first whole frame at or after each multiple of ``every_s``."""
    step = 0
    for still in stills:
        if still.at_s + 1e-6 < step * every_s or still.corrupt:
            continue
        yield still
        step = int((still.at_s + 1e-6) // every_s) + 1
