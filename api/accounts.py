"""Accounts, sessions and tokens: who may do what.

People log in with a password and get a session; machines and programs carry a bearer token. Only hashes are kept:
argon2id of passwords, SHA-256 of session and token secrets (which are random, so a fast hash is safe).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from api.caller import Caller, Role
from api.errors import AccountError, LoginRefused, Missing, StoreBusy
from api.lockout import Lockout
from api.passwords import Passwords
from api.store.port import Book, CaseStore
from api.store.records import Account, LoginSession, Token

SESSION_LIFE = timedelta(hours=12)
_SLIDE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Entry:
    """A session just begun: the secret for the cookie, and who it is."""

    secret: str
    caller: Caller


class Accounts:
    """Accounts over a case store.

    Parameters
    ----------
    store
        Where they are kept.
    now
        Says the time, aware UTC.
    passwords
        Hashes and checks passwords.
    """

    def __init__(self, store: CaseStore, *, now: Callable[[], datetime], passwords: Passwords | None = None) -> None:
        self._store = store
        self._now = now
        self._lockout = Lockout(store, now=now)
        self._passwords = passwords or Passwords()
        self._nobody = self._passwords.hashed(secrets.token_urlsafe())

    # people

    def login(self, username: str, password: str) -> Entry:
        """Begin a session.

        Raises
        ------
        LoginLocked
            After five wrong passwords in a row: for a minute, then twice as long each time up to 15 minutes.
        LoginRefused
            When name or password is wrong; the sentence does not say which.
        """
        username = username.strip()[:64]
        self._lockout.take_try(username)
        with self._store.reading() as book:
            account = book.accounts.get(username)
        if not self._passwords.match(account.password_hash if account else self._nobody, password) or account is None:
            raise LoginRefused("the name or the password is wrong")
        return self._begin(account)

    def logout(self, caller: Caller) -> None:
        """End the caller's session."""
        if caller.session is not None:
            with self._store.writing() as book:
                book.accounts.drop_session(caller.session)

    def change_password(self, caller: Caller, *, current: str, new: str) -> None:
        """Change the caller's own password; the account's other sessions end.

        Raises
        ------
        AccountError
            When the current password is wrong, or the new one is too short or the same.
        LoginLocked
            As in ``login``: wrong current passwords count as well.
        """
        self._lockout.take_try(caller.name)
        with self._store.reading() as book:
            account = book.accounts.get(caller.name)
        if account is None or not self._passwords.match(account.password_hash, current):
            raise AccountError("the current password is wrong")
        self._lockout.succeeded(caller.name)
        if new == current:
            raise AccountError("the new password is the old one; choose another")
        self._save_password(account, new, one_time=False, but=caller.session)

    def caller_of_session(self, secret: str) -> Caller | None:
        """Return who a session's secret belongs to, or None; each use prolongs it to twelve hours from now."""
        now, digest = self._now(), _digest(secret)
        with self._store.reading() as book:
            session = book.accounts.session(digest)
            account = book.accounts.get(session.username) if session else None
        if session is None or account is None or session.expires_at <= now:
            return None
        self._slide(session, now)
        return Caller(account.username, Role(account.role), account.one_time, digest)

    # machines

    def caller_of_token(self, secret: str) -> Caller | None:
        """Return which machine or program a bearer token belongs to, or None."""
        with self._store.reading() as book:
            token = book.accounts.token(_digest(secret))
        return None if token is None else Caller(token.name, Role(token.role))

    def issue_token(self, name: str, role: str = "machine", *, replace_existing: bool = False) -> str:
        """Make a bearer token and return its secret, which is shown only now.

        Raises
        ------
        AccountError
            When the name is taken (and not to be replaced) or the role is unknown.
        """
        secret = f"gp_{secrets.token_urlsafe(32)}"
        token = Token(_named(name), _digest(secret), _role(role, tuple(Role)).value, self._now())
        with self._store.writing() as book:
            if not replace_existing and any(known.name == token.name for known in book.accounts.tokens()):
                raise AccountError(f"there is a token named {token.name!r}; revoke it first or take another name")
            book.accounts.put_token(token)
        return secret

    def revoke_token(self, name: str) -> None:
        """End a token.

        Raises
        ------
        Missing
            When there is none of that name.
        """
        with self._store.writing() as book:
            if not book.accounts.drop_token(name):
                raise Missing(f"there is no token named {name!r}; list them with the tokens command")

    def tokens(self) -> list[Token]:
        """Return all tokens by name."""
        with self._store.reading() as book:
            return book.accounts.tokens()

    # whoever runs the installation

    def list(self) -> list[Account]:
        """Return all accounts by name."""
        with self._store.reading() as book:
            return book.accounts.all()

    def create(self, username: str, password: str, role: str = "operator") -> None:
        """Make an account.

        Raises
        ------
        AccountError
            When the name is taken, the role unknown or the password shorter than ten characters.
        """
        rank = _role(role, (Role.VIEWER, Role.OPERATOR, Role.ADMIN))
        account = Account(
            _named(username), self._passwords.hashed(password), rank.value, one_time=False, created_at=self._now()
        )
        with self._store.writing() as book:
            if book.accounts.get(account.username) is not None:
                raise AccountError(f"there is an account named {account.username!r}; take another name")
            book.accounts.put(account)

    def set_password(self, username: str, password: str) -> None:
        """Give an account another password; its sessions end and it is no longer locked.

        Raises
        ------
        Missing
            When there is no such account.
        AccountError
            When the password is too short.
        """
        self._save_password(self._known(username), password, one_time=False)

    def set_role(self, username: str, role: str) -> None:
        """Give an account another role.

        Raises
        ------
        Missing, AccountError
            When there is no such account or role.
        """
        rank = _role(role, (Role.VIEWER, Role.OPERATOR, Role.ADMIN))
        account = self._known(username)
        with self._store.writing() as book:
            book.accounts.put(replace(account, role=rank.value))

    def ensure_one_time(self, username: str) -> str | None:
        """Return a fresh first password for the first account (role admin: it must be able to do everything).

        The account is made when missing. While its password was never changed each call makes a fresh one, so that
        the one printed last is the one that works; None after its person chose their own.
        """
        with self._store.reading() as book:
            account = book.accounts.get(username)
        if account is not None and not account.one_time:
            return None
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        fresh = account or Account(username, "", Role.ADMIN.value, one_time=True, created_at=self._now())
        self._save_password(fresh, password, one_time=True)
        return password

    def _known(self, username: str) -> Account:
        with self._store.reading() as book:
            account = book.accounts.get(username)
        if account is None:
            raise Missing(f"there is no account named {username!r}; list them with the accounts command")
        return account

    def _save_password(self, account: Account, password: str, *, one_time: bool, but: str | None = None) -> None:
        changed = replace(account, password_hash=self._passwords.hashed(password), one_time=one_time)
        with self._store.writing() as book:
            book.accounts.put(changed)
            book.accounts.drop_sessions(account.username, but=but)
            book.accounts.drop_failures(account.username)

    def _begin(self, account: Account) -> Entry:
        secret, now = secrets.token_urlsafe(32), self._now()
        session = LoginSession(_digest(secret), account.username, now + SESSION_LIFE)
        with self._store.writing() as book:
            book.accounts.drop_expired(now)
            book.accounts.drop_failures(account.username)
            book.accounts.put_session(session)
        return Entry(secret, Caller(account.username, Role(account.role), account.one_time, session.digest))

    def _slide(self, session: LoginSession, now: datetime) -> None:
        until = now + SESSION_LIFE
        if until - session.expires_at < _SLIDE_AFTER:
            return
        try:
            with self._store.writing() as book:
                _prolong(book, session, until)
        except StoreBusy:
            return  # a reader must not fail because somebody writes; the next request prolongs it


def _prolong(book: Book, session: LoginSession, until: datetime) -> None:
    if book.accounts.session(session.digest) is not None:  # it may have been ended in between
        book.accounts.put_session(replace(session, expires_at=until))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _named(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 64:
        raise AccountError(f"{name!r} is no name; use 1 to 64 characters")
    return name


def _role(role: str, allowed: tuple[Role, ...]) -> Role:
    if role not in {rank.value for rank in allowed}:
        raise AccountError(f"{role!r} is no role here; use {', '.join(allowed)}")
    return Role(role)
