"""The lock on wrong passwords: how often a name may be tried, and for how long it then has to wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from api.errors import LoginLocked
from api.store.port import CaseStore
from api.store.records import Failures

_FREE_TRIES = 5
_FIRST_LOCK_S = 60
_LONGEST_LOCK_S = 900


class Lockout:
    """Counts the tries of each name, known or not, in the case store.

    Parameters
    ----------
    store
        Where they are kept, so that a restart forgives nothing.
    now
        Says the time, aware UTC.
    """

    def __init__(self, store: CaseStore, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def take_try(self, username: str) -> None:
        """Count a try before its password is looked at, and keep the count before anything else happens.

        Hashing takes long on purpose: a try that were counted only afterwards would let any number of others in
        while it is under way.

        Raises
        ------
        LoginLocked
            From the sixth try that did not succeed: for a minute, then twice as long each time up to 15 minutes.
        """
        now = self._now()
        with self._store.writing() as book:
            book.accounts.drop_failures(None, before=now - timedelta(seconds=2 * _LONGEST_LOCK_S))
            known = book.accounts.failures(username)
            _refuse_locked(known, now)
            book.accounts.put_failures(_one_more(username, known, now))

    def succeeded(self, username: str) -> None:
        """Forget the tries of a name whose password was right."""
        with self._store.writing() as book:
            book.accounts.drop_failures(username)


def _refuse_locked(failures: Failures | None, now: datetime) -> None:
    if failures is None or failures.locked_until is None:
        return
    left_s = int((failures.locked_until - now).total_seconds())
    if left_s > 0:
        raise LoginLocked(f"too many wrong passwords; try again in {left_s} s", retry_after_s=left_s)


def _one_more(username: str, known: Failures | None, now: datetime) -> Failures:
    count = known.count + 1 if known else 1
    lock_s = min(_LONGEST_LOCK_S, _FIRST_LOCK_S * 2 ** min(count - _FREE_TRIES, 10))
    until = now + timedelta(seconds=lock_s) if count >= _FREE_TRIES else None
    return Failures(username, count, now, until)
