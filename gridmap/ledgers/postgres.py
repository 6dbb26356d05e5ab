"""The ledger in PostgreSQL, for several patrol processes that are one patrol.

It has a schema of its own, so it may share the cases' database. Every commit is on the server's disk before it
returns, because a restart of the server is none of this process, which would not write again what was lost.

psycopg without SQLAlchemy: a dozen fixed statements over one connection, in a package below the one that has the
cases' store. What matters here is which moment a connection was lost at, and that is the driver's to say.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import uuid4

from gridmap.errors import LedgerError
from gridmap.incident import Incident, Stage
from gridmap.ledger import FeedMemory, OutboxCounts, Report, incident_of, still_leading
from gridmap.ledgers.doubts import Attempt, Doubts
from gridmap.ledgers.line import Connection, Line, unless_postgresql
from gridmap.ledgers.postgrestrouble import SCHEMA, WAY_OUT, shown

_VERSION = 1
_TABLES = """
CREATE TABLE incident (id text PRIMARY KEY, open boolean NOT NULL, ended_at timestamptz,
                                reports integer NOT NULL DEFAULT 0, record text NOT NULL);
CREATE INDEX incident_open ON incident (open, ended_at);
CREATE TABLE report (id bigserial PRIMARY KEY, incident_id text NOT NULL, sequence integer NOT NULL,
                              kind text NOT NULL, body text NOT NULL, evidence bytea, dead text,
                              UNIQUE (incident_id, sequence));
CREATE INDEX report_dead ON report (dead, id);
CREATE TABLE feed (id text PRIMARY KEY, body text NOT NULL);
CREATE TABLE writer (id text PRIMARY KEY, last bigint NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE reign (version integer NOT NULL, epoch bigint NOT NULL);
INSERT INTO reign VALUES (1, 0)
"""
_MAKERS_LOCK = 0x67724C64
"""Of processes that start together one makes the tables; the others wait here."""
_REPORTS = "SELECT incident_id, sequence, kind, body, evidence, dead FROM report"
_WRITE_INCIDENT = """
INSERT INTO incident (id, open, ended_at, record) VALUES (%s, %s, %s, %s) ON CONFLICT (id)
DO UPDATE SET open = excluded.open, ended_at = excluded.ended_at, record = excluded.record
"""
_WRITE_FEED = "INSERT INTO feed VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
_SIGN = """
INSERT INTO writer (id, last) VALUES (%s, %s) ON CONFLICT (id)
DO UPDATE SET last = excluded.last, at = now()
"""
_PRUNE = """
DELETE FROM incident WHERE NOT open AND ended_at < %s
AND NOT EXISTS (SELECT 1 FROM report WHERE incident_id = incident.id)
"""


class PostgresLedger:
    """The database; see ``gridmap.ledger.Ledger`` for what it promises and ``open`` for how to get it."""

    def __init__(self, line: Line, shown: str) -> None:
        self._line = line
        self._shown = shown
        self._doubts = Doubts()
        self._lock = threading.RLock()
        self._name = uuid4().hex

    @classmethod
    def open(cls, url: str, *, timeout_s: float = 5.0) -> Self:
        """Open the ledger, making its tables when there are none.

        Parameters
        ----------
        url
            ``postgresql://user:password@host/name``.
        timeout_s
            How long any call waits for another writer.

        Raises
        ------
        LedgerError
            The server is away, refuses this user, or the ledger is of a newer gridpatrol.
        """
        unless_postgresql(url)
        ledger = cls(Line(url, timeout_s=timeout_s), shown(url))
        try:
            ledger._line.transaction(_prepare)
        except LedgerError:
            ledger.close()
            raise
        return ledger

    def close(self) -> None:
        """Close the connection."""
        self._line.close()

    def take_over(self) -> int:
        """Begin a new epoch; see ``Ledger.take_over``."""
        row = self._line.transaction(
            lambda db: db.execute("UPDATE reign SET epoch = epoch + 1 RETURNING epoch").fetchone()
        )
        return _number(row)

    def commit(
        self,
        incidents: Iterable[Incident],
        reports: Iterable[Report],
        feeds: Iterable[FeedMemory] = (),
        *,
        epoch: int | None = None,
    ) -> list[Report]:
        """Write all of it or nothing; see ``Ledger.commit``."""
        everything = _Batch(list(incidents), list(reports), list(feeds))
        with self._lock:
            attempt, written = self._line.transaction(lambda db: self._write(db, everything, epoch))
            attempt.committed()
        return written

    def open_incidents(self) -> list[Incident]:
        """Return what is not over; see ``Ledger.open_incidents``."""
        rows = self._rows("SELECT record FROM incident WHERE open ORDER BY id")
        return [incident_of(record, ledger=f"the ledger {self._shown}", way_out=WAY_OUT) for (record,) in rows]

    def feed_memory(self) -> dict[str, str]:
        """Return what each feed remembers; see ``Ledger.feed_memory``."""
        return dict(self._rows("SELECT id, body FROM feed"))

    def pending(self, limit: int = 100, *, but: Iterable[str] = ()) -> list[Report]:
        """Return the reports that wait to be posted; see ``Ledger.pending``."""
        waiting = "dead IS NULL AND incident_id <> ALL(%s::text[])"
        rows = self._rows(f"{_REPORTS} WHERE {waiting} ORDER BY id LIMIT %s", list(but), limit)
        return [Report(*row[:5]) for row in rows]

    def dead_letters(self, limit: int = 100) -> list[tuple[Report, str]]:
        """Return the reports that were refused for good; see ``Ledger.dead_letters``."""
        rows = self._rows(f"{_REPORTS} WHERE dead IS NOT NULL ORDER BY id LIMIT %s", limit)
        return [(Report(*row[:5]), row[5]) for row in rows]

    def posted(self, report: Report) -> None:
        """Forget a report that was taken; see ``Ledger.posted``."""
        self._change("DELETE FROM report WHERE incident_id = %s AND sequence = %s", *_key(report))

    def dead(self, report: Report, reason: str) -> None:
        """Set a report aside that will never be taken; see ``Ledger.dead``."""
        # PostgreSQL keeps no NUL in a text, and an answer that refuses a report may hold anything.
        text = reason.replace("\0", "\N{REPLACEMENT CHARACTER}")
        self._change("UPDATE report SET dead = %s WHERE incident_id = %s AND sequence = %s", text, *_key(report))

    def revive(self) -> int:
        """Let every dead report wait to be posted again; see ``Ledger.revive``."""
        return self._change("UPDATE report SET dead = NULL WHERE dead IS NOT NULL")

    def counts(self) -> OutboxCounts:
        """Return how many reports wait, and how many are dead; see ``Ledger.counts``."""
        ((pending, dead),) = self._rows("SELECT count(*) - count(dead), count(dead) FROM report")
        return OutboxCounts(pending, dead)

    def prune(self, now: datetime, *, keep_days: float) -> int:
        """Delete incidents that ended long ago; see ``Ledger.prune``. Room is given back by autovacuum."""
        before = now - timedelta(days=keep_days)
        self._change("DELETE FROM writer WHERE at < %s", before)
        return self._change(_PRUNE, before)

    def _write(self, db: Connection, batch: _Batch, epoch: int | None) -> tuple[Attempt, list[Report]]:
        _lead(db, epoch)
        last = db.execute("SELECT last FROM writer WHERE id = %s", (self._name,)).fetchone()
        attempt = self._doubts.attempt(_number(last) if last else 0)
        for incident in batch.incidents:
            _write_incident(db, incident)
        for feed in batch.feeds:
            db.execute(_WRITE_FEED, (feed.feed_id, feed.body))
        before = [attempt.find(report) for report in batch.reports]
        written = [was or _write_report(db, new) for was, new in zip(before, batch.reports, strict=True)]
        db.execute(_SIGN, (self._name, attempt.number))
        attempt.in_doubt(one for one, was in zip(written, before, strict=True) if was is None)
        return attempt, written

    def _rows(self, query: str, *values: object) -> list[Any]:
        return self._line.transaction(lambda db: db.execute(query, values).fetchall())

    def _change(self, statement: str, *values: object) -> int:
        return self._line.transaction(lambda db: db.execute(statement, values).rowcount)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one commit writes."""

    incidents: list[Incident]
    reports: list[Report]
    feeds: list[FeedMemory]


def _prepare(db: Connection) -> None:
    """Make the tables when there are none, and refuse those that a newer gridpatrol made."""
    db.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKERS_LOCK,))
    if not db.execute("SELECT FROM pg_tables WHERE schemaname = %s AND tablename = 'reign'", (SCHEMA,)).rowcount:
        if not db.execute("SELECT FROM pg_namespace WHERE nspname = %s", (SCHEMA,)).rowcount:
            db.execute(f"CREATE SCHEMA {SCHEMA}")
        for statement in _TABLES.split(";"):
            db.execute(statement)
    version = _number(db.execute("SELECT version FROM reign").fetchone())
    if version > _VERSION:
        raise LedgerError(
            f"the ledger was written by a newer gridpatrol (its version is {version}, this one knows {_VERSION});"
            " run that one, or name another database"
        )


def _lead(db: Connection, epoch: int | None) -> None:
    """Hold off all other writers until this transaction ends, and see that none of them leads."""
    known = _number(db.execute("SELECT epoch FROM reign FOR UPDATE").fetchone())
    if (now := still_leading(epoch, known)) != known:
        db.execute("UPDATE reign SET epoch = %s", (now,))


def _number(row: tuple[Any, ...] | None) -> int:
    if row is None:
        raise LedgerError(f"a row of the ledger is missing; {WAY_OUT}")
    return int(row[0])


def _key(report: Report) -> tuple[str, int]:
    return (report.incident_id, report.sequence)


def _write_incident(db: Connection, incident: Incident) -> None:
    if incident.stage is Stage.ENDED and incident.confirmed_at is None:
        db.execute("DELETE FROM incident WHERE id = %s", (incident.id,))
        return
    values = (incident.id, incident.stage is not Stage.ENDED, incident.ended_at, json.dumps(incident.as_record()))
    db.execute(_WRITE_INCIDENT, values)


def _write_report(db: Connection, report: Report) -> Report:
    row = db.execute(
        "UPDATE incident SET reports = reports + 1 WHERE id = %s RETURNING reports - 1",
        (report.incident_id,),
    ).fetchone()
    if row is None:
        raise ValueError(f"a report of incident {report.incident_id}, which was never committed")
    numbered = replace(report, sequence=_number(row))
    db.execute(
        "INSERT INTO report (incident_id, sequence, kind, body, evidence) VALUES (%s, %s, %s, %s, %s)",
        (*_key(numbered), report.kind, report.body_json, report.evidence),
    )
    return numbered
