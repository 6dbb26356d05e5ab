"""Opens the store that a URL names, its schema brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from api.errors import StoreUnfit
from api.store.accounts import SqlAccounts
from api.store.cases import SqlCases
from api.store.engine import engine_for, transaction
from api.store.evidence import SqlPictures
from api.store.feeds import SqlFeeds
from api.store.incidents import SqlIncidents
from api.store.mutes import SqlMutes
from api.store.port import CaseStore
from api.store.receipts import SqlReceipts
from api.store.rechecks import SqlRechecks
from api.store.verdicts import SqlVerdicts
from api.store.views import SqlViews


def open_store(url: str, *, busy_timeout_s: float = 5.0) -> CaseStore:
    """Open the store, creating or upgrading its tables first.

    Parameters
    ----------
    url
        ``sqlite:///relative/path``, ``sqlite:////absolute/path`` or ``postgresql://user:password@host/name``.
    busy_timeout_s
        Seconds that a transaction waits for its turn before it fails with ``StoreBusy``.

    Raises
    ------
    StoreUnfit
        When the URL cannot be used, or the schema is of a newer gridpatrol.
    StoreBusy
        When the database cannot be reached.
    """
    store = SqlStore(engine_for(url, busy_timeout_s=busy_timeout_s))
    store.migrate()
    return store


class SqlStore:
    """A case store on SQLite or PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def reading(self) -> Iterator[SqlBook]:
        """Open a reading transaction; see ``CaseStore.reading``."""
        with transaction(self._engine, writing=False) as connection:
            yield SqlBook(connection)

    @contextmanager
    def writing(self) -> Iterator[SqlBook]:
        """Open a writing transaction; see ``CaseStore.writing``."""
        with transaction(self._engine, writing=True) as connection:
            yield SqlBook(connection)

    def check(self) -> None:
        """Ask for a sign of life; see ``CaseStore.check``."""
        with transaction(self._engine, writing=False) as connection:
            connection.execute(text("SELECT count(*) FROM case_numbers"))

    def migrate(self, version: str = "head") -> None:
        """Bring the schema up to ``version``; one process does it, others wait."""
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
        config.set_main_option("path_separator", "os")
        with transaction(self._engine, writing=True) as connection:
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, version)
            except CommandError as error:
                raise StoreUnfit(
                    f"the database's schema is unknown to this gridpatrol ({error}); install the version that made it"
                ) from error

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()


@dataclass(frozen=True)
class SqlBook:
    """One transaction's shelves."""

    connection: Connection

    @cached_property
    def incidents(self) -> SqlIncidents:
        """The incidents."""
        return SqlIncidents(self.connection)

    @cached_property
    def pictures(self) -> SqlPictures:
        """The evidence records."""
        return SqlPictures(self.connection)

    @cached_property
    def verdicts(self) -> SqlVerdicts:
        """The verdicts."""
        return SqlVerdicts(self.connection)

    @cached_property
    def mutes(self) -> SqlMutes:
        """The muted places."""
        return SqlMutes(self.connection)

    @cached_property
    def cases(self) -> SqlCases:
        """The cases."""
        return SqlCases(self.connection)

    @cached_property
    def rechecks(self) -> SqlRechecks:
        """The re-checks of cases."""
        return SqlRechecks(self.connection)

    @cached_property
    def feeds(self) -> SqlFeeds:
        """The feeds and the patrol's state."""
        return SqlFeeds(self.connection)

    @cached_property
    def views(self) -> SqlViews:
        """The accepted views."""
        return SqlViews(self.connection)

    @cached_property
    def receipts(self) -> SqlReceipts:
        """The idempotency keys."""
        return SqlReceipts(self.connection)

    @cached_property
    def accounts(self) -> SqlAccounts:
        """Accounts, sessions and tokens."""
        return SqlAccounts(self.connection)
