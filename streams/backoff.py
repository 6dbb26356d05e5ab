"""How long a feed that fails is left alone: longer each time, never the same for two feeds."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """A growing pause.

    Parameters
    ----------
    first_s
        The pause after the first failure.
    limit_s
        The longest pause; a feed's own interval goes before it when that is longer.
    """

    first_s: float = 30.0
    limit_s: float = 1800.0

    def pause_s(self, failures: int, *, interval_s: float, rng: random.Random) -> float:
        """Return seconds until the next try after ``failures`` (1, 2 …) failures in a row.

        The pause doubles with each failure, from ``first_s`` to the limit, less up to a quarter by chance, so that
        the feeds of one dead recorder do not all come back at once. While it is shorter than the interval, a failed
        feed is tried again sooner than a healthy one: a camera that restarts is back within a minute. Once it has
        grown to the interval it is never shorter than that: a dead feed does not cost more than a living one.

        >>> Backoff(30, 1800).pause_s(99, interval_s=3600, rng=random.Random(0))
        3600
        """
        limit_s = max(self.limit_s, interval_s)
        # 2 ** 64 times anything is over the limit; more would overflow.
        grown_s = min(limit_s, self.first_s * 2.0 ** min(failures - 1, 64))
        pause_s = grown_s * rng.uniform(0.75, 1.0)
        return max(pause_s, interval_s) if grown_s >= interval_s else pause_s
