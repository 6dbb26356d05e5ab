"""A capture process: looks at the feeds it is asked for, each in a thread, and ends with the patrol.

Started by ``streams.captureworkers.process`` as ``python -m streams.captureworkers.worker FD SLOTS SLOT_BYTES
MEMORY_FD FREE_FD OPENER``. It imports what reaches cameras and nothing else: no model, no log.
"""

from __future__ import annotations

import faulthandler
import mmap
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from streams.captureworkers.arena import WorkersArena
from streams.captureworkers.messages import Alive, Ask, Looked, Placed
from streams.errors import Unreachable
from streams.frame import Frame
from streams.heap import give_back
from streams.looking import Answer, look_once
from streams.source import Source

Opener = Callable[..., Source]

_BEAT_S = 1.0
_STUCK_S, _ARMED_FOR_S = 60.0, 10.0
"""A process in which no Python runs any more (a library hangs with the interpreter's lock) ends itself after a
minute, should the patrol not do it: then the patrol is gone."""
_MOST_LOOKS = 256
_GIVE_BACK_EVERY_S = 30.0


class Worker:
    """Serves one patrol."""

    def __init__(self, connection: Connection[Any, Any], arena: WorkersArena, open_source: Opener) -> None:
        self._connection, self._arena, self._open_source = connection, arena, open_source
        self._sending = threading.Lock()
        self._sources: dict[tuple[str, str], tuple[Ask, Source]] = {}
        self._threads = ThreadPoolExecutor(_MOST_LOOKS, thread_name_prefix="look")
        self._armed_until_s = 0.0
        self._give_back_at_s = time.monotonic() + _GIVE_BACK_EVERY_S

    def serve(self) -> None:
        """Look until the patrol is gone, which is an ``EOFError`` or an ``OSError``."""
        beaten_at = -_BEAT_S
        while True:
            self._keep_armed()
            if time.monotonic() - beaten_at >= _BEAT_S:
                self._give_back_now_and_then()
                self._tell(Alive(own_mb()))
                beaten_at = time.monotonic()
            if self._connection.poll(_BEAT_S):
                ask: Ask = self._connection.recv()
                self._threads.submit(self._look, ask)

    def _keep_armed(self) -> None:
        now = time.monotonic()
        if now > self._armed_until_s:
            self._armed_until_s = now + _ARMED_FOR_S
            faulthandler.dump_traceback_later(_STUCK_S, exit=True)

    def _give_back_now_and_then(self) -> None:
        now = time.monotonic()
        if now >= self._give_back_at_s:
            self._give_back_at_s = now + _GIVE_BACK_EVERY_S
            give_back()

    def _look(self, ask: Ask) -> None:
        answer = look_once(ask.feed, self._source(ask))
        placed = None
        if answer.frame is not None:
            try:
                placed = self._placed(answer.frame)
            except ValueError as error:
                answer = Answer(None, Unreachable(f"{ask.feed.shown_url}: {error}"), answer.cpu_ms)
        self._tell(Looked(ask.number, placed, answer.error, answer.cpu_ms, answer.defect, own_mb()))

    def _source(self, ask: Ask) -> Source:
        """Return the feed's source, the same as last time: it remembers challenges, tags and which stream works."""
        key = (ask.feed.id, ask.feed.url)
        known = self._sources.get(key)
        if known is None or (known[0].feed, known[0].limits) != (ask.feed, ask.limits):
            known = self._sources[key] = (ask, self._open_source(ask.feed, ask.limits, now=lambda: datetime.now(UTC)))
        return known[1]

    def _placed(self, frame: Frame) -> Placed:
        encoded = np.frombuffer(frame.encoded, np.uint8) if frame.encoded is not None else None
        slot = self._arena.put(frame.image, *(() if encoded is None else (encoded,)))
        return Placed(
            slot,
            (frame.height, frame.width),
            None if encoded is None else encoded.size,
            frame.captured_at,
            frame.digest,
            frame.name,
            frame.index,
        )

    def _tell(self, message: Looked | Alive) -> None:
        with self._sending:
            self._connection.send(message)


def own_mb() -> float:
    """Return the memory (MB) that this process has for itself: what is shared, the arena above all, left out."""
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 - after each look: a Path would double the cost
        _size, resident, shared = statm.read().split(maxsplit=3)[:3]
    return (int(resident) - int(shared)) * mmap.PAGESIZE / 1e6


def opener(name: str) -> Opener:
    """Return the function that ``module:function`` names; it is called like ``streams.sources.open_source``."""
    module, _, function = name.partition(":")
    found: Opener = getattr(import_module(module), function)
    return found


def main() -> None:
    """Run the process; its exit code is 0 when the patrol is gone."""
    fd, slots, slot_bytes, memory_fd, free_fd = map(int, sys.argv[1:6])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes of a terminal; the patrol decides
    arena = WorkersArena.joined(slots, slot_bytes, memory_fd, free_fd)
    code = 1
    try:
        Worker(Connection(fd), arena, opener(sys.argv[6])).serve()
    except (EOFError, OSError):
        code = 0
    except Exception:  # noqa: BLE001 - the process' boundary: the patrol sees its exit code and starts another
        traceback.print_exc()
    os._exit(code)  # looks that hang must not keep it


if __name__ == "__main__":
    main()
