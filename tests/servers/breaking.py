"""Feeds that hang, crash and grow in a capture process, as capture libraries do: the opener of the workers' tests."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np

from streams.feed import Feed
from streams.frame import Frame
from streams.source import Limits, Source

OPENER = f"{__name__}:open_source"
_leaked: list[bytearray] = []


def open_source(feed: Feed, limits: Limits, *, now: Callable[[], datetime]) -> Source:
    """Open ``test://what?file=…``, anything else as the patrol does."""
    if feed.url.startswith("test://"):
        return Breaking(feed, now)
    from streams import sources  # noqa: PLC0415 - most tests do without, and their processes start faster

    return sources.open_source(feed, limits, now=now)


class Breaking:
    """A source that does what its URL says before it answers with a small picture.

    ``picture``, ``hang`` (no one can interrupt it), ``hold`` (hangs with the interpreter's lock), ``abort``,
    ``abort_once`` and ``wait`` (both until ``file`` is there), ``grow`` (by 40 MB), ``large`` (a picture larger than
    the arena allows).
    Each writes its process' id into ``file.pid`` first when there is a ``file``.
    """

    def __init__(self, feed: Feed, now: Callable[[], datetime]) -> None:
        parts = urlsplit(feed.url)
        self._what, self._now = parts.netloc, now
        self._file = Path(parse_qs(parts.query).get("file", ["/dev/null"])[0])

    def look(self) -> Frame:
        if self._file.name != "null":
            self._file.with_suffix(".pid").write_text(str(os.getpid()))
        side = 4000 if self._what == "large" else 64
        {"hang": threading.Event().wait, "hold": _hold, "abort": os.abort, "grow": _grow}.get(self._what, int)()
        if self._what == "abort_once" and not self._file.exists():
            self._file.touch()
            os.abort()
        while self._what == "wait" and not self._file.exists():
            threading.Event().wait(0.02)
        image = np.full((side, side, 3), 7, np.uint8)
        return Frame(image, self._now(), "digest", name=str(os.getpid()), encoded=b"encoded")

    def frames(self, every_s: float | None = None) -> Iterator[Frame]:
        yield self.look()


def _hold() -> None:
    ctypes.PyDLL(None).sleep(3600)


def _grow() -> None:
    _leaked.append(bytearray(os.urandom(1)) * 40_000_000)
