"""A line to a PostgreSQL server that comes back by itself after the server went away."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import psycopg

from gridmap.errors import LedgerError
from gridmap.ledgers.postgrestrouble import SCHEMA, told

_T = TypeVar("_T")
Connection = psycopg.Connection[tuple[object, ...]]
_SHUT_DOWN = "57P"
"""SQLSTATEs of a server that stops or ends the session begin so."""


class Line:
    """One connection, shared by all threads in turn.

    Parameters
    ----------
    url
        ``postgresql://user:password@host/name``.
    timeout_s
        How long to wait for the server to take the connection, and for another writer.
    """

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._lock = threading.RLock()
        self._db: Connection | None = None

    def transaction(self, work: Callable[[Connection], _T]) -> _T:
        """Run ``work`` in a transaction: all or nothing.

        It is run once more on a new connection when the old one turns out to be dead, as it is after a restart of
        the server. Where the answer to the last word, COMMIT, is lost, it may have been written the first time.

        Raises
        ------
        LedgerError
            When the server is away or refuses.
        """
        with self._lock, told(self._url):
            if self._db is not None:
                try:
                    return self._once(self._db, work)
                except psycopg.OperationalError as error:
                    if not self._lost(error):
                        raise
            self._db = self._connected()
            return self._once(self._db, work)

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            if self._db is not None:
                self._db.close()
            self._db = None

    def _once(self, db: Connection, work: Callable[[Connection], _T]) -> _T:
        with db.transaction():
            return work(db)

    def _lost(self, error: psycopg.OperationalError) -> bool:
        if self._db is None or not (self._db.closed or (error.sqlstate or "").startswith(_SHUT_DOWN)):
            return False
        self.close()
        return True

    def _connected(self) -> Connection:
        wait_ms = int(self._timeout_s * 1000)
        return psycopg.connect(
            self._url,
            autocommit=True,
            application_name="gridpatrol ledger",
            connect_timeout=max(2, int(self._timeout_s)),
            # A peer that fell silent is given up after about 20 s, and a writer that was stopped amid a transaction
            # holds up the others for no longer than 3, so that a new leader gets in.
            tcp_user_timeout=20_000,
            keepalives_idle=8,
            keepalives_interval=4,
            keepalives_count=3,
            options=f"-c search_path={SCHEMA} -c lock_timeout={wait_ms} -c statement_timeout=30000 -c timezone=UTC"
            " -c idle_in_transaction_session_timeout=3000 -c client_min_messages=warning",
        )


def unless_postgresql(url: str) -> None:
    """Refuse what is no URL of a PostgreSQL database.

    Raises
    ------
    LedgerError
        With what to write.
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise LedgerError("the ledger cannot be kept there; write postgresql://user:password@host/name, or nothing")
