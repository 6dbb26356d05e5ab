"""A schedule's legacy: what whoever schedules next is to know, the same process begun anew or another one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Self

from streams.feed import Feed

_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of one feed's turns; times are wall clock, aware, None for never.

    Parameters
    ----------
    due_at
        When its next visit in the rotation is due, or its next try when it failed last time.
    interval_s
        Seconds between visits when that was set; None while it was not to be visited.
    failures
        How often in a row it failed.
    mark
        How it was reached then (see ``Feed.mark``); kept of feeds that failed.
    again_at, asked_at
        When its last look, and when somebody else, wants it to be looked at again.
    why
        What it was asked for.
    """

    due_at: datetime | None = None
    interval_s: float | None = None
    failures: int = 0
    mark: str = ""
    again_at: datetime | None = None
    asked_at: datetime | None = None
    why: str = ""

    def excuses(self, feed: Feed) -> bool:
        """Return whether the failures say nothing of the feed, because it is reached in another way now."""
        return self.failures > 0 and self.mark != feed.mark

    def as_record(self) -> dict[str, Any]:
        """Return plain JSON values, without those that say nothing; ``from_record`` is the way back."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        shown = {name: one.isoformat() if isinstance(one, datetime) else one for name, one in values.items()}
        return {name: one for name, one in shown.items() if one}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return what ``as_record`` wrote; what is none of it raises TypeError or ValueError."""
        times = {name: datetime.fromisoformat(record[name]) for name in record if name.endswith("_at")}
        return cls(**{**record, **times})


NOTHING = Left()


@dataclass(frozen=True, slots=True)
class Legacy:
    """What a schedule leaves.

    Parameters
    ----------
    at
        When it was written, aware.
    turns
        By feed id.
    """

    at: datetime = _LONG_AGO
    turns: Mapping[str, Left] = field(default_factory=dict)

    def of(self, feed_id: str, visited_at: datetime | None) -> Left:
        """Return what still holds of a feed that was visited last at ``visited_at``.

        A visit that ended after this was written set its turn anew; what it was asked for at a later time stands.
        """
        left = self.turns.get(feed_id, NOTHING)
        if visited_at is None or visited_at <= self.at:
            return left
        if left.asked_at is None or left.asked_at <= visited_at:
            return NOTHING
        return Left(asked_at=left.asked_at, why=left.why)

    @property
    def text(self) -> str:
        """The legacy as text; ``from_text`` is the way back."""
        turns = {feed_id: left.as_record() for feed_id, left in self.turns.items()}
        return json.dumps({"at": self.at.isoformat(), "turns": turns}, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the legacy that was written as ``text``.

        Raises
        ------
        KeyError, TypeError, ValueError
            It is none.
        """
        record = json.loads(text)
        turns = {feed_id: Left.from_record(left) for feed_id, left in record["turns"].items()}
        return cls(datetime.fromisoformat(record["at"]), turns)
