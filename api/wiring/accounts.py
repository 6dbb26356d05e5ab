"""The accounts that a start needs: a first person, and the patrol."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from api.accounts import Accounts
from api.datafolder import DataFolder
from api.wiring.store import open_cases
from configs.settings import Settings

FIRST_USER = "operator"
PATROL = "patrol"


@contextmanager
def open_accounts(settings: Settings, folder: DataFolder) -> Iterator[Accounts]:
    """Open the accounts in the settings' database, and close it afterwards.

    Raises
    ------
    api.errors.StoreError
        When the database cannot be used.
    """
    store = open_cases(settings, folder)
    try:
        yield Accounts(store, now=lambda: datetime.now(UTC))
    finally:
        store.close()


def ready_accounts(settings: Settings, folder: DataFolder) -> str | None:
    """Give the patrol a token and return the first user's one-time password; None once it was changed."""
    with open_accounts(settings, folder) as accounts:
        folder.write_token(accounts.issue_token(PATROL, "machine", replace_existing=True))
        return accounts.ensure_one_time(FIRST_USER)
