"""Opens the ledger that is named: a file, or a database."""

from __future__ import annotations

from pathlib import Path

from gridmap.ledger import Ledger
from gridmap.ledgers.postgres import PostgresLedger
from gridmap.ledgers.sqlite import SqliteLedger


def open_ledger(place: Path | str, *, timeout_s: float = 5.0) -> Ledger:
    """Open the ledger, making it when there is none.

    Parameters
    ----------
    place
        A file for a patrol of one process, or the URL ``postgresql://…`` for one of several.
    timeout_s
        How long any call waits for another writer.

    Raises
    ------
    LedgerError
        When it cannot be opened.
    """
    if isinstance(place, Path):
        return SqliteLedger.open(place, timeout_s=timeout_s)
    return PostgresLedger.open(place, timeout_s=timeout_s)
