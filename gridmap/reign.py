"""A ledger in the hands of one leader: all that it writes is refused once another one has taken over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gridmap.incident import Incident
from gridmap.ledger import FeedMemory, Ledger, OutboxCounts, Report


class Reign:
    """A ``Ledger`` whose commits are all of the epoch that the last ``take_over`` began.

    Before the first one it commits as one who has the ledger to itself.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._epoch: int | None = None

    def close(self) -> None:
        """Give back what is held open."""
        self._ledger.close()

    def take_over(self) -> int:
        """Begin a new epoch, and commit in it from now on."""
        self._epoch = self._ledger.take_over()
        return self._epoch

    def commit(
        self,
        incidents: Iterable[Incident],
        reports: Iterable[Report],
        feeds: Iterable[FeedMemory] = (),
        *,
        epoch: int | None = None,
    ) -> list[Report]:
        """Write in the epoch begun last; see ``Ledger.commit``."""
        return self._ledger.commit(incidents, reports, feeds, epoch=self._epoch if epoch is None else epoch)

    def open_incidents(self) -> list[Incident]:
        """Return what is not over."""
        return self._ledger.open_incidents()

    def feed_memory(self) -> dict[str, str]:
        """Return what each feed remembers."""
        return self._ledger.feed_memory()

    def pending(self, limit: int = 100, *, but: Iterable[str] = ()) -> list[Report]:
        """Return the reports that wait to be posted."""
        return self._ledger.pending(limit, but=but)

    def dead_letters(self, limit: int = 100) -> list[tuple[Report, str]]:
        """Return the reports that were refused for good."""
        return self._ledger.dead_letters(limit)

    def posted(self, report: Report) -> None:
        """Forget a report that was taken."""
        self._ledger.posted(report)

    def dead(self, report: Report, reason: str) -> None:
        """Set a report aside that will never be taken."""
        self._ledger.dead(report, reason)

    def revive(self) -> int:
        """Let every dead report wait to be posted again."""
        return self._ledger.revive()

    def counts(self) -> OutboxCounts:
        """Return how many reports wait, and how many are dead."""
        return self._ledger.counts()

    def prune(self, now: datetime, *, keep_days: float) -> int:
        """Delete incidents that ended long ago."""
        return self._ledger.prune(now, keep_days=keep_days)
