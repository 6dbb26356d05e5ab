"""The view post: asks the API which feeds' views people have accepted.

Each is taken for known from the feed's next look on, once; so nothing need be kept here while the API is away.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx
import structlog

from streams.feedviews import FeedViews

_log = structlog.get_logger()
_EVERY_S = 5.0
_NEWS_AFTER = 12
"""So many failures in a row are told, once: at a start the API may need longer than the patrol."""


class ViewPost:
    """Hands on what people have said of views.

    Parameters
    ----------
    views
        Hears of each view that was accepted.
    client
        With the API's base URL, its bearer token and a timeout.
    wait
        ``wait(seconds)`` sleeps, or returns True at once when the patrol stops.
    """

    def __init__(self, views: FeedViews, client: httpx.Client, *, wait: Callable[[float], bool]) -> None:
        self._views = views
        self._client = client
        self._wait = wait
        self._tag = ""
        self._missed = 0

    def run(self) -> None:
        """Ask until ``wait`` says stop."""
        pause_s = 0.5
        while not self._wait(pause_s):
            self.sync()
            pause_s = _EVERY_S

    def sync(self) -> None:
        """Ask once; an API that is away changes nothing."""
        try:
            self._ask()
            self._missed = 0
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
            self._missed += 1
            if self._missed == _NEWS_AFTER:
                _log.warning("views_not_in_step", reason=f"{type(error).__name__}: {error}")

    def _ask(self) -> None:
        headers = {"If-None-Match": self._tag} if self._tag else {}
        answer = self._client.get("/api/v1/views/accepted", headers=headers)
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return
        answer.raise_for_status()
        for accepted in answer.json():
            self._views.accept(accepted["feed_id"], at=datetime.fromisoformat(accepted["at"]))
        self._tag = answer.headers.get("ETag", "")
