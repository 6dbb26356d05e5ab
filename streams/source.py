"""The port through which pictures come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from streams.frame import Frame


@dataclass(frozen=True, slots=True)
class Limits:
    """What a source may take.

    Parameters
    ----------
    open_timeout_s, read_timeout_s
        Seconds for connecting, and for the first fresh key frame afterwards.
    max_bytes
        A still picture with more bytes is refused while it is being read.
    max_pixels
        A picture with more pixels is refused before it is decoded.
    enough_px
        A JPEG of a look may be decoded at a half, quarter or eighth while its long side stays at least this: decoding
        is the larger part of a snapshot's cost, and a model that sees 512 pixels needs no more. None decodes in full.
    """

    open_timeout_s: float = 5.0
    read_timeout_s: float = 5.0
    max_bytes: int = 20_000_000
    max_pixels: int = 64_000_000
    enough_px: int | None = None


@runtime_checkable
class Source(Protocol):
    """One feed's way to pictures. A source never retries and keeps no stream open between looks."""

    def look(self) -> Frame:
        """Open, take one fresh frame, close.

        Raises
        ------
        streams.errors.SourceError
            With the outcome to record; the text carries no credentials.
        """
        ...

    def frames(self, every_s: float | None = None) -> Iterator[Frame]:
        """Yield the run of frames it holds: a folder's pictures, a video's frames, or one frame of a live feed.

        Parameters
        ----------
        every_s
            For a video, media seconds between frames; None means each key frame. Live streams yield until closed
            when it is given, one frame otherwise.

        Raises
        ------
        streams.errors.SourceError
            When it cannot be opened or breaks off; frames already yielded stay good.
        """
        ...
