"""A case: the record a city works with, and its flow log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from api.evidence import Picture
from api.http.schemas import CaseState
from api.incident import IncidentRecord
from api.recheck import Recheck

Origin = Literal["auto", "verdict"]
LogKind = Literal[
    "filed", "seen", "gone", "unwatched", "reclassed", "merged", "void", "refiled",
    "recheck", "verified", "returned", "unverified",
]  # fmt: skip

PATROL = "patrol"
"""Who acts where no person did."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Parameters
    ----------
    id
        ``GP-YYYYMMDD-NNNNNN``; the day is the city's.
    origin, verdict_id
        ``auto`` with None, or ``verdict`` with the verdict that filed it (last).
    voided_by
        The verdict that made it void, so that undoing that verdict files it again; None otherwise.
    filed_at, updated_at
        Aware UTC.
    """

    id: str
    incident_id: str
    matter: str
    state: CaseState
    origin: Origin
    verdict_id: int | None
    voided_by: int | None
    filed_at: datetime
    filed_by: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of a case's flow log; ``id`` counts up over all cases and is 0 before the line is kept."""

    case_id: str
    at: datetime
    kind: LogKind
    by: str
    note: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case with the incident it stands on, its pictures, those of merged incidents included, and its re-checks."""

    case: Case
    incident: IncidentRecord
    pictures: tuple[Picture, ...]
    rechecks: tuple[Recheck, ...] = ()


def case_id(day: date, number: int) -> str:
    """Return the id of the ``number``-th case of the city's ``day``.

    >>> case_id(date(2026, 7, 1), 12)
    'GP-20260701-000012'
    """
    return f"GP-{day:%Y%m%d}-{number:06d}"
