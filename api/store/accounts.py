"""Accounts, sessions and tokens in SQL."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from api.store.records import Account, Failures, LoginSession, Token
from api.store.rows import one
from api.store.tables import accounts, login_failures, sessions, tokens


class SqlAccounts:
    """Accounts of one transaction; see ``api.store.port.AccountBook``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, username: str) -> Account | None:
        """Return the account or None."""
        return one(
            self._connection, select(accounts).where(accounts.c.username == username), lambda row: Account(*row)
        )

    def put(self, account: Account) -> None:
        """Keep an account, new or changed."""
        self._put(accounts, asdict(account))

    def all(self) -> list[Account]:
        """Return all accounts by name."""
        return [Account(*row) for row in self._connection.execute(select(accounts).order_by(accounts.c.username))]

    def session(self, digest: str) -> LoginSession | None:
        """Return the session or None."""
        return one(
            self._connection, select(sessions).where(sessions.c.digest == digest), lambda row: LoginSession(*row)
        )

    def put_session(self, session: LoginSession) -> None:
        """Keep a session, new or prolonged."""
        self._put(sessions, asdict(session))

    def drop_session(self, digest: str) -> None:
        """End a session."""
        self._connection.execute(delete(sessions).where(sessions.c.digest == digest))

    def drop_sessions(self, username: str, *, but: str | None = None) -> None:
        """End all sessions of an account, but one."""
        statement = delete(sessions).where(sessions.c.username == username)
        self._connection.execute(statement if but is None else statement.where(sessions.c.digest != but))

    def drop_expired(self, now: datetime) -> None:
        """Forget sessions that ran out."""
        self._connection.execute(delete(sessions).where(sessions.c.expires_at <= now))

    def token(self, digest: str) -> Token | None:
        """Return the token or None."""
        return one(self._connection, select(tokens).where(tokens.c.digest == digest), lambda row: Token(*row))

    def tokens(self) -> list[Token]:
        """Return all tokens by name."""
        return [Token(*row) for row in self._connection.execute(select(tokens).order_by(tokens.c.name))]

    def put_token(self, token: Token) -> None:
        """Keep a token; one of the same name ends."""
        self._put(tokens, asdict(token))

    def drop_token(self, name: str) -> bool:
        """End a token; return whether there was one."""
        return bool(self._connection.execute(delete(tokens).where(tokens.c.name == name)).rowcount)

    def failures(self, username: str) -> Failures | None:
        """Return the wrong passwords in a row, or None."""
        statement = select(login_failures).where(login_failures.c.username == username)
        return one(self._connection, statement, lambda row: Failures(*row))

    def put_failures(self, failures: Failures) -> None:
        """Keep the wrong passwords of a name."""
        self._put(login_failures, asdict(failures))

    def drop_failures(self, username: str | None, *, before: datetime | None = None) -> None:
        """Forget the wrong passwords of a name (of all for None), or only those last made before ``before``."""
        statement = delete(login_failures)
        if username is not None:
            statement = statement.where(login_failures.c.username == username)
        if before is not None:
            statement = statement.where(login_failures.c.last_at < before)
        self._connection.execute(statement)

    def _put(self, table: Table, values: dict[str, Any]) -> None:
        (key,) = table.primary_key.columns
        changed = self._connection.execute(update(table).where(key == values[key.name]).values(values))
        if not changed.rowcount:
            self._connection.execute(insert(table).values(values))
