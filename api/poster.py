"""The poster: empties the outbox into the case API, in order, once each, however long the API was away."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import httpx
import structlog

from gridmap.errors import LedgerError
from gridmap.ledger import Ledger, Report

_log = structlog.get_logger()
_AGAIN = {401, 403, 408, 425, 429}
"""Client errors that time or an administrator mends: wait and try again. Other 4xx never get better."""
_FIRST_WAIT_S, _LONGEST_WAIT_S, _IDLE_S = 1.0, 60.0, 1.0
_BATCH = 50


class Poster:
    """Posts what waits in the ledger's outbox.

    Parameters
    ----------
    ledger
        Keeps each report until it was taken, and those that were refused with the reason.
    client
        With the API's base URL, its bearer token and a timeout.
    wait
        ``wait(seconds)`` sleeps, or returns True at once when the patrol stops.
    """

    def __init__(self, ledger: Ledger, client: httpx.Client, *, wait: Callable[[float], bool]) -> None:
        self._ledger = ledger
        self._client = client
        self._wait = wait
        self._fresh = threading.Event()
        self.trouble = ""
        """One sentence while reports cannot be posted, else empty."""

    def run(self) -> None:
        """Post until ``wait`` says stop."""
        wait_s = _FIRST_WAIT_S
        while True:
            if self.post_pending():
                wait_s = _FIRST_WAIT_S
                pause_s = _IDLE_S
            else:
                pause_s, wait_s = wait_s, min(wait_s * 2, _LONGEST_WAIT_S)
            if self._wait(pause_s):
                return

    def post_pending(self) -> bool:
        """Post all that waits; return False when the API or the ledger could not do their part now."""
        try:
            return self._post_all()
        except LedgerError as error:
            self._complain(str(error))
            return False

    def _post_all(self) -> bool:
        while reports := self._ledger.pending(_BATCH):
            for report in reports:
                if not self._post(report):
                    return False
        self.trouble = ""
        return True

    def _post(self, report: Report) -> bool:
        try:
            key = f"{report.incident_id}:{report.sequence}"
            answer = self._client.post("/api/v1/incidents", files=_parts(report), headers={"Idempotency-Key": key})
        except httpx.HTTPError as error:
            self._complain(f"the case API cannot be reached ({type(error).__name__}); reports wait in the outbox")
            return False
        if answer.is_success:
            self._ledger.posted(report)
            return True
        if answer.status_code >= 500 or answer.status_code in _AGAIN:
            self._complain(f"the case API answers {answer.status_code}; reports wait in the outbox")
            return False
        self._ledger.dead(report, f"{answer.status_code}: {answer.text[:500]}")
        _log.error("report_refused", incident=report.incident_id, status=answer.status_code, answer=answer.text[:500])
        return True

    def _complain(self, sentence: str) -> None:
        if sentence != self.trouble:
            _log.warning("outbox_waits", reason=sentence)
        self.trouble = sentence


def _parts(report: Report) -> dict[str, tuple[str | None, bytes, str]]:
    """Return the multipart body: the report, and the picture when there is one."""
    body = json.loads(report.body_json) | {"sequence": report.sequence}
    parts: dict[str, tuple[str | None, bytes, str]] = {
        "report": (None, json.dumps(body).encode(), "application/json"),
    }
    if report.evidence is not None:
        parts["evidence"] = ("evidence.jpg", report.evidence, "image/jpeg")
    return parts
