"""The ledger in one SQLite file of the patrol's own.

Reports are written through to the disk; commits without reports survive the death of the process, but the last of
them may not survive a power cut.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from gridmap.errors import LedgerError
from gridmap.incident import Incident, Stage
from gridmap.ledger import FeedMemory, OutboxCounts, Report, incident_of, still_leading
from gridmap.ledgers.sqlitetrouble import WAY_OUT, told

_VERSION = 2
_SCHEMA = """
CREATE TABLE incident (id TEXT PRIMARY KEY, open INTEGER NOT NULL, ended_at TEXT, reports INTEGER NOT NULL DEFAULT 0,
                       record TEXT NOT NULL);
CREATE INDEX incident_open ON incident (open, ended_at);
CREATE TABLE report (id INTEGER PRIMARY KEY AUTOINCREMENT, incident_id TEXT NOT NULL, sequence INTEGER NOT NULL,
                     kind TEXT NOT NULL, body TEXT NOT NULL, evidence BLOB, dead TEXT,
                     UNIQUE (incident_id, sequence));
CREATE INDEX report_dead ON report (dead, id);
CREATE TABLE feed (id TEXT PRIMARY KEY, body TEXT NOT NULL)
"""
_REIGN = "CREATE TABLE reign (epoch INTEGER NOT NULL); INSERT INTO reign VALUES (0)"
"""Since version 2."""
_REPORTS = "SELECT incident_id, sequence, kind, body, evidence, dead FROM report"
_WAITING = "dead IS NULL AND incident_id NOT IN (SELECT value FROM json_each(?))"
_WAL_LIMIT_BYTES = 16_000_000


class SqliteLedger:
    """The file; see ``gridmap.ledger.Ledger`` for what it promises and ``open`` for how to get it."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._path = path
        self._lock = threading.RLock()

    @classmethod
    def open(cls, path: Path, *, timeout_s: float = 5.0) -> Self:
        """Open the ledger, making it when there is none.

        Parameters
        ----------
        path
            The file; SQLite keeps ``-wal`` and ``-shm`` beside it.
        timeout_s
            How long any call waits for another process that holds the file.

        Raises
        ------
        LedgerError
            Not a ledger, damaged, of a newer gridpatrol, locked, or not writable.
        """
        with told(path):
            connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
        ledger = cls(connection, path)
        try:
            ledger._prepare()
        except LedgerError:
            connection.close()
            raise
        return ledger

    def close(self) -> None:
        """Close the file."""
        with self._lock, told(self._path):
            self._db.close()

    def take_over(self) -> int:
        """Begin a new epoch; see ``Ledger.take_over``."""
        with self._lock, self._transaction(durable=True) as db:
            (epoch,) = db.execute("UPDATE reign SET epoch = epoch + 1 RETURNING epoch").fetchone()
        return int(epoch)

    def commit(
        self,
        incidents: Iterable[Incident],
        reports: Iterable[Report],
        feeds: Iterable[FeedMemory] = (),
        *,
        epoch: int | None = None,
    ) -> list[Report]:
        """Write all of it or nothing; see ``Ledger.commit``."""
        reports = list(reports)
        with self._lock, self._transaction(durable=bool(reports)) as db:
            (known,) = db.execute("SELECT epoch FROM reign").fetchone()
            if (now := still_leading(epoch, known)) != known:
                db.execute("UPDATE reign SET epoch = ?", (now,))
            for incident in incidents:
                _write_incident(db, incident)
            for feed in feeds:
                db.execute("INSERT OR REPLACE INTO feed VALUES (?, ?)", (feed.feed_id, feed.body))
            return [_write_report(db, report) for report in reports]

    def open_incidents(self) -> list[Incident]:
        """Return what is not over; see ``Ledger.open_incidents``."""
        with self._reading():
            rows = self._db.execute("SELECT record FROM incident WHERE open ORDER BY id").fetchall()
        return [incident_of(record, ledger=str(self._path), way_out=WAY_OUT) for (record,) in rows]

    def feed_memory(self) -> dict[str, str]:
        """Return what each feed remembers; see ``Ledger.feed_memory``."""
        with self._reading():
            return dict(self._db.execute("SELECT id, body FROM feed").fetchall())

    def pending(self, limit: int = 100, *, but: Iterable[str] = ()) -> list[Report]:
        """Return the reports that wait to be posted; see ``Ledger.pending``."""
        with self._reading():
            left_out = json.dumps(list(but))
            rows = self._db.execute(f"{_REPORTS} WHERE {_WAITING} ORDER BY id LIMIT ?", (left_out, limit))
            return [Report(*row[:5]) for row in rows]

    def dead_letters(self, limit: int = 100) -> list[tuple[Report, str]]:
        """Return the reports that were refused for good; see ``Ledger.dead_letters``."""
        with self._reading():
            rows = self._db.execute(f"{_REPORTS} WHERE dead IS NOT NULL ORDER BY id LIMIT ?", (limit,))
            return [(Report(*row[:5]), row[5]) for row in rows]

    def posted(self, report: Report) -> None:
        """Forget a report that was taken; see ``Ledger.posted``."""
        with self._lock, self._transaction(durable=False) as db:
            db.execute("DELETE FROM report WHERE incident_id = ? AND sequence = ?", _key(report))

    def dead(self, report: Report, reason: str) -> None:
        """Set a report aside that will never be taken; see ``Ledger.dead``."""
        with self._lock, self._transaction(durable=True) as db:
            db.execute("UPDATE report SET dead = ? WHERE incident_id = ? AND sequence = ?", (reason, *_key(report)))

    def revive(self) -> int:
        """Let every dead report wait to be posted again; see ``Ledger.revive``."""
        with self._lock, self._transaction(durable=True) as db:
            return db.execute("UPDATE report SET dead = NULL WHERE dead IS NOT NULL").rowcount

    def counts(self) -> OutboxCounts:
        """Return how many reports wait, and how many are dead; see ``Ledger.counts``."""
        with self._reading():
            (pending, dead) = self._db.execute("SELECT count(*) - count(dead), count(dead) FROM report").fetchone()
        return OutboxCounts(pending, dead)

    def prune(self, now: datetime, *, keep_days: float) -> int:
        """Delete incidents that ended long ago; see ``Ledger.prune``.

        Room that posted reports have left in the file is given back to the disk.
        """
        before = (now - timedelta(days=keep_days)).astimezone(UTC).isoformat()
        with self._lock, self._transaction(durable=False) as db:
            pruned = db.execute(
                "DELETE FROM incident WHERE NOT open AND ended_at < ?"
                " AND NOT EXISTS (SELECT 1 FROM report WHERE incident_id = incident.id)",
                (before,),
            ).rowcount
        with self._reading():
            # execute() would stop after the first page.
            self._db.executescript("PRAGMA incremental_vacuum")
        return pruned

    def _prepare(self) -> None:
        with self._lock, told(self._path):
            self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version > _VERSION:
            raise LedgerError(
                f"{self._path} was written by a newer gridpatrol (its version is {version}, this one knows"
                f" {_VERSION}); run that one, or name another data_dir"
            )
        if version == 0 and tables:
            raise LedgerError(f"{self._path} is a database of something else; name another data_dir")
        if version < _VERSION:
            self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        with self._lock, self._transaction(durable=True) as db:
            # Two processes may come here at once; the second finds the work done.
            (version,) = db.execute("PRAGMA user_version").fetchone()
            for needed in (_SCHEMA, _REIGN)[version:]:
                for statement in needed.split(";"):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {_VERSION}")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, told(self._path):
            yield

    @contextmanager
    def _transaction(self, *, durable: bool) -> Iterator[sqlite3.Connection]:
        """Hold the file for writing; all or nothing. With ``durable`` the disk has it before this returns."""
        with told(self._path):
            self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                # SQLite rolls back by itself on some faults (a full disk), not on others.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


def _key(report: Report) -> tuple[str, int]:
    return (report.incident_id, report.sequence)


def _write_incident(db: sqlite3.Connection, incident: Incident) -> None:
    if incident.stage is Stage.ENDED and incident.confirmed_at is None:
        db.execute("DELETE FROM incident WHERE id = ?", (incident.id,))
        return
    ended_at = incident.ended_at.astimezone(UTC).isoformat() if incident.ended_at else None
    db.execute(
        "INSERT INTO incident (id, open, ended_at, record) VALUES (?, ?, ?, ?) ON CONFLICT (id)"
        " DO UPDATE SET open = excluded.open, ended_at = excluded.ended_at, record = excluded.record",
        (incident.id, incident.stage is not Stage.ENDED, ended_at, json.dumps(incident.as_record())),
    )


def _write_report(db: sqlite3.Connection, report: Report) -> Report:
    row = db.execute(
        "UPDATE incident SET reports = reports + 1 WHERE id = ? RETURNING reports - 1", (report.incident_id,)
    ).fetchone()
    if row is None:
        raise ValueError(f"a report of incident {report.incident_id}, which was never committed")
    numbered = replace(report, sequence=row[0])
    db.execute(
        "INSERT INTO report (incident_id, sequence, kind, body, evidence) VALUES (?, ?, ?, ?, ?)",
        (*_key(numbered), report.kind, report.body_json, report.evidence),
    )
    return numbered
