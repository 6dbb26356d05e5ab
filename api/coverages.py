"""Coverage reports for many askers: made one at a time, and not anew for each of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from detector.coveragecount import By, Question
from detector.coveragereport import Coverage

_FRESH_S = 60.0
_LAST = timedelta(hours=24)
_KEPT = 8
"""So many answers are kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; without ``until`` up to now, without ``since`` the 24 hours before."""

    by: tuple[By, ...] = (By.PLAN,)
    plan: str | None = None
    since: datetime | None = None
    until: datetime | None = None


LAST_DAY = Wanted()


class Coverages:
    """Answers from one log. Any thread may call.

    A report over a large city takes seconds and hundreds of megabytes: two at once would take twice both, so askers
    wait for each other, and an answer serves everyone who asks the same within a minute.

    Parameters
    ----------
    ask
        Makes a report; may raise OSError.
    zone
        The city's.
    now
        Aware UTC clock.
    running_s
        A clock in seconds that only runs forward.
    """

    def __init__(
        self,
        ask: Callable[[Question], Coverage],
        zone: ZoneInfo,
        *,
        now: Callable[[], datetime],
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._zone = zone
        self._now = now
        self._running_s = running_s
        self._lock = threading.Lock()
        self._answers: dict[Wanted, tuple[float, Coverage]] = {}

    def answer(self, wanted: Wanted) -> Coverage:
        """Return a report that is no older than a minute.

        Raises
        ------
        OSError
            When the log cannot be read.
        """
        with self._lock:
            made_s, answer = self._answers.get(wanted, (0.0, None))
            if answer is not None and self._running_s() - made_s <= _FRESH_S:
                return answer
            answer = self._ask(self._question(wanted))
            self._answers.pop(wanted, None)
            self._answers[wanted] = (self._running_s(), answer)
            for oldest in list(self._answers)[:-_KEPT]:
                del self._answers[oldest]
            return answer

    def last_day(self) -> Coverage | None:
        """Return the last report by plan over 24 hours, however old; None before the first."""
        known = self._answers.get(LAST_DAY)
        return known and known[1]

    def _question(self, wanted: Wanted) -> Question:
        now = self._now()
        until = wanted.until or now
        return Question(wanted.since or until - _LAST, until, now, wanted.by, wanted.plan, self._zone)
