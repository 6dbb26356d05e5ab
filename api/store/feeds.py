"""Feeds and the patrol's state in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, insert, or_, select, update

from api.http.feedshapes import FeedReport, PatrolStatus
from api.store.records import FeedQuery, FeedRecord
from api.store.rows import one
from api.store.tables import feeds, patrol

WAITING = "waiting"
"""What a feed that was not visited yet is filtered by."""


class SqlFeeds:
    """Feeds of one transaction; see ``api.store.port.Feeds``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, reports: Sequence[FeedReport]) -> None:
        """Keep the last report of each feed."""
        known = self._ids()
        rows = {report.id: _row(report) for report in reports}
        changed = [{"key": key, **row} for key, row in rows.items() if key in known]
        added = [row for key, row in rows.items() if key not in known]
        if changed:
            self._connection.execute(update(feeds).where(feeds.c.id == bindparam("key")), changed)
        if added:
            self._connection.execute(insert(feeds), added)

    def keep_only(self, ids: Iterable[str]) -> None:
        """Forget every feed that is not listed."""
        gone = sorted(self._ids() - set(ids))
        if gone:
            self._connection.execute(delete(feeds).where(feeds.c.id == bindparam("key")), [{"key": i} for i in gone])

    def get(self, feed_id: str) -> FeedRecord | None:
        """Return the feed or None."""
        return one(self._connection, select(feeds).where(feeds.c.id == feed_id), _record)

    def page(self, query: FeedQuery) -> list[FeedRecord]:
        """Return one page, by id."""
        statement = select(feeds).where(*_conditions(query)).order_by(feeds.c.id).limit(query.limit)
        return [_record(row) for row in self._connection.execute(statement)]

    def known(self, ids: Iterable[str]) -> set[str]:
        """Return those of ``ids`` that are kept."""
        return self._ids() & set(ids)

    def set_picture(self, feed_id: str, *, sha256: str, at: datetime) -> None:
        """Note a feed's new picture; a feed whose first report is still on its way is made for it."""
        if self.get(feed_id) is None:
            self.put([FeedReport(id=feed_id, name=feed_id, kind="camera", url="")])
        values = {"picture_sha256": sha256, "picture_at": at}
        self._connection.execute(update(feeds).where(feeds.c.id == feed_id).values(values))

    def put_patrol(self, status: PatrolStatus, *, received_at: datetime) -> None:
        """Keep the patrol's last state."""
        values = {"status": status.model_dump(mode="json"), "received_at": received_at}
        if not self._connection.execute(update(patrol).where(patrol.c.id == 1).values(values)).rowcount:
            self._connection.execute(insert(patrol).values(id=1, **values))

    def patrol(self) -> tuple[PatrolStatus, datetime] | None:
        """Return the patrol's last state and when it was received."""
        return one(
            self._connection, select(patrol), lambda row: (PatrolStatus.model_validate(row.status), row.received_at)
        )

    def _ids(self) -> set[str]:
        return set(self._connection.execute(select(feeds.c.id)).scalars())


def _conditions(query: FeedQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.outcome == WAITING:
        conditions.append(feeds.c.outcome.is_(None))
    elif query.outcome is not None:
        conditions.append(feeds.c.outcome == query.outcome)
    if query.text:
        needle = query.text.lower()
        columns = (feeds.c.id, feeds.c.name)
        conditions.append(or_(*(func.lower(column).contains(needle, autoescape=True) for column in columns)))
    if query.after is not None:
        conditions.append(feeds.c.id > query.after)
    return conditions


def _row(report: FeedReport) -> dict[str, Any]:
    shown = report.model_dump(mode="json")
    return {"id": report.id, "name": report.name, "outcome": report.outcome, "report": shown}


def _record(row: Row[Any]) -> FeedRecord:
    return FeedRecord(FeedReport.model_validate(row.report), row.picture_sha256, row.picture_at)
