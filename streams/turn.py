"""A feed's turns: what the schedule knows of one feed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from streams.feed import Feed
from streams.legacy import Left
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

    @property
    def answering(self) -> bool:
        """Whether the visit under way answers what it was asked for."""
        return self.taken_s is not None and self.asked_s <= self.taken_s

    def left(self, at_s: float, wall: datetime) -> Left:
        """Return what is left of it for another schedule, the clocks showing ``at_s`` and ``wall``."""

        def shown(due_s: float) -> datetime | None:
            return None if due_s == math.inf else wall + timedelta(seconds=due_s - at_s)

        return Left(
            due_at=shown(self.due_s),
            interval_s=self.pace.interval_s,
            failures=self.failures,
            mark=self.feed.mark if self.failures else "",
            again_at=shown(self.again_s),
            asked_at=shown(self.asked_s),
            why=self.why,
        )

    def take_up(self, left: Left, at_s: float, wall: datetime) -> None:
        """Go on from what another schedule left; see ``left``."""

        def running_s(shown: datetime | None) -> float:
            return math.inf if shown is None else at_s + (shown - wall).total_seconds()

        self.due_s = running_s(left.due_at)
        self.failures = 0 if left.excuses(self.feed) else left.failures
        self.again_s, self.asked_s, self.why = running_s(left.again_at), running_s(left.asked_at), left.why

    def waits_rotation(self, due_s: float) -> bool:
        """Return whether it waits for its turn at that time."""
        return self.due_s == due_s and self.free and not self.failures

    def waits_retry(self, due_s: float) -> bool:
        """Return whether it waits for another try at that time."""
        return self.due_s == due_s and self.free and self.failures > 0

    def waits_follow_up(self, due_s: float) -> bool:
        """Return whether it waits to be looked at again at that time; while it fails, its tries come first."""
        return self.follow_up_s == due_s and self.free and not self.failures
