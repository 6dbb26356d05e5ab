"""Accepted views in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from api.acceptedview import AcceptedView
from api.store.tables import accepted_views as table


class SqlViews:
    """The accepted views of one transaction; see ``api.store.port.Views``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, accepted: AcceptedView) -> None:
        """Keep it."""
        values = {name: getattr(accepted, name) for name in ("feed_id", "at", "by", "note")}
        self._connection.execute(insert(table).values(values))

    def of(self, feed_id: str) -> list[AcceptedView]:
        """Return a feed's, newest first."""
        found = select(table).where(table.c.feed_id == feed_id).order_by(table.c.id.desc())
        return [_accepted(row) for row in self._connection.execute(found)]

    def last(self) -> dict[str, AcceptedView]:
        """Return each feed's newest, by feed id."""
        newest = select(func.max(table.c.id)).group_by(table.c.feed_id)
        found = self._connection.execute(select(table).where(table.c.id.in_(newest)).order_by(table.c.feed_id))
        return {row.feed_id: _accepted(row) for row in found}


def _accepted(row: Row[Any]) -> AcceptedView:
    return AcceptedView(row.feed_id, row.at, row.by, row.note)
