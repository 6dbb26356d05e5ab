"""A sub-stream with the main stream behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from streams.errors import SourceError, Unauthorised
from streams.frame import Frame
from streams.source import Source

_Seen = TypeVar("_Seen")


class SubThenMain:
    """Looks at the sub-stream, which is cheap, and at the main stream only when the sub-stream brings no picture.

    Cameras lose their sub-stream by a change of settings or run out of sessions for it; the street can still be seen.
    Wrong credentials are wrong for both, so the main stream is not tried then.

    Parameters
    ----------
    sub, main
        The two ways to the same view.
    """

    def __init__(self, sub: Source, main: Source) -> None:
        self._sub = sub
        self._main = main

    def look(self) -> Frame:
        """Take one fresh frame (see ``Source.look``); when both fail the error is the sub-stream's and tells both."""
        return self._first(lambda source: source.look())

    def frames(self, every_s: float | None = None) -> Iterator[Frame]:
        """Yield the sub-stream's frames, or the main stream's when the sub-stream cannot even begin."""
        run = self._first(lambda source: _begun(source.frames(every_s)))
        yield from run

    def _first(self, see: Callable[[Source], _Seen]) -> _Seen:
        try:
            return see(self._sub)
        except Unauthorised:
            raise
        except SourceError as error:
            try:
                return see(self._main)
            except SourceError as other:
                raise type(error)(f"{error}; and the main stream: {other}") from error


def _begun(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Return the run with its first frame taken, so that a source that cannot begin says so here."""
    first = next(frames, None)

    def run() -> Iterator[Frame]:
        if first is not None:
            yield first
            yield from frames

    return run()
