"""Engines for the two databases, with the same promise on both: writers take turns, waiting is bounded."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.errors import StoreBusy, StoreError, StoreUnfit, Unfit
from streams.url import masked

_CANNOT_BE_KEPT = (
    "a value cannot be kept: a number or a year is out of range, or a text holds a NUL or half a character"
)
_WRITERS_LOCK = 0x67726964  # "grid": the advisory lock that PostgreSQL's writers take turns with


def engine_for(url: str, *, busy_timeout_s: float) -> Engine:
    """Return an engine for ``sqlite:///path`` or ``postgresql://…``; nothing is opened yet.

    Raises
    ------
    StoreUnfit
        When the URL names another database or SQLite's folder cannot be made.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreUnfit(_wrong(url)) from error
    makers: dict[str, Callable[[URL, float], Engine]] = {"sqlite": _sqlite, "postgresql": _postgresql}
    maker = makers.get(parsed.get_backend_name())
    if maker is None:
        raise StoreUnfit(_wrong(url))
    return maker(parsed, busy_timeout_s)


def _wrong(url: str) -> str:
    return f"the database {masked(url)!r} cannot be used; write sqlite:///path/to/file.db or postgresql://host/name"


def _sqlite(url: URL, busy_timeout_s: float) -> Engine:
    if not url.database or url.database == ":memory:":
        raise StoreUnfit("SQLite needs a file, as threads share it; write sqlite:///path/to/file.db")
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnfit(f"the database's folder {folder} cannot be made: {error.strerror}") from error
    engine = create_engine(url, connect_args={"timeout": busy_timeout_s}, pool_timeout=busy_timeout_s, pool_size=40)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: _begin_sqlite does
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what was answered with 201 survives a power cut
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: one that read first and then finds the lock taken could not wait for it.
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _postgresql(url: URL, busy_timeout_s: float) -> Engine:
    wait_ms = int(busy_timeout_s * 1000)
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={
            "connect_timeout": max(2, int(busy_timeout_s)),
            "options": f"-c lock_timeout={wait_ms} -c idle_in_transaction_session_timeout=60000 -c timezone=UTC",
        },
        pool_pre_ping=True,
        pool_timeout=busy_timeout_s,
        pool_size=20,
    )
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("writing", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")


@contextmanager
def transaction(engine: Engine, *, writing: bool) -> Iterator[Connection]:
    """Open a connection in a transaction; commit when the block ends well.

    Raises
    ------
    StoreBusy
        When the database is locked or unreachable for longer than the busy timeout.
    StoreUnfit
        When it refuses for a reason that waiting does not mend.
    Unfit
        When it cannot keep a value that was given.
    """
    try:
        with engine.connect().execution_options(writing=writing) as connection, connection.begin():
            yield connection
    except (DataError, OverflowError, UnicodeError) as error:
        raise Unfit(_CANNOT_BE_KEPT) from error
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise _trouble(error) from error
    except DatabaseError as error:
        if type(error) is not DatabaseError:  # its kinds that are left are mistakes of this program
            raise
        raise StoreUnfit(f"the database cannot be used: {error.orig}") from error
    except StatementError as error:  # what is no DatabaseError: a value that could not even be sent
        if not isinstance(error.orig, (OverflowError, ValueError)):
            raise
        raise Unfit(_CANNOT_BE_KEPT) from error


def _trouble(error: SQLAlchemyError) -> StoreError:
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.OperationalError):
        return _sqlite_trouble(cause)
    if isinstance(error, PoolTimeout) or type(cause).__name__ == "LockNotAvailable":
        return StoreBusy("the database is busy with another writer; try again in a moment")
    return StoreBusy("the database cannot be reached; try again in a moment, or check that it runs")


def _sqlite_trouble(cause: sqlite3.OperationalError) -> StoreError:
    if cause.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy("the database is locked by another program; try again in a moment")
    if cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL:
        return StoreBusy("the database's disk is full; make room, then try again")
    return StoreUnfit(f"the database cannot be used: {cause}")
