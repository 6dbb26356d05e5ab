"""A sub-stream with the main stream behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from streams.errors import SourceError, Unauthorised
from streams.frame import Frame
from streams.source import Source

_Seen = TypeVar("_Seen")
_SUB_AGAIN = 10
"""While the main stream serves, every so many looks begin with the sub-stream."""


class SubThenMain:
    """Looks at the sub-stream, which is cheap, and at the main stream only when the sub-stream brings no picture.

    Cameras lose their sub-stream by a change of settings or run out of sessions for it; the street can still be seen.
    Wrong credentials are wrong for both, so the other is not tried then.

    A sub-stream that hangs would cost its timeouts on every visit. So while the main stream is the one that worked
    last, it is looked at first, and the sub-stream gets its first try again on every tenth look.

    Parameters
    ----------
    sub, main
        The two ways to the same view.
    """

    def __init__(self, sub: Source, main: Source) -> None:
        self._sub = sub
        self._main = main
        self._looks_at_main = 0
        """Looks since the main stream took the sub-stream's place; 0 while the sub-stream works."""

    def look(self) -> Frame:
        """Take one fresh frame (see ``Source.look``); when both fail the error is the sub-stream's and tells both."""
        return self._seen(lambda source: source.look())

    def frames(self, every_s: float | None = None) -> Iterator[Frame]:
        """Yield the sub-stream's frames, or the main stream's when the sub-stream cannot even begin."""
        run = self._seen(lambda source: _begun(source.frames(every_s)))
        yield from run

    def _seen(self, see: Callable[[Source], _Seen]) -> _Seen:
        """Return what the first of the two sees that sees, and remember which it was."""
        failures: list[tuple[Source, SourceError]] = []
        for source in self._order():
            try:
                seen = see(source)
            except Unauthorised:
                raise
            except SourceError as error:
                failures.append((source, error))
            else:
                self._looks_at_main = self._looks_at_main + 1 if source is self._main else 0
                return seen
        (_, sub), (_, main) = sorted(failures, key=lambda failure: failure[0] is self._main)
        raise type(sub)(f"{sub}; and the main stream: {main}") from sub

    def _order(self) -> tuple[Source, Source]:
        is_subs_turn = self._looks_at_main % _SUB_AGAIN == 0
        return (self._sub, self._main) if is_subs_turn else (self._main, self._sub)


def _begun(frames: Iterator[Frame]) -> Iterator[Frame]:
    """Return the run with its first frame taken, so that a source that cannot begin says so here."""
    first = next(frames, None)

    def run() -> Iterator[Frame]:
        if first is not None:
            yield first
            yield from frames

    return run()
