"""Passwords: hashed with argon2id, never kept."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from api.errors import AccountError

MIN_LENGTH = 10
_AT_ONCE = 2


class Passwords:
    """Hashes and checks passwords.

    Argon2 takes 64 MB and a core on purpose, so only two are worked on at once, however many people try.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    def hashed(self, password: str) -> str:
        """Return the password's hash.

        Raises
        ------
        AccountError
            When it has fewer than ten characters, or half characters that cannot be written as UTF-8.
        """
        if len(password) < MIN_LENGTH:
            raise AccountError(f"the password is too short; use at least {MIN_LENGTH} characters")
        if not _writable(password):
            raise AccountError("the password holds half a character (a lone surrogate); choose another")
        with self._turns:
            return self._hasher.hash(password)

    def match(self, password_hash: str, password: str) -> bool:
        """Return whether this is the password that was hashed."""
        if not _writable(password):
            return False
        try:
            with self._turns:
                return self._hasher.verify(password_hash, password)
        except VerifyMismatchError:
            return False


def _writable(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True
