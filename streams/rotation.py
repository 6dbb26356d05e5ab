"""The rotation: visits what is due, a few feeds at a time, and hands every visit on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

import structlog

from streams.capture import Capture
from streams.feed import Feed
from streams.frame import Frame
from streams.schedule import Due, Schedule
from streams.source import Source
from streams.visit import Handled, Outcome, Visit

_log = structlog.get_logger()
_IDLE_S = 0.5
"""How long the rotation sleeps at most before it looks at the schedule again (and beats its heart)."""


class OnVisit(Protocol):
    """What is done with a visit: judge it, look for things, remember."""

    def __call__(self, feed: Feed, visit: Visit, frame: Frame | None) -> Handled:
        """Return what came of the visit; a frame that came may still turn out dark, frozen or blocked."""
        ...

    def failed(self, feed: Feed, visit: Visit, error: Exception) -> None:
        """Note that the call above raised on a visit: a defect, which must not go unseen."""
        ...


class Rotation:
    """Visits feeds as they fall due.

    Feeds that failed last time share a quarter of the workers: each of them costs its whole timeout, and however many
    there are, the rest of the city is seen on time.

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
    stuck_after_s
        A visit under way for longer than this, capture and handling together, means that the process hangs.
    beat
        Called at least each half second while no visit is stuck; a watcher outside acts when it stops.
    running_s
        A clock in seconds that only runs forward.
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
        stuck_after_s: float,
        beat: Callable[[], None] = lambda: None,
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._schedule = schedule
        self._feeds = feeds
        self._sources = sources
        self._capture = capture
        self._on_visit = on_visit
        self._workers = workers
        self._stuck_after_s = stuck_after_s
        self._beat = beat
        self._running_s = running_s
        self._room = threading.Semaphore(workers)
        self._room_for_failing = threading.Semaphore(max(1, workers // 4))
        self._under_way: dict[str, float] = {}
        self._wake = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Visit until ``stop`` is set, then wait for visits under way."""
        with ThreadPoolExecutor(self._workers, thread_name_prefix="visit") as pool:
            while not stop.is_set():
                if not self._stuck():
                    self._beat()
                if not self._start_due(pool):
                    self._wake.wait(self._pause_s())
                    self._wake.clear()

    def _stuck(self) -> bool:
        oldest = min(list(self._under_way.values()), default=None)
        return oldest is not None and self._running_s() - oldest > self._stuck_after_s

    def _pause_s(self) -> float:
        # A failing feed that is due but finds no room is tried again when a visit ends, which sets the wake event.
        failing = self._room_for_failing.acquire(blocking=False)
        if failing:
            self._room_for_failing.release()
        wait_s = self._schedule.wait_s(failing=failing)
        return _IDLE_S if wait_s is None else min(_IDLE_S, wait_s)

    def _start_due(self, pool: ThreadPoolExecutor) -> bool:
        """Start one visit if a feed is due and a worker is free for it; return whether one was started."""
        if not self._room.acquire(timeout=_IDLE_S):
            return False
        failing = self._room_for_failing.acquire(blocking=False)
        for due in self._schedule.take(limit=1, failing=failing):
            if failing and not due.failing:
                self._room_for_failing.release()
            self._under_way[due.feed_id] = self._running_s()
            pool.submit(self._visit, due)
            return True
        if failing:
            self._room_for_failing.release()
        self._room.release()
        return False

    def _visit(self, due: Due) -> None:
        handled = Handled(Outcome.UNREACHABLE)
        try:
            handled = self._visited(self._feeds[due.feed_id], due)
        finally:
            self._schedule.done(due.feed_id, handled.outcome, handled.again_in_s)
            del self._under_way[due.feed_id]
            if due.failing:
                self._room_for_failing.release()
            self._room.release()
            self._wake.set()

    def _visited(self, feed: Feed, due: Due) -> Handled:
        captured, frame = self._capture.visit(feed, self._sources[feed.id], due_at=due.due_at)
        visit = replace(captured, kind=due.kind, plan=due.plan)
        try:
            return self._on_visit(feed, visit, frame)
        except Exception as error:  # noqa: BLE001 - the worker's boundary: one feed's trouble must not end the patrol
            _log.exception("visit_not_handled", feed=feed.id)
            self._on_visit.failed(feed, visit, error)
            return Handled(visit.outcome)
