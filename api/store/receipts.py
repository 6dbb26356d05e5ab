"""Idempotency keys in SQL."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from api.store.records import Receipt
from api.store.rows import one
from api.store.tables import receipts


class SqlReceipts:
    """The idempotency keys of one transaction; see ``api.store.port.Receipts``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> Receipt | None:
        """Return what was answered under this key, or None."""
        statement = select(receipts).where(receipts.c.key == key)
        return one(self._connection, statement, lambda row: Receipt(*row))

    def add(self, receipt: Receipt) -> None:
        """Keep an answer under a new key."""
        values = {"key": receipt.key, "fingerprint": receipt.fingerprint, "answer": receipt.answer, "at": receipt.at}
        self._connection.execute(insert(receipts).values(values))

    def prune(self, before: datetime, *, limit: int) -> int:
        """Forget up to ``limit`` keys from before ``before``; return how many."""
        old = select(receipts.c.key).where(receipts.c.at < before).order_by(receipts.c.at).limit(limit)
        keys = list(self._connection.execute(old).scalars())
        self._connection.execute(delete(receipts).where(receipts.c.key.in_(keys)))
        return len(keys)
