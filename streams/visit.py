"""A visit: one look at one feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class Outcome(StrEnum):
    """How a visit ended. Only ``ok`` is a seeing visit; every other says nothing about the street."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    UNAUTHORISED = "unauthorised"
    NOT_AN_IMAGE = "not_an_image"
    STALE = "stale"
    FROZEN = "frozen"
    DARK = "dark"
    BLOCKED = "blocked"
    TURNED = "turned"
    """The camera no longer looks where it did: turned, zoomed, another one, or something hangs before it."""
    BLURRED = "blurred"

    @property
    def seeing(self) -> bool:
        """Whether the visit saw the street."""
        return self is Outcome.OK

    @property
    def failed(self) -> bool:
        """Whether no picture came at all, so that the feed backs off."""
        return self in _FAILED


class Kind(StrEnum):
    """Why a visit was made."""

    ROTATION = "rotation"
    """The feed's turn came."""
    FOLLOW_UP = "follow_up"
    """Somebody wants to know soon: a suspect, a case that its handler reports done."""
    RETRY = "retry"
    """The visit before it brought no picture."""


_FAILED = {Outcome.UNREACHABLE, Outcome.TIMEOUT, Outcome.UNAUTHORISED, Outcome.NOT_AN_IMAGE}


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at one feed.

    Parameters
    ----------
    feed_id
        The feed looked at.
    due_at, started_at, finished_at
        Aware UTC times.
    outcome
        How it ended.
    detail
        One sentence on a visit that did not see, without credentials; empty when it saw.
    cpu_ms
        CPU time of capture in milliseconds, as far as the thread's own clock can tell.
    kind
        Why it was made.
    plan
        Ids of the plans that were open for the feed when it fell due.
    why
        What a follow-up was asked for; empty when nobody asked.
    """

    feed_id: str
    due_at: datetime
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    detail: str = ""
    cpu_ms: float = 0.0
    kind: Kind = Kind.ROTATION
    plan: tuple[str, ...] = ()
    why: str = ""

    def as_record(self) -> dict[str, Any]:
        """Return the visit as plain JSON values; ``from_record`` is the way back."""
        times = {key: getattr(self, key).isoformat() for key in _TIMES}
        return {
            "feed_id": self.feed_id,
            **times,
            "outcome": self.outcome,
            "detail": self.detail,
            "cpu_ms": self.cpu_ms,
            "kind": self.kind,
            "plan": list(self.plan),
            "why": self.why,
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return the visit that ``as_record`` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            The record is not one of a visit.
        """
        times = {key: datetime.fromisoformat(record[key]) for key in _TIMES}
        told = {"outcome": Outcome(record["outcome"]), "kind": Kind(record["kind"]), "plan": tuple(record["plan"])}
        return cls(**{**record, **times, **told})


_TIMES = ("due_at", "started_at", "finished_at")


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of a visit.

    Parameters
    ----------
    outcome
        How it ended, the picture judged.
    again_in_s
        Look again in so many seconds, before the feed's turn comes; None when its turn is soon enough.
    why
        What the second look is for; one clause.
    more_opens
        Connections it made beyond the first.
    """

    outcome: Outcome
    again_in_s: float | None = None
    why: str = ""
    more_opens: int = 0
