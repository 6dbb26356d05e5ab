"""Capture processes for one look at a time: for feeds that may have ended a process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from streams.captureworkers.process import Late, WorkerProcess
from streams.feed import Feed
from streams.looking import Answer
from streams.source import Limits

_AT_ONCE = 2


class Alone:
    """At most two processes with one look each, started when first needed. Safe to share between threads.

    Parameters
    ----------
    start
        Starts a process.
    """

    def __init__(self, start: Callable[[], WorkerProcess]) -> None:
        self._start = start
        self._room = threading.Semaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self.idle: list[WorkerProcess] = []
        """Those without a look."""

    def look(self, feed: Feed, limits: Limits, *, within_s: Callable[[], float]) -> Answer:
        """Look once; waits for room.

        Parameters
        ----------
        feed, limits
            What to look at.
        within_s
            Asked for the seconds that are left.

        Raises
        ------
        streams.captureworkers.process.Gone
            The look ended the process.
        streams.captureworkers.process.Late
            It was not back in time, or there was no room in time.
        """
        if not self._room.acquire(timeout=max(0.0, within_s())):
            raise Late
        try:
            return self._looked(feed, limits, within_s)
        finally:
            self._room.release()

    def close(self) -> None:
        """End the idle processes; one that looks ends with its look."""
        with self._lock:
            idle, self.idle = self.idle, []
        for process in idle:
            process.close()

    def _looked(self, feed: Feed, limits: Limits, within_s: Callable[[], float]) -> Answer:
        with self._lock:
            process = self.idle.pop() if self.idle else None
        process = process or self._start()
        try:
            answer = process.look(feed, limits, within_s=max(0.0, within_s()))
        except BaseException:
            process.close()
            raise
        with self._lock:
            self.idle.append(process)
        return answer
