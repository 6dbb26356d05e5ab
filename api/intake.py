"""Taking in one report of the patrol: within a writing transaction, once per idempotency key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from api.errors import Unfit
from api.evidence import Kept, Picture
from api.filing import Filing
from api.http.schemas import IncidentReport, ReportKind, Review
from api.incident import IncidentRecord, first_record, updated
from api.store.port import Book
from api.store.records import Receipt
from configs.matters import Catalogue

_NOT_SEEN = {ReportKind.ENDED, ReportKind.UNWATCHED}


@dataclass(frozen=True, slots=True)
class Intake:
    """What a report does to the book.

    Parameters
    ----------
    book
        Open for writing.
    catalogue
        The city's matters, with the score from which each files cases by itself.
    filing
        Files and changes cases in the same book.
    now
        Aware UTC.
    """

    book: Book
    catalogue: Catalogue
    filing: Filing
    now: datetime

    def take(self, report: IncidentReport, kept: Kept | None) -> IncidentRecord:
        """Record a report and its picture and return its incident, which is made if it is not known yet."""
        before, record = self._recorded(report)
        if kept is not None:
            self.book.pictures.add(_picture(report, kept))
        self.filing.presence(before, record)
        if report.kind is ReportKind.UNWATCHED:
            self.filing.unwatched(record)
        if self._is_sure(record, report):
            self.filing.file_auto(record)
        return record

    def answered(self, key: str, report: IncidentReport, body: str) -> None:
        """Remember what this key was answered with."""
        self.book.receipts.add(Receipt(key, _fingerprint(report), body, self.now))

    def _recorded(self, report: IncidentReport) -> tuple[IncidentRecord | None, IncidentRecord]:
        before = self.book.incidents.get(report.incident_id)
        if before is None:
            record = first_record(report, received_at=self.now)
            self.book.incidents.add(record)
            return None, record
        record = updated(before, report)
        self.book.incidents.change(record)
        return before, record

    def _is_sure(self, record: IncidentRecord, report: IncidentReport) -> bool:
        matter = self.catalogue.of_key(record.matter)
        wanted = matter.rule.auto_case_score if matter else None
        if wanted is None or report.kind in _NOT_SEEN or record.review is not Review.PENDING:
            return False
        return record.score >= wanted


def repeated(book: Book, key: str, report: IncidentReport) -> str | None:
    """Return what this key was answered with before; None when it is new.

    Raises
    ------
    Unfit
        When the key was used for another report.
    """
    receipt = book.receipts.get(key)
    if receipt is None:
        return None
    if receipt.fingerprint != _fingerprint(report):
        raise Unfit(f"Idempotency-Key {key!r} was used for another report; give each report its own key")
    return receipt.answer


def _fingerprint(report: IncidentReport) -> str:
    return hashlib.sha256(report.model_dump_json().encode()).hexdigest()


def _picture(report: IncidentReport, kept: Kept) -> Picture:
    return Picture(
        incident_id=report.incident_id,
        feed_id=report.feed_id,
        captured_at=report.captured_at,
        box=report.box,
        label=report.label,
        score=report.score,
        kept=kept,
        model_id=report.model_id,
    )
