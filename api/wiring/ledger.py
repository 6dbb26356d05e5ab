"""The ledger that the settings name."""

from __future__ import annotations

from api.datafolder import DataFolder
from configs.settings import Settings
from gridmap.ledger import Ledger
from gridmap.ledgers.opening import open_ledger


def patrol_ledger(settings: Settings, folder: DataFolder) -> Ledger:
    """Return the patrol's ledger: the database of the settings, or SQLite in the data folder.

    Raises
    ------
    gridmap.errors.LedgerError
        When it cannot be used or reached; the text has the way out and no password.
    """
    return open_ledger(settings.ledger.get_secret_value() if settings.ledger else folder.ledger)
