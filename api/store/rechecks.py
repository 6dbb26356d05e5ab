"""Re-checks of cases in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from api.http.schemas import CaseState
from api.recheck import Recheck, RecheckState, RecheckWhy
from api.store.rows import one
from api.store.tables import cases, rechecks
from gridmap.recheck import Said

_PLAIN = (
    "case_id", "asked_at", "asked_by", "due_at", "looks", "missed", "blind", "looked_at", "detail",
)  # fmt: skip


class SqlRechecks:
    """The re-checks of one transaction; see ``api.store.port.Rechecks``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, recheck: Recheck) -> Recheck:
        """Keep it and return it with its id."""
        result = self._connection.execute(insert(rechecks).values(_row(recheck)).returning(rechecks.c.id))
        return replace(recheck, id=result.scalar_one())

    def change(self, recheck: Recheck) -> None:
        """Write every field of a known re-check."""
        self._connection.execute(update(rechecks).where(rechecks.c.id == recheck.id).values(_row(recheck)))

    def get(self, recheck_id: int) -> Recheck | None:
        """Return the re-check or None."""
        return one(self._connection, select(rechecks).where(rechecks.c.id == recheck_id), _recheck)

    def of(self, case_ids: Sequence[str]) -> dict[str, list[Recheck]]:
        """Return the re-checks by case, the first asked for first."""
        statement = select(rechecks).where(rechecks.c.case_id.in_(case_ids)).order_by(rechecks.c.id)
        found: defaultdict[str, list[Recheck]] = defaultdict(list)
        for row in self._connection.execute(statement):
            found[row.case_id].append(_recheck(row))
        return dict(found)

    def due(self, now: datetime) -> list[tuple[Recheck, str]]:
        """Return the open ones of filed cases whose next look is due, by id, each with its case's incident."""
        statement = (
            select(rechecks, cases.c.incident_id)
            .join(cases)
            .where(rechecks.c.state == RecheckState.OPEN.value, rechecks.c.due_at <= now)
            .where(cases.c.state == CaseState.FILED.value)
            .order_by(rechecks.c.id)
        )
        return [(_recheck(row), row.incident_id) for row in self._connection.execute(statement)]


def _row(recheck: Recheck) -> dict[str, Any]:
    return {name: getattr(recheck, name) for name in _PLAIN} | {
        "why": recheck.why.value,
        "state": recheck.state.value,
        "reason": recheck.reason and recheck.reason.value,
    }


def _recheck(row: Row[Any]) -> Recheck:
    return Recheck(
        id=row.id,
        why=RecheckWhy(row.why),
        state=RecheckState(row.state),
        reason=Said(row.reason) if row.reason else None,
        **{name: getattr(row, name) for name in _PLAIN},
    )
