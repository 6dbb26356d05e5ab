"""Evidence records in SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, insert, or_, select, update

from api.evidence import Kept, Picture
from api.http.schemas import CaseState, Review
from api.store.records import Expiry
from api.store.rows import one
from api.store.tables import cases, evidence, incidents

_PLAIN = ("id", "incident_id", "feed_id", "captured_at", "label", "score", "model_id", "removed_at")


class SqlPictures:
    """The evidence records of one transaction; see ``api.store.port.Pictures``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, picture: Picture) -> None:
        """Keep a new record; its id is given here."""
        values = {name: getattr(picture, name) for name in _PLAIN if name != "id"}
        kept = {"box": picture.box and list(picture.box), "name": picture.kept.name, "sha256": picture.kept.sha256}
        self._connection.execute(insert(evidence).values(values | kept))

    def get(self, picture_id: int) -> Picture | None:
        """Return the record, also of a removed picture, or None."""
        return one(self._connection, select(evidence).where(evidence.c.id == picture_id), _picture)

    def of(self, incident_ids: Sequence[str]) -> dict[str, list[Picture]]:
        """Return live pictures by incident, those of incidents merged into it included, oldest first."""
        roots = self._roots_of_members(incident_ids)
        found: dict[str, list[Picture]] = defaultdict(list)
        statement = (
            select(evidence)
            .where(evidence.c.incident_id.in_(roots), evidence.c.removed_at.is_(None))
            .order_by(evidence.c.captured_at, evidence.c.id)
        )
        for row in self._connection.execute(statement):
            for owner in {roots[row.incident_id], row.incident_id}:
                found[owner].append(_picture(row))
        return found

    def _roots_of_members(self, incident_ids: Sequence[str]) -> dict[str, str]:
        # Two questions that an index answers each; one join over both would read every picture there is.
        roots = {incident_id: incident_id for incident_id in incident_ids}
        members = select(incidents.c.id, incidents.c.root_id).where(incidents.c.root_id.in_(incident_ids))
        return roots | {row.id: row.root_id for row in self._connection.execute(members)}

    def expired(self, expiry: Expiry, *, limit: int) -> list[Picture]:
        """Return live pictures that may go, oldest first."""
        root = incidents.alias("root")
        open_case = exists().where(cases.c.incident_id == root.c.id, cases.c.state == CaseState.FILED)
        statement = (
            select(evidence)
            .join(incidents, incidents.c.id == evidence.c.incident_id)
            .join(root, root.c.id == incidents.c.root_id)
            .where(evidence.c.removed_at.is_(None), _may_go(root.c.review, expiry), ~open_case)
            .order_by(evidence.c.captured_at, evidence.c.id)
            .limit(limit)
        )
        return [_picture(row) for row in self._connection.execute(statement)]

    def mark_removed(self, ids: Iterable[int], at: datetime) -> None:
        """Note that the files of these records are gone."""
        self._connection.execute(update(evidence).where(evidence.c.id.in_(list(ids))).values(removed_at=at))

    def live_names(self, names: Iterable[str]) -> set[str]:
        """Return those of ``names`` that a live record still uses."""
        statement = select(evidence.c.name).where(evidence.c.name.in_(list(names)), evidence.c.removed_at.is_(None))
        return set(self._connection.execute(statement).scalars())


def _may_go(review: ColumnElement[str], expiry: Expiry) -> ColumnElement[bool]:
    before = {
        Review.PENDING: expiry.pending,
        Review.REJECTED: expiry.rejected,
        Review.CONFIRMED: expiry.confirmed,
    }
    return or_(*(and_(review == state, evidence.c.captured_at < moment) for state, moment in before.items()))


def _picture(row: Row[Any]) -> Picture:
    return Picture(
        **{name: getattr(row, name) for name in _PLAIN},
        box=row.box and tuple(row.box),
        kept=Kept(row.name, row.sha256),
    )
