"""How closer looks come out over all feeds, and whose main streams cannot be used."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from api.closer import CloserTold
from api.http.feedshapes import CloserStatus

_NAMED = 5
_FORGOTTEN_AFTER = timedelta(days=1)
"""A main stream that failed is no trouble for longer than this, when nothing small was seen at its feed since."""


class CloserTally:
    """Counts closer looks since the start. May be called by several threads.

    Parameters
    ----------
    tell
        Told one sentence while main streams fail, and None when none does.
    """

    def __init__(self, *, tell: Callable[[str | None], None] = lambda _: None) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._confirmed = self._refuted = self._failed = self._opens = 0
        self._failing: dict[str, tuple[datetime, str]] = {}
        """When and why each failed last, the longest ago first."""

    def note(self, feed_id: str, told: CloserTold, *, at: datetime) -> None:
        """Note what closer looks came to on a feed's visit, most of which have none."""
        asked = bool(told.confirmed or told.refuted or told.failed)
        with self._lock:
            if not self._forget(at) and not asked:
                return
            self._count(told)
            if asked:
                self._failing.pop(feed_id, None)
            if told.failed:
                self._failing[feed_id] = (at, told.why)
            sentence = self._sentence()
        self._tell(sentence)

    def status(self) -> CloserStatus:
        """Return the counts."""
        with self._lock:
            return CloserStatus(
                confirmed=self._confirmed,
                refuted=self._refuted,
                failed=self._failed,
                opens=self._opens,
                failing=len(self._failing),
            )

    def _count(self, told: CloserTold) -> None:
        self._confirmed += told.confirmed
        self._refuted += told.refuted
        self._failed += told.failed
        self._opens += told.opens

    def _forget(self, at: datetime) -> bool:
        """Forget who failed too long ago, and return whether there was one."""
        old = 0
        while self._failing and at - next(iter(self._failing.values()))[0] > _FORGOTTEN_AFTER:
            del self._failing[next(iter(self._failing))]
            old += 1
        return old > 0

    def _sentence(self) -> str | None:
        if not self._failing:
            return None
        latest_first = list(reversed(self._failing))
        more = f" and {len(latest_first) - _NAMED} more" if len(latest_first) > _NAMED else ""
        _, why = self._failing[latest_first[0]]
        return f"no closer look at {', '.join(latest_first[:_NAMED])}{more}: {why}"
