"""The ledger: what a patrol must not forget: open incidents, the outbox, each feed's memory.

What ``commit`` has returned for is there after a crash, all of it, once. It is kept in a file of the patrol's own, or
in PostgreSQL when several patrol processes are one patrol: see ``gridmap.ledgers``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gridmap.errors import Deposed, LedgerError
from gridmap.incident import Incident


@dataclass(frozen=True, slots=True)
class Report:
    """What is to be told of an incident.

    Parameters
    ----------
    incident_id
        Hex UUID.
    sequence
        0, 1, 2 … per incident without gaps; given by ``commit``, whatever it was before.
    kind
        ``confirmed``, ``seen``, ``ended`` or ``unwatched``.
    body_json
        What is posted. Kept as it is.
    evidence
        JPEG, or None.
    """

    incident_id: str
    sequence: int
    kind: str
    body_json: str
    evidence: bytes | None = None


@dataclass(frozen=True, slots=True)
class FeedMemory:
    """What a feed must remember over a restart; ``body`` is its keeper's own text."""

    feed_id: str
    body: str


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """How many reports wait to be posted, and how many were refused for good."""

    pending: int
    dead: int


class Ledger(Protocol):
    """Where a patrol's state is kept. Any thread may call; writers wait for each other.

    Every call raises ``LedgerError`` when the ledger is away, full, locked or damaged. Nothing was written then, and
    the same call can be repeated later: what was away is opened again by itself.
    """

    def close(self) -> None:
        """Give back what is held open."""
        ...

    def take_over(self) -> int:
        """Begin a new epoch and return its number: from now on whoever commits with an older one is refused.

        A leader takes over before it reads: what it reads then cannot be changed behind its back.
        """
        ...

    def commit(
        self,
        incidents: Iterable[Incident],
        reports: Iterable[Report],
        feeds: Iterable[FeedMemory] = (),
        *,
        epoch: int | None = None,
    ) -> list[Report]:
        """Write all of it or nothing, and return the reports with their sequences.

        An ended incident is kept, closed, until ``prune``; a dropped suspect is deleted.

        Parameters
        ----------
        epoch
            The epoch that the writer leads in, from ``take_over`` or from elsewhere: a larger one than the ledger
            knows begins with this commit. None is for a patrol that has its ledger to itself: it is never refused.

        Raises
        ------
        Deposed
            Somebody else took over since. Nothing was written, and nothing ever will be under this epoch.
        LedgerError
            As every call; nothing was written.
        """
        ...

    def open_incidents(self) -> list[Incident]:
        """Return every suspect and confirmed incident, as last committed."""
        ...

    def feed_memory(self) -> dict[str, str]:
        """Return what each feed remembers, by feed id."""
        ...

    def pending(self, limit: int = 100, *, but: Iterable[str] = ()) -> list[Report]:
        """Return the reports that wait to be posted, at most ``limit``, in the order they were committed.

        Parameters
        ----------
        but
            Incidents whose reports are left out.
        """
        ...

    def dead_letters(self, limit: int = 100) -> list[tuple[Report, str]]:
        """Return the reports that were refused for good, each with the reason, oldest first."""
        ...

    def posted(self, report: Report) -> None:
        """Forget a report that was taken; doing so twice is fine.

        Raises
        ------
        LedgerError
            The report stays pending and is posted again, which the API answers as it did before.
        """
        ...

    def dead(self, report: Report, reason: str) -> None:
        """Set a report aside that will never be taken, with the reason in one sentence."""
        ...

    def revive(self) -> int:
        """Let every dead report wait to be posted again, in its old place; return how many."""
        ...

    def counts(self) -> OutboxCounts:
        """Return how many reports wait, and how many are dead."""
        ...

    def prune(self, now: datetime, *, keep_days: float) -> int:
        """Delete incidents that ended over ``keep_days`` ago and have no report left; return how many."""
        ...


def still_leading(epoch: int | None, known: int) -> int:
    """Return the epoch that the ledger is in once this commit is done.

    Raises
    ------
    Deposed
        When a newer one has begun.
    """
    if epoch is not None and epoch < known:
        raise Deposed(
            f"another patrol process took the lead (epoch {known}, this one led in {epoch}); "
            "what this one still wanted to write is left to it"
        )
    return known if epoch is None else epoch


def incident_of(record: str, *, ledger: str, way_out: str) -> Incident:
    """Return the incident that was written as ``record``.

    Raises
    ------
    LedgerError
        When it is none; it names the ledger.
    """
    try:
        return Incident.from_record(json.loads(record))
    except (KeyError, TypeError, ValueError) as error:
        raise LedgerError(f"{ledger}: an incident in it cannot be read ({error!r}); {way_out}") from error
