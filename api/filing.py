"""Filing: what reports and verdicts do to cases, every change with a line in the case's flow log."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from api.case import PATROL, Case, Logged, LogKind, case_id
from api.http.schemas import CaseState, VerdictKind
from api.incident import IncidentRecord
from api.store.port import Book
from api.verdict import Verdict

# Notes are short and of no language: keys, numbers and signs, of which whoever shows them makes sentences.
_UNDONE = "undo"


class Filing:
    """Cases in one writing transaction.

    An incident has at most one case; undoing and repeating a verdict voids and files the same one again.
    """

    def __init__(self, book: Book, *, now: datetime, timezone: ZoneInfo, by: str) -> None:
        self._book = book
        self._now = now
        self._timezone = timezone
        self._by = by

    def presence(self, before: IncidentRecord | None, after: IncidentRecord) -> None:
        """Note on the case that the thing is gone, or back; a merged incident speaks for the one it is part of."""
        if before is None or before.present == after.present:
            return
        case = self._case_of(after.root_id)
        if case is not None:
            self._log(case, "seen" if after.present else "gone", f"{after.feed_name} ×{after.sightings}")
            self._book.cases.change(replace(case, updated_at=self._now))

    def unwatched(self, incident: IncidentRecord) -> None:
        """Note on the case that no camera watches the thing any more, so that people look after it themselves.

        Of a merged incident nothing is said while the camera that the case stands on sees the thing.
        """
        case = self._case_of(incident.root_id)
        root = incident if incident.id == incident.root_id else self._book.incidents.get(incident.root_id)
        elsewhere = root is not None and root.id != incident.id and root.present
        if case is not None and not elsewhere:
            self._set(case, case.state, "unwatched", incident.feed_name)

    def file_auto(self, incident: IncidentRecord) -> None:
        """File a case without a verdict, once."""
        if self._case_of(incident.id) is None:
            self._file(incident, None, note=f"{incident.score:.0%}")

    def judged(self, incident: IncidentRecord, verdict: Verdict) -> None:
        """Do what a new verdict means for cases; ``incident`` is as the verdict left it."""
        case = self._case_of(incident.id)
        if verdict.kind in (VerdictKind.CONFIRM, VerdictKind.RECLASS):
            self._confirmed(incident, verdict, case)
        elif case is not None and case.state is CaseState.FILED:
            self._void(case, verdict)
        if verdict.into is not None:
            self._tell(verdict.into, f"← {incident.id}")

    def undone(self, incident: IncidentRecord, verdict: Verdict) -> None:
        """Do what undoing ``verdict`` means for cases; ``incident`` is as it is without it."""
        case = self._case_of(incident.id)
        if case is not None:
            self._case_undone(case, incident, verdict)
        if verdict.into is not None:
            self._tell(verdict.into, f"{_UNDONE} ← {incident.id}")

    def _case_undone(self, case: Case, incident: IncidentRecord, verdict: Verdict) -> None:
        if case.verdict_id == verdict.id:
            voided = replace(case, matter=incident.matter, verdict_id=None)
            self._set(voided, CaseState.VOID, "void", _UNDONE)
        elif case.voided_by == verdict.id:
            self._set(replace(case, voided_by=None), CaseState.FILED, "refiled", _UNDONE)
        else:
            self._reclass(case, incident)

    def _confirmed(self, incident: IncidentRecord, verdict: Verdict, case: Case | None) -> None:
        if case is None:
            self._file(incident, verdict, note=verdict.note)
        elif case.state is CaseState.VOID:
            again = replace(case, matter=incident.matter, verdict_id=verdict.id, voided_by=None)
            self._set(again, CaseState.FILED, "refiled", verdict.note)
        else:
            self._reclass(case, incident)

    def _file(self, incident: IncidentRecord, verdict: Verdict | None, *, note: str) -> None:
        day = self._now.astimezone(self._timezone).date()
        case = Case(
            id=case_id(day, self._book.cases.next_number(day)),
            incident_id=incident.id,
            matter=incident.matter,
            state=CaseState.FILED,
            origin="verdict" if verdict else "auto",
            verdict_id=verdict.id if verdict else None,
            voided_by=None,
            filed_at=self._now,
            filed_by=self._by if verdict else PATROL,
            updated_at=self._now,
        )
        self._book.cases.add(case)
        if verdict and verdict.matter:
            note = _with(f"{verdict.previous_matter} → {verdict.matter}", note)
        self._log(case, "filed", note)

    def _reclass(self, case: Case, incident: IncidentRecord) -> None:
        if case.matter != incident.matter:
            note = f"{case.matter} → {incident.matter}"
            self._set(replace(case, matter=incident.matter), case.state, "reclassed", note)

    def _void(self, case: Case, verdict: Verdict) -> None:
        into = verdict.into
        kind: LogKind = "merged" if into else "void"
        note = f"→ {into}" if into else _with(str(verdict.reason), verdict.note)
        self._set(replace(case, voided_by=verdict.id), CaseState.VOID, kind, note)

    def _tell(self, incident_id: str, note: str) -> None:
        case = self._case_of(incident_id)
        if case is not None:
            self._set(case, case.state, "merged", note)

    def _set(self, case: Case, state: CaseState, kind: LogKind, note: str) -> None:
        self._book.cases.change(replace(case, state=state, updated_at=self._now))
        self._log(case, kind, note)

    def _log(self, case: Case, kind: LogKind, note: str) -> None:
        self._book.cases.log(Logged(case.id, self._now, kind, self._by, note))

    def _case_of(self, incident_id: str) -> Case | None:
        return self._book.cases.of_incidents([incident_id]).get(incident_id)


def _with(fact: str, note: str) -> str:
    """Return what a verdict did, and what the operator wrote about it."""
    return f"{fact}: {note}" if note else fact
