"""One look, and what came of it: the part of a visit that runs beside the patrol, in a thread or another process."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from streams.errors import SourceError, Unreachable
from streams.feed import Feed
from streams.frame import Frame
from streams.source import Source
from streams.url import masked


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a look: a frame or an error.

    Parameters
    ----------
    frame, error
        One of them.
    cpu_ms
        CPU milliseconds that the look's own thread took.
    defect
        The traceback of an error nobody had thought of, without credentials; else empty.
    """

    frame: Frame | None
    error: SourceError | None
    cpu_ms: float = 0.0
    defect: str = ""


@runtime_checkable
class Bounded(Protocol):
    """A source that keeps the deadline itself: its looks end in time whatever the library underneath does."""

    def look_in_time(self, within_s: float | None = None) -> Answer:
        """Look once, within ``within_s`` where less than its own deadline is left; never raises, never hangs."""
        ...


def failed(error: SourceError) -> Answer:
    """Return the answer of a look that came to nothing."""
    return Answer(None, error)


def look_once(feed: Feed, source: Source) -> Answer:
    """Look once, in the look's own thread; ``thread_time`` counts what this thread alone has used."""
    began = time.thread_time()
    frame, error, defect = None, None, ""
    try:
        frame = source.look()
    except SourceError as failure:
        error = failure
    except Exception as unexpected:  # noqa: BLE001 - a look's thread ends here; a defect must not end the patrol
        defect = masked(traceback.format_exc())
        text = masked(str(unexpected))
        error = Unreachable(f"{feed.shown_url}: unexpected {type(unexpected).__name__}: {text}")
    return Answer(frame, error, cpu_ms=(time.thread_time() - began) * 1000, defect=defect)
