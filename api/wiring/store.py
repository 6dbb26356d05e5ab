"""The case store that the settings name."""

from __future__ import annotations

from api.datafolder import DataFolder
from api.store.opening import open_store
from api.store.port import CaseStore
from configs.settings import Settings


def open_cases(settings: Settings, folder: DataFolder) -> CaseStore:
    """Return the case store: the database of the settings, or SQLite in the data folder.

    Raises
    ------
    api.errors.StoreError
        When it cannot be used or reached; the text has the way out and no password.
    """
    named = settings.database
    return open_store(named.get_secret_value() if named else f"sqlite:///{folder.cases}")
