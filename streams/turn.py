"""A feed's turns: what the schedule knows of one feed."""

from __future__ import annotations

import math
from dataclasses import dataclass

from streams.feed import Feed
from streams.pacing import Site, site_of
from streams.plan import Pace
from streams.visit import Kind


@dataclass(slots=True)
class Turn:
    """What is known of one feed's turns; times in seconds of the running clock, infinite for never.

    Parameters
    ----------
    due_s
        When its next visit in the rotation is due, or its next try when it failed last time.
    again_s, asked_s
        When its last look, and when somebody else, wants it to be looked at again.
    why
        What it was asked for.
    taken_s, open_site
        When its visit under way was begun, and what is open for it.
    begun
        Why the visit under way is made.
    leaving
        Removed while its visit was under way; kept until that ends, or a second one could begin beside it.
    counted
        How it is counted in the load.
    """

    feed: Feed
    pace: Pace
    due_s: float = math.inf
    failures: int = 0
    again_s: float = math.inf
    asked_s: float = math.inf
    why: str = ""
    taken_s: float | None = None
    open_site: Site | None = None
    begun: Kind = Kind.ROTATION
    leaving: bool = False
    counted: Pace | None = None

    @property
    def site(self) -> Site | None:
        """What it shares with other feeds."""
        return site_of(self.feed)

    @property
    def follow_up_s(self) -> float:
        """When it is to be looked at again before its turn."""
        return min(self.again_s, self.asked_s)

    @property
    def free(self) -> bool:
        """Whether it may be visited at all now."""
        return self.taken_s is None and self.pace.interval_s is not None

    def waits_rotation(self, due_s: float) -> bool:
        """Return whether it waits for its turn at that time."""
        return self.due_s == due_s and self.free and not self.failures

    def waits_retry(self, due_s: float) -> bool:
        """Return whether it waits for another try at that time."""
        return self.due_s == due_s and self.free and self.failures > 0

    def waits_follow_up(self, due_s: float) -> bool:
        """Return whether it waits to be looked at again at that time; while it fails, its tries come first."""
        return self.follow_up_s == due_s and self.free and not self.failures
