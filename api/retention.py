"""Retention: pictures go when they are no longer needed, records stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import structlog

from api.errors import ApiError
from api.evidence import EvidenceStore
from api.store.port import CaseStore
from api.store.records import Expiry
from configs.settings import EvidenceSettings

_log = structlog.get_logger()
_BATCH = 200
_GRACE = timedelta(hours=1)
"""A file this young may belong to a report that is just being taken in."""
_WALK_EVERY = timedelta(hours=20)
_KEEP_RECEIPTS = timedelta(days=30)
"""Longer than any outbox waits to repeat a report."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed: pictures past their time, files without a record or feed, idempotency keys."""

    pictures: int
    orphans: int
    receipts: int


class Retention:
    """Removes what is past its time, in batches so small that nobody waits for them.

    Parameters
    ----------
    store, evidence
        Where records and pictures are kept.
    keep
        For how many days, by what operators said. Pictures of a filed case are kept as long as it is open.
    """

    def __init__(self, store: CaseStore, evidence: EvidenceStore, keep: EvidenceSettings) -> None:
        self._store = store
        self._evidence = evidence
        self._keep = keep
        self._walked_at: datetime | None = None

    def sweep(self, now: datetime) -> Swept:
        """Remove what is past its time; look for files without a record on the first sweep and then daily.

        Raises nothing: whatever stops one of its three steps (a busy database, a folder that cannot be read) is
        logged, the other steps are taken all the same, what was done stays done and the next sweep goes on.

        Parameters
        ----------
        now
            Aware UTC.

        Returns
        -------
        Swept
            0 for a step that was stopped.
        """
        return Swept(
            pictures=_tried(self._expired, now),
            orphans=_tried(self._walked, now),
            receipts=_tried(self._receipts, now),
        )

    def _walked(self, now: datetime) -> int:
        if self._walked_at is not None and now - self._walked_at < _WALK_EVERY:
            return 0
        orphans = self._orphans(now)
        self._walked_at = now
        return orphans

    def _expired(self, now: datetime) -> int:
        expiry = Expiry(
            pending=now - timedelta(days=self._keep.keep_pending_days),
            rejected=now - timedelta(days=self._keep.keep_rejected_days),
            confirmed=now - timedelta(days=self._keep.keep_confirmed_days),
        )
        total = 0
        while removed := self._expired_batch(expiry, now):
            total += removed
        return total

    def _expired_batch(self, expiry: Expiry, now: datetime) -> int:
        with self._store.writing() as book:
            batch = book.pictures.expired(expiry, limit=_BATCH)
            book.pictures.mark_removed([picture.id for picture in batch], now)
            names = {picture.kept.name for picture in batch}
            free = names - book.pictures.live_names(names)
        # After the commit: a crash in between leaves files without a record, which the daily walk finds.
        for name in free:
            self._evidence.remove(name, unless_put_since=now - _GRACE)
        return len(batch)

    def _orphans(self, now: datetime) -> int:
        total = 0
        for names in _batches(self._evidence.older(now - _GRACE)):
            asked = [name for name in names if name.isascii()]  # what the store named; others are nobody's
            with self._store.reading() as book:
                orphans = set(names) - book.pictures.live_names(asked)
            for name in orphans:
                self._evidence.remove(name, unless_put_since=now - _GRACE)
            total += len(orphans)
        return total + self._views()

    def _views(self) -> int:
        views = self._evidence.views()
        with self._store.reading() as book:
            forgotten = set(views) - book.feeds.known(views)
        for feed_id in forgotten:
            self._evidence.remove_view(feed_id)
        return len(forgotten)

    def _receipts(self, now: datetime) -> int:
        total = 0
        while True:
            with self._store.writing() as book:
                pruned = book.receipts.prune(now - _KEEP_RECEIPTS, limit=_BATCH)
            if not pruned:
                return total
            total += pruned


def _tried(step: Callable[[datetime], int], now: datetime) -> int:
    try:
        return step(now)
    except (ApiError, OSError) as error:
        _log.warning("sweep_put_off", step=step.__name__.strip("_"), reason=str(error))
    except Exception:  # noqa: BLE001 - should the retention thread end, no picture would be removed ever again
        _log.exception("sweep_failed", step=step.__name__.strip("_"))
    return 0


def _batches(names: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(names, _BATCH)):
        yield batch
