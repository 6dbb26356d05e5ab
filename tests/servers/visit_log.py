"""A patrol's log made for tests: a roster, and visits as a patrol would have made them until now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from detector.log import ParquetLog
from streams.feed import share_of
from streams.roster import Enrolled, Roster, keep_roster
from streams.visit import Outcome, Visit

EVERY_S = 600.0
Plans = Mapping[str, tuple[str, ...]]


def turns_before(feed_id: str, now: datetime, hours: float) -> list[datetime]:
    """When the feed was due in the last hours, and in the next minutes: what is asked soon is answered too."""
    place_s = share_of(feed_id) * EVERY_S
    number = int(((now - timedelta(hours=hours)).timestamp() - place_s) // EVERY_S) + 1
    due = []
    while (at_s := place_s + number * EVERY_S) <= now.timestamp() + EVERY_S:
        due.append(datetime.fromtimestamp(at_s, UTC))
        number += 1
    return due


def write_day(
    log: Path,
    feeds: Mapping[str, Outcome | None],
    *,
    now: datetime,
    plans: Mapping[str, tuple[str, ...]] | None = None,
) -> int:
    """Write 24 hours of visits in which every look of a feed ends alike (None: was never looked at).

    Returns how many visits were written.
    """
    of_plan = plans or {"default": tuple(feeds)}
    every_s = {feed: {plan: EVERY_S for plan, listed in of_plan.items() if feed in listed} for feed in feeds}
    enrolled = tuple(Enrolled(feed, every_s[feed], f"name of {feed}", f"cell-{feed[-1]}") for feed in feeds)
    keep_roster(log, Roster(now - timedelta(days=2), enrolled))
    written = 0
    parquet = ParquetLog(log)
    for feed, outcome in feeds.items():
        for due_at in turns_before(feed, now, 24.0) if outcome is not None else ():
            begun, ended = due_at + timedelta(seconds=1), due_at + timedelta(seconds=2)
            parquet.visit(Visit(feed, due_at, begun, ended, outcome), outcome, "")
            written += 1
    parquet.flush()
    return written
