"""Verdicts in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from api.http.schemas import RejectReason, VerdictKind
from api.store.rows import one
from api.store.tables import incidents, verdicts
from api.verdict import Verdict

_PLAIN = (
    "incident_id", "note", "into", "matter", "previous_matter", "by", "at", "undone_by", "undone_at",
)  # fmt: skip


class SqlVerdicts:
    """The verdicts of one transaction; see ``api.store.port.Verdicts``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, verdict: Verdict) -> Verdict:
        """Keep it and return it with its id."""
        values = {name: getattr(verdict, name) for name in _PLAIN}
        coded = {"kind": verdict.kind.value, "reason": verdict.reason and verdict.reason.value}
        result = self._connection.execute(insert(verdicts).values(values | coded).returning(verdicts.c.id))
        return replace(verdict, id=result.scalar_one())

    def standing(self, incident_id: str) -> Verdict | None:
        """Return the last verdict that was not undone."""
        statement = (
            select(verdicts)
            .where(verdicts.c.incident_id == incident_id, verdicts.c.undone_at.is_(None))
            .order_by(verdicts.c.id.desc())
            .limit(1)
        )
        return one(self._connection, statement, _verdict)

    def undo(self, verdict_id: int, *, by: str, at: datetime) -> None:
        """Note that it no longer stands."""
        statement = update(verdicts).where(verdicts.c.id == verdict_id).values(undone_by=by, undone_at=at)
        self._connection.execute(statement)

    def standing_of_feed(self, feed_id: str, matter: str, *, since: datetime) -> list[Verdict]:
        """Return what stands of a feed's findings of a matter, as the patrol named it, oldest first."""
        statement = (
            select(verdicts)
            .join(incidents, incidents.c.id == verdicts.c.incident_id)
            .where(incidents.c.feed_id == feed_id, verdicts.c.previous_matter == matter)
            .where(verdicts.c.at >= since, verdicts.c.undone_at.is_(None))
            .order_by(verdicts.c.id)
        )
        return [_verdict(row) for row in self._connection.execute(statement)]

    def of(self, incident_ids: Sequence[str]) -> dict[str, list[Verdict]]:
        """Return all verdicts by incident, oldest first."""
        found: dict[str, list[Verdict]] = defaultdict(list)
        statement = select(verdicts).where(verdicts.c.incident_id.in_(incident_ids)).order_by(verdicts.c.id)
        for row in self._connection.execute(statement):
            found[row.incident_id].append(_verdict(row))
        return found


def _verdict(row: Row[Any]) -> Verdict:
    return Verdict(
        id=row.id,
        kind=VerdictKind(row.kind),
        reason=row.reason and RejectReason(row.reason),
        **{name: getattr(row, name) for name in _PLAIN},
    )
