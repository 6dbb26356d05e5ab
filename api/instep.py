"""In step: how the patrol follows a list that the API keeps, such as its muted places.

The patrol asks, because the API does not know where patrols run. An unchanged list costs an empty answer (its tag is
sent along), and an API that is away changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import structlog

_log = structlog.get_logger()
_FIRST_S = 0.5
_NEWS_AFTER_S = 60.0
"""Failures in a row for so long are told, once: at a start the API may need longer than the patrol."""


class InStep:
    """Follows one list.

    Parameters
    ----------
    client
        With the API's base URL, its bearer token and a timeout.
    path
        Where the list is asked for.
    take
        Takes the list whenever it has changed. What it raises as KeyError, TypeError or ValueError is a list that
        cannot be read: the same list is asked for again.
    every_s
        Seconds between two questions.
    what
        Whose list it is, for the log's ``WHAT_not_in_step``.
    wait
        ``wait(seconds)`` sleeps, or returns True at once when the patrol stops.
    """

    def __init__(
        self,
        client: httpx.Client,
        path: str,
        take: Callable[[list[dict[str, Any]]], None],
        *,
        every_s: float,
        what: str,
        wait: Callable[[float], bool],
    ) -> None:
        self._client, self._path, self._take = client, path, take
        self._every_s, self._what, self._wait = every_s, what, wait
        self._tag = ""
        self._missed = 0

    def run(self, sync: Callable[[], None]) -> None:
        """Call ``sync`` again and again until ``wait`` says stop."""
        pause_s = _FIRST_S
        while not self._wait(pause_s):
            sync()
            pause_s = self._every_s

    def sync(self, tell: Callable[[], None] = lambda: None) -> None:
        """Tell the API what there is to tell, then ask once; what cannot be done now is tried again next time."""
        try:
            tell()
            self._ask()
            self._missed = 0
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
            self._missed += 1
            if self._missed == round(_NEWS_AFTER_S / self._every_s):
                _log.warning(f"{self._what}_not_in_step", reason=f"{type(error).__name__}: {error}")

    def _ask(self) -> None:
        headers = {"If-None-Match": self._tag} if self._tag else {}
        answer = self._client.get(self._path, headers=headers)
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return
        answer.raise_for_status()
        self._take(answer.json())
        self._tag = answer.headers.get("ETag", "")
