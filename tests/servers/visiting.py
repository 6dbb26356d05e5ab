"""Looking and remembering in one go, for tests of what comes of a visit."""

from __future__ import annotations

from dataclasses import dataclass

from api.lookout import Lookout
from api.watch import Watch
from streams.feed import Feed
from streams.frame import Frame
from streams.visit import Handled, Visit


@dataclass(frozen=True, slots=True)
class Visiting:
    """One visit after another, without a bus between."""

    lookout: Lookout
    watch: Watch

    def __call__(self, feed: Feed, visit: Visit, frame: Frame | None) -> Handled:
        """Look at one visit's picture, remember it, and return what came of it."""
        return self.watch(
            self.lookout(feed, visit, frame, self.watch.brief(feed.id, at=visit.finished_at).as_record())
        )

    def failed(self, feed: Feed, visit: Visit, error: Exception) -> None:
        """Remember that a visit could not be handled."""
        self.watch(self.lookout.failed(visit, feed.name, type(error).__name__))
