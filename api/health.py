"""The health post: tells the API every few seconds how the patrol and its feeds are doing, in one message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx
import structlog

from api.board import Board, Counts
from gridmap.errors import LedgerError

_log = structlog.get_logger()
_EVERY_S = 5.0
_NEWS_AFTER = 4
"""So many reports missed in a row are told, once: at a start the API may need longer than the patrol."""


class HealthPost:
    """Posts the board.

    Parameters
    ----------
    board
        What is told.
    client
        With the API's base URL, its bearer token and a timeout.
    counts
        Asks the schedule, the book and the ledger for their numbers.
    last_post_at
        Asks when the API last took a report.
    wait
        ``wait(seconds)`` sleeps, or returns True at once when the patrol stops.
    """

    def __init__(
        self,
        board: Board,
        client: httpx.Client,
        *,
        counts: Callable[[], Counts],
        last_post_at: Callable[[], datetime | None],
        wait: Callable[[float], bool],
    ) -> None:
        self._board = board
        self._client = client
        self._counts = counts
        self._known = Counts(late=0, suspects=0, incidents=0, outbox=0, dead_letters=0)
        self._last_post_at = last_post_at
        self._missed = 0
        self._wait = wait
        self._pictures_kept = True

    def run(self) -> None:
        """Post until ``wait`` says stop."""
        pause_s = 1.0
        while not self._wait(pause_s):
            self.post()
            pause_s = _EVERY_S

    def post(self) -> None:
        """Post the board and the feeds' new pictures; an API that is away hears everything when it is back."""
        report = self._board.report(self._latest_counts(), last_post_at=self._last_post_at())
        try:
            answer = self._client.post("/api/v1/feeds/health", json=report.model_dump(mode="json"))
            answer.raise_for_status()
            self._board.taken(report)
            self._missed = 0
            self._post_pictures()
        except httpx.HTTPError as error:
            self._board.not_taken()
            self._missed += 1
            if self._missed == _NEWS_AFTER:
                _log.warning("health_not_posted", reason=f"{type(error).__name__}: {error}")

    def _latest_counts(self) -> Counts:
        """Return the numbers of now, or the last ones while the ledger cannot be read."""
        try:
            self._known = self._counts()
        except LedgerError as error:
            _log.warning("counts_not_read", reason=str(error))
        return self._known

    def _post_pictures(self) -> None:
        """Post new pictures of feeds; one that the API cannot keep (a full disk, say) is only a picture."""
        for feed_id, jpeg in self._board.take_pictures().items():
            answer = self._client.put(
                f"/api/v1/feeds/{feed_id}/picture", content=jpeg, headers={"Content-Type": "image/jpeg"}
            )
            if not answer.is_success and self._pictures_kept:
                _log.warning("pictures_not_kept", feed=feed_id, status=answer.status_code, answer=answer.text[:300])
            self._pictures_kept = answer.is_success
