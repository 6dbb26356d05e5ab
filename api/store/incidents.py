"""Incidents in SQL."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, or_, select, update

from api.http.schemas import Review
from api.incident import IncidentRecord
from api.store.records import Counts, IncidentQuery
from api.store.rows import one
from api.store.tables import cases, incidents
from gridmap.place import CellMatch, Method, Place, Relation

_PLAIN = (
    "id", "sequence", "feed_id", "feed_name", "matter", "label", "score", "present", "first_seen", "last_seen",
    "received_at", "ended_at", "sightings", "model_id", "synthetic", "merged_into", "root_id",
    "look",
)  # fmt: skip
_ORDERS: dict[str, tuple[ColumnElement[Any], bool]] = {
    "newest": (incidents.c.received_at, True),
    "oldest": (incidents.c.received_at, False),
    "score": (incidents.c.score, True),
}
_FILTERS: dict[str, Callable[[Any], ColumnElement[bool]]] = {
    "review": lambda value: incidents.c.review == value,
    "matter": lambda value: incidents.c.matter == value,
    "feed": lambda value: incidents.c.feed_id == value,
    "cell": lambda value: incidents.c.cell_id == value,
    "present": lambda value: incidents.c.present == value,
    "since": lambda value: incidents.c.received_at >= value,
    "until": lambda value: incidents.c.received_at < value,
    "seen_since": lambda value: incidents.c.last_seen >= value,
    "min_score": lambda value: incidents.c.score >= value,
}
_DEGREE_M = 111_320.0


class SqlIncidents:
    """The incidents of one transaction; see ``api.store.port.Incidents``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, incident_id: str) -> IncidentRecord | None:
        """Return the incident or None."""
        return one(self._connection, select(incidents).where(incidents.c.id == incident_id), _record)

    def get_all(self, ids: Sequence[str]) -> dict[str, IncidentRecord]:
        """Return the incidents that are known of these, by id."""
        return {record.id: record for record in self._records(select(incidents).where(incidents.c.id.in_(ids)))}

    def add(self, record: IncidentRecord) -> None:
        """Keep a new record."""
        self._connection.execute(insert(incidents).values(_row(record)))

    def change(self, record: IncidentRecord) -> None:
        """Write every field of a known record."""
        self._connection.execute(update(incidents).where(incidents.c.id == record.id).values(_row(record)))

    def page(self, query: IncidentQuery) -> list[IncidentRecord]:
        """Return one page."""
        column, falling = _ORDERS[query.order]
        statement = select(incidents).where(*_conditions(query)).limit(query.limit)
        order = (column.desc(), incidents.c.id.desc()) if falling else (column, incidents.c.id)
        return self._records(statement.order_by(*order))

    def earlier(self, record: IncidentRecord, *, within_m: float, limit: int) -> list[IncidentRecord]:
        """Return other incidents of its feed at its place, newest first."""
        statement = select(incidents).where(incidents.c.feed_id == record.feed_id, incidents.c.id != record.id)
        if record.place is not None:
            statement = statement.where(*_near(record.place, within_m))
        return self._records(statement.order_by(incidents.c.received_at.desc(), incidents.c.id.desc()).limit(limit))

    def merged_under(self, incident_id: str) -> set[str]:
        """Return the ids merged into this one, directly or through others."""
        found: set[str] = set()
        level = {incident_id}
        while level:
            rows = self._connection.execute(select(incidents.c.id).where(incidents.c.merged_into.in_(level)))
            level = set(rows.scalars()) - found
            found |= level
        return found

    def set_root(self, ids: Iterable[str], root_id: str) -> None:
        """Let incidents count as part of ``root_id``."""
        self._connection.execute(update(incidents).where(incidents.c.id.in_(list(ids))).values(root_id=root_id))

    def pending(self) -> int:
        """Return how many wait for review."""
        waiting = select(func.count()).where(incidents.c.review == Review.PENDING)
        return self._connection.execute(waiting).scalar_one()

    def counts(self, since: datetime) -> Counts:
        """Return counts of what was received since ``since``."""
        reviews = self._grouped(incidents.c.review, since)
        filed = select(func.count()).select_from(cases).where(cases.c.filed_at >= since)
        return Counts(
            since=since,
            by_review={Review(name): count for name, count in reviews.items()},
            cases=self._connection.execute(filed).scalar_one(),
            by_matter=self._grouped(incidents.c.matter, since),
            by_feed=self._grouped(incidents.c.feed_id, since),
            by_cell=self._grouped(incidents.c.cell_id, since),
        )

    def _grouped(self, column: ColumnElement[Any], since: datetime) -> dict[str, int]:
        statement = (
            select(column, func.count())
            .where(incidents.c.received_at >= since, column.is_not(None))
            .group_by(column)
            .order_by(func.count().desc(), column)
        )
        return {row[0]: row[1] for row in self._connection.execute(statement)}

    def _records(self, statement: Select[Any]) -> list[IncidentRecord]:
        return [_record(row) for row in self._connection.execute(statement)]


def _conditions(query: IncidentQuery) -> list[ColumnElement[bool]]:
    given = ((_FILTERS[name], getattr(query, name)) for name in _FILTERS)
    return [condition(value) for condition, value in given if value is not None] + _after(query)


def _after(query: IncidentQuery) -> list[ColumnElement[bool]]:
    if query.after is None:
        return []
    column, falling = _ORDERS[query.order]
    value, last_id = query.after.value, query.after.id
    if falling:
        return [or_(column < value, and_(column == value, incidents.c.id < last_id))]
    return [or_(column > value, and_(column == value, incidents.c.id > last_id))]


def _near(place: Place, within_m: float) -> list[ColumnElement[bool]]:
    # A square of degrees is near enough for "the same spot", and an index can answer it.
    high = within_m / _DEGREE_M
    wide = high / max(0.01, math.cos(math.radians(place.lat)))
    return [
        incidents.c.lat.between(place.lat - high, place.lat + high),
        incidents.c.lon.between(place.lon - wide, place.lon + wide),
    ]


def _row(record: IncidentRecord) -> dict[str, Any]:
    place, cell = record.place, record.cell
    return {name: getattr(record, name) for name in _PLAIN} | {
        "review": record.review.value,
        "box": record.box,
        "lon": place and place.lon,
        "lat": place and place.lat,
        "accuracy_m": place and place.accuracy_m,
        "place_method": place and place.method.value,
        "cell_id": cell and cell.cell_id,
        "cell_relation": cell and cell.relation.value,
        "cell_distance_m": cell and cell.distance_m,
    }


def _record(row: Row[Any]) -> IncidentRecord:
    return IncidentRecord(
        **{name: getattr(row, name) for name in _PLAIN},
        review=Review(row.review),
        box=None if row.box is None else tuple(row.box),
        place=None if row.lon is None else Place(row.lon, row.lat, row.accuracy_m, Method(row.place_method)),
        cell=None
        if row.cell_id is None
        else CellMatch(row.cell_id, Relation(row.cell_relation), row.cell_distance_m),
    )
