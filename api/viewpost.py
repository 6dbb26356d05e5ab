"""The view post: asks the API which feeds' views people have accepted.

Each is taken for known from the feed's next look on, once; so nothing need be kept here while the API is away.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx

from api.instep import InStep
from streams.feedviews import FeedViews

_EVERY_S = 5.0


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
        self._accepted = InStep(
            client, "/api/v1/views/accepted", self._hear, every_s=_EVERY_S, what="views", wait=wait
        )

    def run(self) -> None:
        """Ask until the patrol stops."""
        self._accepted.run(self.sync)

    def sync(self) -> None:
        """Ask once; an API that is away changes nothing."""
        self._accepted.sync()

    def _hear(self, listed: list[dict[str, Any]]) -> None:
        for accepted in listed:
            self._views.accept(accepted["feed_id"], at=datetime.fromisoformat(accepted["at"]))
