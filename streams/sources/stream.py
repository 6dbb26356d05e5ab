"""Live streams: RTSP, HLS, HTTP-FLV. One key frame a visit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime

from streams.errors import NotAnImage, SourceError
from streams.feed import Feed, Protocol
from streams.frame import Frame
from streams.source import Limits
from streams.sources.media import Media, Still, opened
from streams.sources.picture import digest_of_pixels

_UNIFORM_BELOW = 3.0
"""Grey levels of standard deviation: an encoder's grey start-up picture has 0 to 2, a night street 8 and more."""
_RTSP = {
    # The stream's own description names the codec, so nothing has to be read for it.
    "probesize": "32",
    # UDP: a 1080p key frame comes as one burst that overruns the default socket buffer.
    "buffer_size": "2097152",
}
_HTTP = {
    # HLS starts at the newest segment, not three back; FLV names its codecs in its first packets only.
    "live_start_index": "-1",
    "analyzeduration": "500000",
}


class StreamSource:
    """A live stream that is opened for each look and closed after its first good key frame."""

    def __init__(
        self,
        feed: Feed,
        limits: Limits,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._feed, self._limits, self._now, self._clock = feed, limits, now, clock

    def look(self) -> Frame:
        """Take the first good key frame (see ``Source.look``)."""
        with self._opened() as media:
            still = first_good(media.key_frames(), shown=self._feed.shown_url)
            return self._frame(still, index=0)

    def frames(self, every_s: float | None = None) -> Iterator[Frame]:
        """Yield one frame, or one each ``every_s`` seconds at key frames (see ``Source.frames``)."""
        if every_s is None:
            yield self.look()
            return
        with self._opened() as media:
            yield from self._paced(media, every_s)
        raise NotAnImage(f"{self._feed.shown_url}: the stream has ended")

    def _paced(self, media: Media, every_s: float) -> Iterator[Frame]:
        due, index = self._clock(), 0
        for still in media.key_frames():
            if self._clock() < due or still.corrupt:
                continue
            yield self._frame(still, index=index)
            index, due = index + 1, due + every_s

    def _opened(self) -> AbstractContextManager[Media]:
        options = _RTSP | {"rtsp_transport": self._feed.transport} if self._is_rtsp else _HTTP
        return opened(self._feed.url, options=options, limits=self._limits, clock=self._clock)

    @property
    def _is_rtsp(self) -> bool:
        return self._feed.protocol is Protocol.RTSP

    def _frame(self, still: Still, *, index: int) -> Frame:
        return Frame(still.image, self._now(), digest_of_pixels(still.image), index=index)


def first_good(stills: Iterator[Still], *, shown: str) -> Still:
    """Return the first key frame, or the second when the first is corrupt or uniform grey.

    Encoders start with half a picture or a grey one. A second uniform one is returned as it is: then it is the view
    that is covered, and saying so is not the source's business.

    Raises
    ------
    streams.errors.SourceError
        No key frame, or only corrupt ones.
    """
    first = next(stills, None)
    if first is None:
        raise NotAnImage(f"{shown}: it ended without a whole picture")
    if not first.corrupt and not _is_uniform(first):
        return first
    second = _second(stills, first)
    if second is None or second.corrupt:
        raise NotAnImage(f"{shown}: only broken pictures came")
    return second


def _second(stills: Iterator[Still], first: Still) -> Still | None:
    try:
        second = next(stills, None)
    except SourceError:
        if first.corrupt:
            raise
        return first
    return second or (None if first.corrupt else first)


def _is_uniform(still: Still) -> bool:
    # Green is most of what is grey, and a second look costs more than the shade that it leaves out.
    return float(still.image[::8, ::8, 1].std()) < _UNIFORM_BELOW
