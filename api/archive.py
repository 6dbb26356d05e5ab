"""What is read out of the case store: incidents and cases with everything that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence

from api.case import Case, CaseFile, Logged
from api.errors import Missing
from api.incident import Dossier, IncidentRecord
from api.store.port import Book, CaseStore
from api.store.records import CaseQuery, IncidentQuery

SAME_PLACE_M = 25.0
"""Incidents of one feed nearer than this (as a square) are told as the earlier ones of a place."""


def dossiers(book: Book, records: Sequence[IncidentRecord]) -> list[Dossier]:
    """Return the records with their pictures, verdicts and cases, in the records' order, in three queries."""
    ids = [record.id for record in records]
    pictures = book.pictures.of(ids)
    verdicts, cases = book.verdicts.of(ids), book.cases.of_incidents(ids)
    return [
        Dossier(
            incident=record,
            pictures=tuple(pictures.get(record.id, ())),
            verdicts=tuple(verdicts.get(record.id, ())),
            case_id=cases[record.id].id if record.id in cases else None,
        )
        for record in records
    ]


def dossier(book: Book, incident_id: str) -> Dossier:
    """Return one incident's dossier.

    Raises
    ------
    Missing
        When there is no such incident.
    """
    return dossiers(book, [known_incident(book, incident_id)])[0]


def known_incident(book: Book, incident_id: str) -> IncidentRecord:
    """Return the incident.

    Raises
    ------
    Missing
        When there is no such incident.
    """
    record = book.incidents.get(incident_id)
    if record is None:
        raise Missing(f"there is no incident {incident_id}")
    return record


def case_files(book: Book, cases: Sequence[Case]) -> list[CaseFile]:
    """Return the cases with their incidents, pictures and re-checks, in the cases' order."""
    ids = [case.incident_id for case in cases]
    records, pictures = book.incidents.get_all(ids), book.pictures.of(ids)
    rechecks = book.rechecks.of([case.id for case in cases])
    return [
        CaseFile(
            case,
            records[case.incident_id],
            tuple(pictures.get(case.incident_id, ())),
            tuple(rechecks.get(case.id, ())),
        )
        for case in cases
    ]


class Archive:
    """Reads of a case store, each one transaction."""

    def __init__(self, store: CaseStore) -> None:
        self._store = store

    def incident(self, incident_id: str) -> Dossier:
        """Return one incident; raises ``Missing``."""
        with self._store.reading() as book:
            return dossier(book, incident_id)

    def incidents(self, query: IncidentQuery) -> list[Dossier]:
        """Return one page of incidents."""
        with self._store.reading() as book:
            return dossiers(book, book.incidents.page(query))

    def earlier(self, incident_id: str, *, limit: int) -> list[Dossier]:
        """Return other incidents of its feed at its place, newest first; raises ``Missing``."""
        with self._store.reading() as book:
            record = known_incident(book, incident_id)
            return dossiers(book, book.incidents.earlier(record, within_m=SAME_PLACE_M, limit=limit))

    def case(self, case_id: str) -> CaseFile:
        """Return one case; raises ``Missing``."""
        with self._store.reading() as book:
            return case_files(book, [known_case(book, case_id)])[0]

    def cases(self, query: CaseQuery) -> list[CaseFile]:
        """Return one page of cases."""
        with self._store.reading() as book:
            return case_files(book, book.cases.page(query))

    def flow_log(self, case_id: str) -> list[Logged]:
        """Return a case's flow log, oldest first; raises ``Missing``."""
        with self._store.reading() as book:
            return book.cases.lines(known_case(book, case_id).id)


def known_case(book: Book, case_id: str) -> Case:
    """Return the case.

    Raises
    ------
    Missing
        When there is no such case.
    """
    case = book.cases.get(case_id)
    if case is None:
        raise Missing(f"there is no case {case_id}")
    return case
