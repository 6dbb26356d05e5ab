"""Muted places in SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from api.mute import Mute, MuteState
from api.store.records import MuteQuery
from api.store.rows import one
from api.store.tables import mutes

_PLAIN = ("feed_id", "matter", "since", "expires_at", "held_back", "unlike", "unlike_at")
_FILTERS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "feed": lambda value: mutes.c.feed_id == value,
    "matter": lambda value: mutes.c.matter == value,
    "after": lambda value: mutes.c.id < value,
}


class SqlMutes:
    """The muted places of one transaction; see ``api.store.port.Mutes``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, mute: Mute) -> Mute:
        """Keep it and return it with its id."""
        result = self._connection.execute(insert(mutes).values(_row(mute)).returning(mutes.c.id))
        return replace(mute, id=result.scalar_one())

    def change(self, mute: Mute) -> None:
        """Write every field of a known mute."""
        self._connection.execute(update(mutes).where(mutes.c.id == mute.id).values(_row(mute)))

    def get(self, mute_id: int) -> Mute | None:
        """Return the mute or None."""
        return one(self._connection, select(mutes).where(mutes.c.id == mute_id), _mute)

    def page(self, query: MuteQuery) -> list[Mute]:
        """Return the mutes asked for, newest first."""
        statement = select(mutes).where(*_conditions(query)).order_by(mutes.c.id.desc()).limit(query.limit)
        return [_mute(row) for row in self._connection.execute(statement)]


def _conditions(query: MuteQuery) -> list[ColumnElement[bool]]:
    given = ((_FILTERS[name], getattr(query, name)) for name in _FILTERS)
    return [condition(value) for condition, value in given if value is not None] + _in_state(query)


def _in_state(query: MuteQuery) -> list[ColumnElement[bool]]:
    """Return what an active and an expired mute are: only the clock tells them apart."""
    if query.state is None:
        return []
    if query.state not in (MuteState.ACTIVE, MuteState.EXPIRED):
        return [mutes.c.state == query.state.value]
    on_time = mutes.c.expires_at > query.now if query.state is MuteState.ACTIVE else mutes.c.expires_at <= query.now
    return [mutes.c.state == MuteState.ACTIVE.value, on_time]


def _row(mute: Mute) -> dict[str, Any]:
    return {name: getattr(mute, name) for name in _PLAIN} | {
        "state": mute.state.value,
        "grounds": mute.grounds_record(),
        "history": mute.history_record(),
    }


def _mute(row: Row[Any]) -> Mute:
    plain = {name: getattr(row, name) for name in _PLAIN}
    return Mute.of_records(row.grounds, row.history, id=row.id, state=MuteState(row.state), **plain)
