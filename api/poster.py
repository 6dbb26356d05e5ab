"""The poster: empties the outbox into the case API, in order, once each, however long the API was away."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import httpx
import structlog

from gridmap.errors import LedgerError
from gridmap.ledger import Ledger, Report

_log = structlog.get_logger()
_REFUSED = {400, 409, 422}
"""The API's own word, as problem details, that it will never take this report. Any other answer may change: another
program on the port, a proxy, a login page, a busy database."""
_PROBLEM = "application/problem+json"
_FAULTS_IN_A_ROW = 3
"""So many incidents in a row that the API fails on mean that it fails on all: the round ends."""
_FIRST_WAIT_S, _LONGEST_WAIT_S, _IDLE_S = 1.0, 60.0, 1.0
_BATCH = 20


class Poster:
    """Posts what waits in the ledger's outbox, in order per incident, each report until it was taken.

    Parameters
    ----------
    ledger
        Keeps each report until it was taken, and those that were refused with the reason.
    client
        With the API's base URL, its bearer token and a timeout.
    wait
        ``wait(seconds)`` sleeps, or returns True at once when the patrol stops.
    tell
        Told one sentence while reports wait because of a trouble, and None when there is none.
    now
        Aware UTC clock, for the record of the last post.
    """

    def __init__(
        self,
        ledger: Ledger,
        client: httpx.Client,
        *,
        wait: Callable[[float], bool],
        tell: Callable[[str | None], None],
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._wait = wait
        self._tell = tell
        self._now = now
        self._trouble: str | None = None
        self.last_post_at: datetime | None = None
        """When the API last took a report."""

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
        """Post what waits, once round; return False when something still waits because of a trouble."""
        try:
            trouble = self._round()
        except LedgerError as error:
            trouble = str(error)
        except httpx.HTTPError as error:
            trouble = f"the case API cannot be reached ({type(error).__name__}); reports wait in the outbox"
        if trouble is not None and trouble != self._trouble:
            _log.warning("outbox_waits", reason=trouble)
        if trouble != self._trouble:
            self._tell(trouble)
        self._trouble = trouble
        return trouble is None

    def _round(self) -> str | None:
        """Post everything once; an incident that the API fails on is left, and the others go on."""
        left: dict[str, str] = {}
        in_a_row = 0
        while in_a_row < _FAULTS_IN_A_ROW and (reports := self._ledger.pending(_BATCH, but=left)):
            for report in reports:
                if report.incident_id in left:
                    continue
                fault = self._post(report)
                if fault is None:
                    in_a_row = 0
                    continue
                left[report.incident_id] = fault
                in_a_row += 1
                if in_a_row == _FAULTS_IN_A_ROW:
                    break
        return next(iter(left.values()), None)

    def _post(self, report: Report) -> str | None:
        """Post one report; return what is wrong when it has to wait, None when it is done with."""
        key = f"{report.incident_id}:{report.sequence}"
        answer = self._client.post("/api/v1/incidents", files=_parts(report), headers={"Idempotency-Key": key})
        if answer.is_success:
            self._ledger.posted(report)
            self.last_post_at = self._now()
            return None
        refused = answer.status_code in _REFUSED and answer.headers.get("Content-Type", "").startswith(_PROBLEM)
        if not refused:
            return f"the case API answers {answer.status_code}; reports wait in the outbox"
        self._ledger.dead(report, f"{answer.status_code}: {answer.text[:500]}")
        _log.error("report_refused", incident=report.incident_id, status=answer.status_code, answer=answer.text[:500])
        return None


def _parts(report: Report) -> dict[str, tuple[str | None, bytes, str]]:
    """Return the multipart body: the report, and the picture when there is one."""
    body = json.loads(report.body_json) | {"sequence": report.sequence}
    parts: dict[str, tuple[str | None, bytes, str]] = {
        "report": (None, json.dumps(body).encode(), "application/json"),
    }
    if report.evidence is not None:
        parts["evidence"] = ("evidence.jpg", report.evidence, "image/jpeg")
    return parts
