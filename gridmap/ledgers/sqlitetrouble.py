"""What SQLite says when the ledger is in trouble, told so that somebody can mend it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridmap.errors import LedgerError

WAY_OUT = (
    "move it away together with its -wal and -shm files and start again: reports that still waited in it are lost,"
    " incidents are found anew"
)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what SQLite says into one sentence with the way out."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise LedgerError(f"{path}: {_trouble(error)}") from error
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise
        raise LedgerError(f"{path} is damaged or not a database ({error}); {WAY_OUT}") from error


def _trouble(error: sqlite3.OperationalError) -> str:
    code = (error.sqlite_errorcode or 0) & 0xFF
    said = f"({error})"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"another process holds it {said}; stop the other patrol that uses this data_dir"
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return f"the disk is full or fails {said}; free some space, what waits is kept in memory and written then"
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return f"it cannot be written {said}; make its folder, and let this user write there"
    return f"it cannot be used {said}; {WAY_OUT}"
