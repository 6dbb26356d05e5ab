"""The mute post: asks the API which places are muted, and tells it what was seen there.

What was heard is kept in the ledger: while the API is away the last list goes on being obeyed, over restarts too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import structlog

from api.instep import InStep
from gridmap.errors import LedgerError
from gridmap.ledger import FeedMemory, Ledger
from gridmap.muted import MutedPlace, MutedPlaces, Told

_log = structlog.get_logger()
_EVERY_S = 5.0
_MUTES = "*mutes"
"""Under this key the ledger remembers the muted places; no feed id starts with a star."""


class MutePost:
    """Keeps the patrol's muted places and the API's in step.

    Parameters
    ----------
    places
        What the patrol obeys.
    ledger
        Remembers it.
    client
        With the API's base URL, its bearer token and a timeout.
    wait
        ``wait(seconds)`` sleeps, or returns True at once when the patrol stops.
    """

    def __init__(
        self, places: MutedPlaces, ledger: Ledger, client: httpx.Client, *, wait: Callable[[float], bool]
    ) -> None:
        self._places = places
        self._ledger = ledger
        self._client = client
        self._active = InStep(client, "/api/v1/mutes/active", self._hear, every_s=_EVERY_S, what="mutes", wait=wait)
        self._told: dict[int, Told] = {}
        self._written = ""

    def restore(self) -> None:
        """Take up what was obeyed before the last stop; a memory that cannot be read is begun anew, from the API."""
        try:
            self._places.restore(self._ledger.feed_memory().get(_MUTES) or self._places.written())
        except (LedgerError, KeyError, TypeError, ValueError) as error:
            _log.warning("mutes_not_restored", reason=f"{type(error).__name__}: {error}")

    def run(self) -> None:
        """Keep in step until the patrol stops; what was seen until then is written."""
        self._active.run(self.sync)
        self.write()

    def sync(self) -> None:
        """Tell, ask and write once; an API that is away changes nothing."""
        self._active.sync(self._tell)
        self.write()

    def write(self) -> None:
        """Write down what is obeyed when it has changed; a full or locked disk is tried again next time."""
        text = self._places.written()
        if text == self._written:
            return
        try:
            self._ledger.commit((), (), [FeedMemory(_MUTES, text)])
        except LedgerError as error:
            _log.warning("mutes_not_written", reason=str(error))
            return
        self._written = text

    def _tell(self) -> None:
        """Tell of what has changed since it was last told."""
        news = [told for told in self._places.news() if self._told.get(told.id) != told]
        if not news:
            return
        body = {"mutes": [_seen(told, told.at) for told in news if told.at is not None]}
        self._client.post("/api/v1/mutes/seen", json=body).raise_for_status()
        self._told.update({told.id: told for told in news})

    def _hear(self, listed: list[dict[str, Any]]) -> None:
        self._places.listed([MutedPlace.from_record(record) for record in listed])


def _seen(told: Told, at: datetime) -> dict[str, Any]:
    return {
        "id": told.id,
        "held_back": told.held_back,
        "unlike": told.unlike,
        "at": at.isoformat(),
        "changed": told.changed,
    }
