"""One visit under a hard deadline, whatever the library underneath does."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from streams.errors import TimedOut
from streams.feed import Feed
from streams.filename import readable
from streams.frame import Frame
from streams.looking import Answer, Bounded, failed, look_once
from streams.source import Source
from streams.url import masked
from streams.visit import Outcome, Visit

_log = structlog.get_logger()


class Capture:
    """Makes visits. Safe to share between threads.

    Each look runs in a thread of its own. Capture libraries hang inside calls that nothing can interrupt, so a look
    that is not back in time is left behind: the visit ends as ``timeout``, whatever the thread brings later is
    dropped, and while it hangs its feed is not opened again, so that a dead camera costs one thread and not one per
    visit. A source that keeps the deadline itself (``streams.looking.Bounded``) is trusted to, and looks in the
    visit's own thread.

    Parameters
    ----------
    deadline_s
        Seconds after which a look is given up. Longer than the source's own timeouts together.
    now
        The wall clock; aware UTC.
    """

    def __init__(self, deadline_s: float, *, now: Callable[[], datetime]) -> None:
        self._deadline_s, self._now = deadline_s, now
        self._lock = threading.Lock()
        self._left_behind: dict[str, threading.Thread] = {}
        self._abandoned = 0

    @property
    def abandoned(self) -> int:
        """Looks given up since the start. A process with many is due to be recycled."""
        return self._abandoned

    @property
    def hanging(self) -> int:
        """Looks given up whose threads have still not come back."""
        with self._lock:
            return sum(thread.is_alive() for thread in self._left_behind.values())

    def visit(self, feed: Feed, source: Source, *, due_at: datetime) -> tuple[Visit, Frame | None]:
        """Look once and return how it ended; the frame comes with an ``ok`` visit only. Never raises.

        Whether the frame sees anything is not judged here: see ``streams.sight``.
        """
        started_at = self._now()
        answer = self.look(feed, source)
        visit = Visit(
            feed.id,
            due_at=due_at,
            started_at=started_at,
            finished_at=self._now(),
            outcome=answer.error.outcome if answer.error else Outcome.OK,
            detail=readable(masked(str(answer.error))) if answer.error else "",
            cpu_ms=answer.cpu_ms,
        )
        return visit, answer.frame

    def look(self, feed: Feed, source: Source, *, within_s: float | None = None) -> Answer:
        """Look once within ``within_s``, or within the deadline, and return what came of it. Never raises."""
        if isinstance(source, Bounded):
            answer = source.look_in_time(within_s)
        else:
            answer = self._answer(feed, source, within_s)
        if answer.defect:
            _log.error("look_failed_unexpectedly", feed=feed.id, exception=answer.defect)
        return answer

    def _answer(self, feed: Feed, source: Source, within_s: float | None) -> Answer:
        allowed_s = self._deadline_s if within_s is None else within_s
        if self._still_hangs(feed.id):
            return failed(TimedOut(f"{feed.shown_url}: an earlier look still hangs; not opened again before it ends"))
        answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        thread = threading.Thread(
            target=lambda: answers.put(look_once(feed, source)), name=f"look-{feed.id}", daemon=True
        )
        thread.start()
        try:
            return answers.get(timeout=allowed_s)
        except queue.Empty:
            self._leave_behind(feed.id, thread, allowed_s)
            return failed(TimedOut(f"{feed.shown_url}: given up after {allowed_s:g} s"))

    def _still_hangs(self, feed_id: str) -> bool:
        with self._lock:
            thread = self._left_behind.get(feed_id)
            if thread is not None and not thread.is_alive():
                del self._left_behind[feed_id]
            return thread is not None and thread.is_alive()

    def _leave_behind(self, feed_id: str, thread: threading.Thread, after_s: float) -> None:
        with self._lock:
            self._left_behind[feed_id] = thread
            self._abandoned += 1
        _log.warning("look_abandoned", feed=feed_id, after_s=after_s)
