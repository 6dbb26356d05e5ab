"""A verdict: what an operator said of an incident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.errors import Unfit
from api.http.schemas import RejectReason, Review, VerdictKind

REVIEW_AFTER = {
    VerdictKind.CONFIRM: Review.CONFIRMED,
    VerdictKind.RECLASS: Review.CONFIRMED,
    VerdictKind.REJECT: Review.REJECTED,
    VerdictKind.MERGE: Review.MERGED,
}
"""The review state an incident has while a verdict of this kind stands."""

SAID = {Review.CONFIRMED: "confirmed", Review.REJECTED: "rejected", Review.MERGED: "merged", Review.PENDING: "open"}
"""Review states in a sentence."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an operator wants to say: reject needs ``reason``, merge ``into``, re-class ``matter``.

    Raises
    ------
    Unfit
        When a needed field is missing, or one is given that does not belong to the kind.
    """

    kind: VerdictKind
    reason: RejectReason | None = None
    note: str = ""
    into: str | None = None
    matter: str | None = None

    def __post_init__(self) -> None:
        needed = {VerdictKind.REJECT: "reason", VerdictKind.MERGE: "into", VerdictKind.RECLASS: "matter"}
        for kind, name in needed.items():
            given = getattr(self, name) is not None
            if kind is self.kind and not given:
                raise Unfit(f"a {self.kind} verdict needs {name!r}; say it in the request")
            if kind is not self.kind and given:
                raise Unfit(f"{name!r} does not belong to a {self.kind} verdict; leave it out")

    def same_as(self, verdict: Verdict) -> bool:
        """Return whether ``verdict`` already says this (notes aside)."""
        said = (verdict.kind, verdict.reason, verdict.into, verdict.matter)
        return said == (self.kind, self.reason, self.into, self.matter)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict as recorded. Undone verdicts stay in the record.

    Parameters
    ----------
    into, matter, previous_matter
        Incident merged into; matter given by a re-class, and the one before it, for undoing.
    by, at, undone_by, undone_at
        Who and when (aware UTC).
    """

    id: int
    incident_id: str
    kind: VerdictKind
    reason: RejectReason | None
    note: str
    into: str | None
    matter: str | None
    previous_matter: str
    by: str
    at: datetime
    undone_by: str | None = None
    undone_at: datetime | None = None
