"""The tables, as the running code knows them. ``migrations`` creates them; a test proves that both agree."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time on every database; SQLite, which knows no zones, keeps it without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time in UTC; one without a zone is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone; times are kept as aware UTC")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware UTC time."""
        del dialect
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def _id(name: str = "id", **options: Any) -> Column[str]:
    return Column(name, Text, **options)


incidents = Table(
    "incidents",
    metadata,
    _id(primary_key=True),
    Column("sequence", Integer, nullable=False),
    _id("feed_id", nullable=False),
    Column("feed_name", Text, nullable=False),
    _id("matter", nullable=False),
    Column("label", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("review", Text, nullable=False),
    Column("present", Boolean, nullable=False),
    Column("first_seen", UtcTime, nullable=False),
    Column("last_seen", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("sightings", Integer, nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("accuracy_m", Float),
    Column("place_method", Text),
    _id("cell_id"),
    Column("cell_relation", Text),
    Column("cell_distance_m", Float),
    Column("model_id", Text, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    _id("merged_into"),
    _id("root_id", nullable=False),
    Column("box", JSON(none_as_null=True)),
    Column("look", Text),
    Index(None, "received_at", "id"),
    Index(None, "score", "id"),
    Index(None, "review", "received_at", "id"),
    Index(None, "feed_id", "received_at"),
    Index(None, "cell_id", "received_at"),
    Index(None, "matter", "received_at"),
    Index(None, "root_id"),
    Index(None, "merged_into"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident_id", Text, ForeignKey("incidents.id"), nullable=False),
    _id("feed_id", nullable=False),
    Column("captured_at", UtcTime, nullable=False),
    Column("box", JSON),
    Column("label", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("model_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("removed_at", UtcTime),
    Index(None, "incident_id"),
    Index(None, "name"),
    Index(None, "removed_at", "captured_at"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident_id", Text, ForeignKey("incidents.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text),
    Column("note", Text, nullable=False),
    _id("into"),
    _id("matter"),
    _id("previous_matter", nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("undone_by", Text),
    Column("undone_at", UtcTime),
    Index(None, "incident_id", "id"),
)

mutes = Table(
    "mutes",
    metadata,
    Column("id", Integer, primary_key=True),
    _id("feed_id", nullable=False),
    _id("matter", nullable=False),
    Column("state", Text, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("held_back", Integer, nullable=False),
    Column("unlike", Float),
    Column("unlike_at", UtcTime),
    Column("grounds", JSON, nullable=False),
    Column("history", JSON, nullable=False),
    Index(None, "state", "expires_at"),
    Index(None, "feed_id", "matter"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident_id", Text, ForeignKey("incidents.id"), nullable=False, unique=True),
    _id("matter", nullable=False),
    Column("state", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("verdict_id", Integer),
    Column("voided_by", Integer),
    Column("filed_at", UtcTime, nullable=False),
    Column("filed_by", Text, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Index(None, "state", "id"),
    Index(None, "matter", "id"),
    Index(None, "filed_at"),
)

case_numbers = Table(
    "case_numbers",
    metadata,
    Column("day", Text, primary_key=True),
    Column("last", Integer, nullable=False),
)

case_events = Table(
    "case_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "case_id", "id"),
)

rechecks = Table(
    "rechecks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("why", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("missed", Integer, nullable=False),
    Column("blind", Integer, nullable=False),
    Column("looked_at", UtcTime),
    Column("reason", Text),
    Column("detail", Text, nullable=False),
    Index(None, "case_id", "id"),
    Index(None, "state", "due_at"),
)

feeds = Table(
    "feeds",
    metadata,
    _id(primary_key=True),
    Column("name", Text, nullable=False),
    Column("outcome", Text),
    Column("report", JSON, nullable=False),
    Column("picture_sha256", Text),
    Column("picture_at", UtcTime),
    Index(None, "outcome", "id"),
)

accepted_views = Table(
    "accepted_views",
    metadata,
    Column("id", Integer, primary_key=True),
    _id("feed_id", nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "feed_id", "id"),
)

patrol = Table(
    "patrol",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("status", JSON, nullable=False),
    Column("received_at", UtcTime, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "at"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("username", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("one_time", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("username", Text, ForeignKey("accounts.username"), nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index(None, "username"),
    Index(None, "expires_at"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("username", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    Column("locked_until", UtcTime),
)
