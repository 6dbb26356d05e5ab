"""Cases and their flow log in SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from api.case import Case, Logged
from api.http.schemas import CaseState
from api.store.records import CaseQuery
from api.store.rows import one
from api.store.tables import case_events, case_numbers, cases, incidents

_PLAIN = (
    "id", "incident_id", "matter", "origin", "verdict_id", "voided_by", "filed_at", "filed_by", "updated_at",
)  # fmt: skip
_FILTERS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "state": lambda value: cases.c.state == value,
    "matter": lambda value: cases.c.matter == value,
    "since": lambda value: cases.c.filed_at >= value,
    "until": lambda value: cases.c.filed_at < value,
    "after": lambda value: cases.c.id < value,
}


class SqlCases:
    """The cases of one transaction; see ``api.store.port.Cases``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_number(self, day: date) -> int:
        """Return the day's next number, from 1; writers take turns, so reading and writing it cannot interleave."""
        key = f"{day:%Y%m%d}"
        last: int | None = self._connection.execute(
            select(case_numbers.c.last).where(case_numbers.c.day == key)
        ).scalar()
        if last is None:
            self._connection.execute(insert(case_numbers).values(day=key, last=1))
            return 1
        self._connection.execute(update(case_numbers).where(case_numbers.c.day == key).values(last=last + 1))
        return last + 1

    def add(self, case: Case) -> None:
        """Keep a new case."""
        self._connection.execute(insert(cases).values(_row(case)))

    def change(self, case: Case) -> None:
        """Write every field of a known case."""
        self._connection.execute(update(cases).where(cases.c.id == case.id).values(_row(case)))

    def get(self, case_id: str) -> Case | None:
        """Return the case or None."""
        return one(self._connection, select(cases).where(cases.c.id == case_id), _case)

    def of_incidents(self, incident_ids: Sequence[str]) -> dict[str, Case]:
        """Return the cases of these incidents, by incident."""
        statement = select(cases).where(cases.c.incident_id.in_(incident_ids))
        return {row.incident_id: _case(row) for row in self._connection.execute(statement)}

    def page(self, query: CaseQuery) -> list[Case]:
        """Return one page, newest id first."""
        statement = select(cases).where(*_conditions(query)).order_by(cases.c.id.desc()).limit(query.limit)
        if query.cell is not None:
            statement = statement.join(incidents).where(incidents.c.cell_id == query.cell)
        return [_case(row) for row in self._connection.execute(statement)]

    def log(self, line: Logged) -> None:
        """Add a line to a case's flow log."""
        values = {"case_id": line.case_id, "at": line.at, "kind": line.kind, "by": line.by, "note": line.note}
        self._connection.execute(insert(case_events).values(values))

    def lines(self, case_id: str) -> list[Logged]:
        """Return a case's flow log, oldest first."""
        statement = select(case_events).where(case_events.c.case_id == case_id).order_by(case_events.c.id)
        return [Logged(**row._mapping) for row in self._connection.execute(statement)]  # noqa: SLF001


def _conditions(query: CaseQuery) -> list[ColumnElement[bool]]:
    given = ((_FILTERS[name], getattr(query, name)) for name in _FILTERS)
    return [condition(value) for condition, value in given if value is not None]


def _row(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in _PLAIN} | {"state": case.state.value}


def _case(row: Row[Any]) -> Case:
    return Case(**{name: getattr(row, name) for name in _PLAIN}, state=CaseState(row.state))
