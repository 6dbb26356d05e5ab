"""What PostgreSQL says when the ledger is in trouble, told so that somebody can mend it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from gridmap.errors import LedgerError
from streams.url import masked

SCHEMA = "gridpatrol_ledger"
"""The ledger's own room in the database, which may hold other things beside it."""
WAY_OUT = (
    f"install the gridpatrol that wrote it, or DROP SCHEMA {SCHEMA} CASCADE and start again: reports that still"
    " waited in it are lost, incidents are found anew"
)
_KEPT = "what waits is kept in memory and written then"


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn what PostgreSQL says into one sentence with the way out; a mistake of this program stays what it is."""
    try:
        yield
    except psycopg.Error as error:
        trouble = _trouble(error)
        if trouble is None:
            raise
        raise LedgerError(f"the ledger {shown(url)}: {trouble}") from error


def shown(url: str) -> str:
    """Return host and database of the URL: what a sentence may say of it."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return "that the settings name"
    return f"in {parts.get('dbname', 'PostgreSQL')} on {parts.get('host', 'this machine')}"


def _trouble(error: psycopg.Error) -> str | None:
    said = f"({masked(str(error)).strip().splitlines()[0] if str(error).strip() else type(error).__name__})"
    for kinds, sentence in _SENTENCES:
        if isinstance(error, kinds):
            return sentence.format(said=said)
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        # libpq could not read the URL, and might quote the password in saying so.
        return "the URL cannot be read; write postgresql://user:password@host/name, signs in it percent-encoded"
    return None


_SENTENCES: tuple[tuple[type[psycopg.Error] | tuple[type[psycopg.Error], ...], str], ...] = (
    (
        (errors.LockNotAvailable, errors.QueryCanceled, errors.DeadlockDetected),
        "another process holds it {said}; " + _KEPT,
    ),
    (errors.DiskFull, "the server's disk is full {said}; free some space, " + _KEPT),
    (errors.ReadOnlySqlTransaction, "the server only reads {said}; name the primary server, " + _KEPT),
    (
        errors.InsufficientPrivilege,
        f"this user may not keep it {{said}}; let an administrator run CREATE SCHEMA {SCHEMA} AUTHORIZATION user",
    ),
    ((errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName), "it is not whole {said}; " + WAY_OUT),
    ((errors.DataCorrupted, errors.IndexCorrupted), "it is damaged {said}; restore the database from a backup"),
    (
        (psycopg.OperationalError, psycopg.InterfaceError),
        "PostgreSQL cannot be reached {said}; check that it runs and that ledger: names it, " + _KEPT,
    ),
)
