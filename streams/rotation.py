"""The rotation: visits what is due, a few feeds at a time, and hands every visit on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Protocol

import structlog

from streams.capture import Capture
from streams.feed import Feed
from streams.frame import Frame
from streams.schedule import Schedule
from streams.source import Source
from streams.visit import Outcome, Visit

_log = structlog.get_logger()
_IDLE_S = 0.5
"""How long the rotation sleeps at most before it looks at the schedule again (and beats its heart)."""


class OnVisit(Protocol):
    """What is done with a visit: judge it, look for things, remember."""

    def __call__(self, feed: Feed, visit: Visit, frame: Frame | None) -> Outcome:
        """Return the visit's final outcome; a frame that came may still turn out dark, frozen or blocked."""
        ...


class Rotation:
    """Visits feeds as they fall due.

    Parameters
    ----------
    schedule
        Says who is due. Feeds never overlap with themselves.
    feeds, sources
        By feed id.
    capture
        Makes the visit under its hard deadline.
    on_visit
        Called in a worker thread for every visit made.
    workers
        Visits under way at once.
    beat
        Called at least each half second while the rotation makes progress; a watcher outside reads it.
    """

    def __init__(  # noqa: PLR0913 - the loop's parts, each passed in so that tests are exact
        self,
        schedule: Schedule,
        feeds: Mapping[str, Feed],
        sources: Mapping[str, Source],
        *,
        capture: Capture,
        on_visit: OnVisit,
        workers: int,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._schedule = schedule
        self._feeds = feeds
        self._sources = sources
        self._capture = capture
        self._on_visit = on_visit
        self._workers = workers
        self._beat = beat
        self._room = threading.Semaphore(workers)
        self._wake = threading.Event()
        self.failures = 0
        """Visits whose handling raised: a defect of ours, logged with its traceback."""

    def run(self, stop: threading.Event) -> None:
        """Visit until ``stop`` is set, then wait for visits under way."""
        with ThreadPoolExecutor(self._workers, thread_name_prefix="visit") as pool:
            while not stop.is_set():
                self._beat()
                if not self._start_due(pool):
                    self._wake.wait(self._pause_s())
                    self._wake.clear()

    def _pause_s(self) -> float:
        wait_s = self._schedule.wait_s()
        return _IDLE_S if wait_s is None else min(_IDLE_S, max(0.0, wait_s))

    def _start_due(self, pool: ThreadPoolExecutor) -> bool:
        """Start one visit if a feed is due and a worker is free; return whether one was started."""
        if not self._room.acquire(timeout=_IDLE_S):
            return False
        for due in self._schedule.take(limit=1):
            pool.submit(self._visit, due.feed_id, due.due_at)
            return True
        self._room.release()
        return False

    def _visit(self, feed_id: str, due_at: datetime) -> None:
        feed = self._feeds[feed_id]
        outcome = Outcome.UNREACHABLE
        try:
            visit, frame = self._capture.visit(feed, self._sources[feed_id], due_at=due_at)
            outcome = visit.outcome
            outcome = self._on_visit(feed, visit, frame)
        except Exception:  # noqa: BLE001 - the worker's boundary: one feed's trouble must not end the patrol
            self.failures += 1
            _log.exception("visit_failed", feed=feed_id)
        finally:
            self._schedule.done(feed_id, outcome)
            self._room.release()
            self._wake.set()
