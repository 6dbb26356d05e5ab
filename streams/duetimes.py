"""Due times: at which second of the running clock a feed's turn comes.

Each feed has its own place in its interval, taken from a hash of its id, so that visits spread evenly and a restart
changes nobody's turn.
"""

from __future__ import annotations

import math
import random

from streams.backoff import Backoff
from streams.feed import share_of
from streams.legacy import Left
from streams.load import Load
from streams.turn import Turn
from streams.visit import Kind


class DueTimes:
    """Says when feeds are due; all times are seconds of the running clock. Not for several threads at once.

    Parameters
    ----------
    wall_at_zero_s
        What the wall clock would have shown at the running clock's zero: fixes each feed's place.
    load
        By how much intervals are stretched now.
    backoff
        How long one that fails is left alone.
    rng
        For the jitter of failing feeds.
    """

    def __init__(self, *, wall_at_zero_s: float, load: Load, backoff: Backoff, rng: random.Random) -> None:
        self._wall_at_zero_s, self._load, self._backoff, self._rng = wall_at_zero_s, load, backoff, rng

    def place_s(self, turn: Turn, after_s: float) -> float:
        """Return when the feed's place in its interval next comes round after ``after_s``; never while it rests."""
        interval_s = turn.pace.interval_s
        if interval_s is None:
            return math.inf
        place_s = share_of(turn.feed.id) * interval_s - self._wall_at_zero_s
        return after_s + ((place_s - after_s) % interval_s or interval_s)

    def next_s(self, turn: Turn, *, since_s: float, at_s: float) -> float:
        """Return when a feed is due after a visit that was begun at ``since_s`` and ended at ``at_s``."""
        interval_s = turn.pace.interval_s or turn.feed.interval_s
        if turn.failures:
            return at_s + self._backoff.pause_s(turn.failures, interval_s=interval_s, rng=self._rng)
        if turn.begun is Kind.FOLLOW_UP and turn.due_s > since_s:
            return turn.due_s
        factor = self._load.factor(turn.pace.weight)
        if factor > 1 and turn.begun is Kind.ROTATION:
            # Counted from the last turn: a place in an interval that changes would be another place each time.
            return max(turn.due_s + interval_s * factor, since_s + interval_s * factor / 2)
        return self.place_s(turn, max(at_s, since_s + interval_s / 2))

    def resumed_s(self, turn: Turn, left: Left, since_s: float, at_s: float) -> float | None:
        """Return when a feed is due by what is known of it; None when that is nothing, or was long ago.

        Parameters
        ----------
        since_s
            When its last visit was made; now while one is being made.
        """
        interval_s = turn.pace.interval_s
        if interval_s is None:
            return turn.due_s
        if since_s < at_s and left.excuses(turn.feed):
            return None
        if since_s < at_s and left.due_at is not None:
            kept = turn.failures or left.interval_s == interval_s
            due_s = turn.due_s if kept else min(turn.due_s, self.place_s(turn, at_s))
            return due_s if due_s > at_s - interval_s else None
        if since_s <= at_s - 2 * interval_s:
            return None
        if turn.failures:
            return at_s + self._backoff.pause_s(turn.failures, interval_s=interval_s, rng=self._rng)
        return self.place_s(turn, since_s + interval_s / 2)
