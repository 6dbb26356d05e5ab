"""Casework: how reports become incidents, and incidents become cases.

Rules over a ``CaseStore``. Each method is one writing transaction; writers take turns, so a rule never sees a state
that another operator is changing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from api.archive import case_files, dossier, known_incident
from api.case import PATROL, CaseFile
from api.errors import Conflict, EvidenceRefused, Unfit
from api.evidence import EvidenceStore, Kept
from api.filing import Filing
from api.http.schemas import IncidentReport, Review, VerdictKind
from api.incident import Dossier, IncidentRecord
from api.intake import Intake, repeated
from api.mute import Mute
from api.muting import Muting, MutingStep, Seen
from api.recheck import RecheckWhy
from api.rechecking import Looked, Rechecking
from api.store.port import Book, CaseStore
from api.verdict import REVIEW_AFTER, SAID, Ruling, Verdict
from configs.matters import Catalogue
from configs.settings import MuteSettings, RecheckSettings
from gridmap.recheck import Wanted


@dataclass(frozen=True, slots=True)
class Change:
    """What a step led to: the incidents, cases and mutes as they are now, the one asked about first."""

    dossiers: tuple[Dossier, ...]
    cases: tuple[CaseFile, ...] = ()
    mutes: tuple[Mute, ...] = ()

    @property
    def dossier(self) -> Dossier:
        """The incident asked about."""
        return self.dossiers[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a report is answered with; ``change`` is None when the key was used before and nothing changed."""

    body: str
    change: Change | None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Casework:
    """The rules.

    Parameters
    ----------
    store, evidence
        Where records and pictures are kept.
    catalogue
        The city's matters, with the score from which each files cases by itself.
    timezone
        The city's: case ids carry its date.
    now
        Says the time, aware UTC.
    mute
        When a place is muted.
    recheck
        How a case's place is looked at again.
    """

    store: CaseStore
    evidence: EvidenceStore
    catalogue: Catalogue
    timezone: ZoneInfo
    now: Callable[[], datetime]
    mute: MuteSettings = MuteSettings()  # noqa: RUF009 - frozen
    recheck: RecheckSettings = RecheckSettings()  # noqa: RUF009 - frozen

    def take_in(
        self, report: IncidentReport, *, key: str, jpeg: bytes | None, render: Callable[[Dossier], str]
    ) -> Answer:
        """Take in a report of the patrol, once per key.

        A report of an unknown incident makes it, whatever its kind. A picture that cannot be kept is told in the
        answer's ``trouble`` and the record is kept without it.

        Parameters
        ----------
        key
            The idempotency key.
        render
            Makes the body that this key is answered with, now and on every repeat.

        Raises
        ------
        Unfit
            When the key was used for another report.
        EvidenceAway
            When the store of pictures is elsewhere and away: nothing was taken in, so that the picture is not lost.
        """
        with self.store.reading() as book:
            repeat = repeated(book, key, report)
        if repeat is not None:
            return Answer(repeat, None)
        kept, trouble = self._kept(jpeg, report)
        with self.store.writing() as book:
            repeat = repeated(book, key, report)  # two at once: the second waited for the first
            if repeat is not None:
                return Answer(repeat, None)
            intake = Intake(book, self.catalogue, self._filing(book, PATROL), self.now())
            record = intake.take(report, kept)
            change = _change(book, record.id, record.root_id)
            body = render(change.dossier)
            intake.answered(key, report, body)
            return Answer(body, change, trouble)

    def judge(self, incident_id: str, ruling: Ruling, *, by: str) -> tuple[Change, bool]:
        """Record an operator's verdict and return what changed, and whether it was new.

        The same verdict given twice is one verdict.

        Raises
        ------
        Missing
            When there is no such incident.
        Conflict
            When another verdict stands, or the incident merged into is itself merged.
        Unfit
            When the incident to merge into or the new matter is unknown.
        """
        with self.store.writing() as book:
            record = known_incident(book, incident_id)
            standing = book.verdicts.standing(incident_id)
            if standing is not None:
                _refuse_other(record, standing, ruling)
                return _change(book, incident_id), False
            self._check(book, record, ruling)
            return self._judged(book, record, ruling, by=by), True

    def undo(self, incident_id: str, *, by: str) -> Change:
        """Take back the verdict that stands: the incident is open again, a case made by it void, a voided one filed.

        Raises
        ------
        Missing
            When there is no such incident.
        Conflict
            When no verdict stands.
        """
        with self.store.writing() as book:
            record = known_incident(book, incident_id)
            verdict = book.verdicts.standing(incident_id)
            if verdict is None:
                raise Conflict(f"incident {incident_id} has no verdict to undo; somebody may have undone it already")
            book.verdicts.undo(verdict.id, by=by, at=self.now())
            opened = replace(record, review=Review.PENDING, matter=verdict.previous_matter, merged_into=None)
            book.incidents.change(replace(opened, root_id=record.id))
            _set_roots(book, record.id, record.id)
            self._filing(book, by).undone(opened, verdict)
            mutes = self._muting(book, by).undone(verdict)
            return replace(_change(book, incident_id, verdict.into), mutes=mutes)

    def change_mute(self, step: MutingStep, *, by: str) -> Mute:
        """Let an operator take one step on a mute; raises as that step does (see ``api.muting.Muting``)."""
        with self.store.writing() as book:
            return step(self._muting(book, by))

    def saw_mutes(self, told: Sequence[Seen]) -> tuple[Mute, ...]:
        """Take in what the patrol saw at muted places and return the mutes that this ended."""
        with self.store.writing() as book:
            return self._muting(book, PATROL).seen(told)

    def ask_recheck(
        self, case_id: str, why: RecheckWhy, *, by: str, at: datetime | None = None, note: str = ""
    ) -> CaseFile:
        """Have an open case's place looked at again; raises as ``api.rechecking.Rechecking.ask`` does."""
        with self.store.writing() as book:
            return case_files(book, [self._rechecking(book, by).ask(case_id, why, at=at, note=note)])[0]

    def rechecks_due(self) -> list[Wanted]:
        """Return the looks that the patrol is to make now."""
        with self.store.reading() as book:
            return self._rechecking(book, PATROL).due()

    def rechecked(self, told: Sequence[Looked]) -> list[CaseFile]:
        """Take in what came of such looks and return the cases concerned."""
        with self.store.writing() as book:
            return case_files(book, self._rechecking(book, PATROL).looked(told))

    def _kept(self, jpeg: bytes | None, report: IncidentReport) -> tuple[Kept | None, str | None]:
        if jpeg is None:
            return None, None
        try:
            return self.evidence.put(jpeg, at=report.captured_at), None
        except EvidenceRefused as error:
            return None, str(error)

    def _check(self, book: Book, record: IncidentRecord, ruling: Ruling) -> None:
        if ruling.kind is VerdictKind.RECLASS and self.catalogue.of_key(ruling.matter or "") is None:
            raise Unfit(f"{ruling.matter!r} is no matter of the catalogue; choose one of /api/v1/matters")
        if ruling.into is None:
            return
        if ruling.into == record.id:
            raise Unfit("an incident cannot be merged into itself; choose another")
        target = book.incidents.get(ruling.into)
        if target is None:
            raise Unfit(f"there is no incident {ruling.into} to merge into")
        if target.merged_into is not None:
            raise Conflict(f"incident {target.id} is itself merged into {target.root_id}; merge into that one")

    def _judged(self, book: Book, record: IncidentRecord, ruling: Ruling, *, by: str) -> Change:
        verdict = book.verdicts.add(_verdict(record, ruling, by=by, at=self.now()))
        after = replace(
            record,
            review=REVIEW_AFTER[ruling.kind],
            matter=ruling.matter or record.matter,
            merged_into=ruling.into,
            root_id=ruling.into or record.id,
        )
        book.incidents.change(after)
        if ruling.into is not None:
            _set_roots(book, record.id, ruling.into)
        self._filing(book, by).judged(after, verdict)
        mutes = self._muting(book, by).judged(after, verdict)
        return replace(_change(book, record.id, ruling.into), mutes=mutes)

    def _muting(self, book: Book, by: str) -> Muting:
        return Muting(book, self.mute, now=self.now(), by=by)

    def _rechecking(self, book: Book, by: str) -> Rechecking:
        return Rechecking(book, self.catalogue, self.recheck, now=self.now(), by=by)

    def _filing(self, book: Book, by: str) -> Filing:
        return Filing(book, now=self.now(), timezone=self.timezone, by=by)


def _verdict(record: IncidentRecord, ruling: Ruling, *, by: str, at: datetime) -> Verdict:
    return Verdict(
        id=0,
        incident_id=record.id,
        kind=ruling.kind,
        reason=ruling.reason,
        note=ruling.note,
        into=ruling.into,
        matter=ruling.matter,
        previous_matter=record.matter,
        by=by,
        at=at,
    )


def _refuse_other(record: IncidentRecord, standing: Verdict, ruling: Ruling) -> None:
    if ruling.same_as(standing):
        return
    said = SAID[record.review]
    raise Conflict(
        f"incident {record.id} was already {said} by {standing.by} at {standing.at:%Y-%m-%d %H:%M:%S} UTC; "
        "undo that verdict first"
    )


def _set_roots(book: Book, incident_id: str, root_id: str) -> None:
    below = book.incidents.merged_under(incident_id)
    if below:
        book.incidents.set_root(below, root_id)


def _change(book: Book, *incident_ids: str | None) -> Change:
    ids = list(dict.fromkeys(incident_id for incident_id in incident_ids if incident_id is not None))
    cases = book.cases.of_incidents(ids)
    return Change(
        dossiers=tuple(dossier(book, incident_id) for incident_id in ids),
        cases=tuple(case_files(book, [cases[incident_id] for incident_id in ids if incident_id in cases])),
    )
