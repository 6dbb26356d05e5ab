"""A re-check: an open case's place is to be looked at again, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gridmap.recheck import Said


class RecheckWhy(StrEnum):
    """What a re-check is asked for."""

    HANDLED = "handled"
    """The handler reports the case done."""
    DEADLINE = "deadline"
    """Its deadline passes."""
    OPERATOR = "operator"
    """Somebody wants to know now."""


class RecheckState(StrEnum):
    """How a re-check stands."""

    OPEN = "open"
    CLEAN = "clean"
    """The camera saw the place, and it is clean."""
    THERE = "there"
    """The camera still saw the thing: the case is its handler's again."""
    PERSON = "person"
    """The camera could not verify; a person has to look."""


@dataclass(frozen=True, slots=True)
class Recheck:
    """One re-check of a case.

    Parameters
    ----------
    id
        0 before it is kept.
    asked_at, asked_by
        When and by whom it was asked for last.
    due_at
        When its next look is due; aware UTC.
    looks
        How many looks were made for it: the number of the next one.
    missed, blind
        Of the looks since it was asked for: how many did not see the thing, and how many could not.
    looked_at
        When the last look was.
    reason
        Why the last look did not decide, or why a person has to look.
    detail
        What the patrol said about that, one sentence or clause.
    """

    id: int
    case_id: str
    why: RecheckWhy
    state: RecheckState
    asked_at: datetime
    asked_by: str
    due_at: datetime
    looks: int = 0
    missed: int = 0
    blind: int = 0
    looked_at: datetime | None = None
    reason: Said | None = None
    detail: str = ""
