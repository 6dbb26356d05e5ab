"""Re-checking: when an open case's place is looked at again, and what the patrol's looks mean for the case.

A re-check belongs to the case store alone; the patrol asks which looks are due and tells what came of each. A look
that does not see the thing verifies the case once the patrol believes the thing gone, by its own rule of misses; one
that sees it returns the case to its handler; one that cannot see is made again after a growing pause, so many times,
and then a person has to look. Whether a verified case is closed is not decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from api.archive import known_case
from api.case import Case, Logged, LogKind
from api.errors import Conflict
from api.http.schemas import CaseState
from api.incident import IncidentRecord
from api.recheck import Recheck, RecheckState, RecheckWhy
from api.store.port import Book
from api.verdict import Verdict
from configs.matters import Catalogue, Rule
from configs.settings import RecheckSettings
from gridmap.recheck import Said, Wanted


@dataclass(frozen=True, slots=True)
class Looked:
    """What the patrol tells of one look; see ``gridmap.recheck``."""

    id: int
    look: int
    said: Said
    at: datetime
    detail: str = ""


class Rechecking:
    """Re-checks in one transaction.

    Parameters
    ----------
    catalogue
        Its rules say how often a thing must be missed to be gone.
    rule
        How often and how soon is looked again.
    now
        Aware UTC.
    by
        Who acts.
    """

    def __init__(self, book: Book, catalogue: Catalogue, rule: RecheckSettings, *, now: datetime, by: str) -> None:
        self._book = book
        self._catalogue = catalogue
        self._rule = rule
        self._now = now
        self._by = by

    def ask(self, case_id: str, why: RecheckWhy, *, at: datetime | None = None, note: str = "") -> Case:
        """Ask for a re-check now, or ``at`` a time to come; return the case.

        Asked again for the same reason, it is one re-check still: it begins anew, unless its look is due already or
        at the very same time.

        Raises
        ------
        Missing
            When there is no such case.
        Conflict
            When the case is not open.
        """
        case = known_case(self._book, case_id)
        if case.state is not CaseState.FILED:
            raise Conflict(f"case {case_id} is {case.state}, not filed; only an open case is looked at again")
        due_at = at or self._now
        before = self._open_of(case_id).get(why)
        if before is not None and (before.due_at == due_at or max(before.due_at, due_at) <= self._now):
            return case
        recheck = Recheck(before.id if before else 0, case_id, why, RecheckState.OPEN, self._now, self._by, due_at)
        recheck = replace(recheck, looks=before.looks) if before else self._book.rechecks.add(recheck)
        when = f" {due_at.isoformat(timespec='seconds')}" if at else ""
        self._log(case, "recheck", f"{why}{when}" + (f": {note}" if note else ""))
        cannot = self._cannot_be_asked(case)
        if cannot is None:
            self._book.rechecks.change(recheck)
        else:
            self._end(case, replace(recheck, reason=cannot), RecheckState.PERSON)
        return known_case(self._book, case_id)

    def due(self) -> list[Wanted]:
        """Return the looks that the patrol is to make now."""
        due = self._book.rechecks.due(self._now)
        ids = [incident_id for _, incident_id in due]
        records, verdicts = self._book.incidents.get_all(ids), self._book.verdicts.of(ids)
        return [_wanted(recheck, records[key], verdicts.get(key, ())) for recheck, key in due]

    def looked(self, told: Iterable[Looked]) -> list[Case]:
        """Take in what came of looks and return the cases concerned; one that is not awaited is passed over."""
        changed = {}
        for one in told:
            recheck = self._book.rechecks.get(one.id)
            if recheck is None or recheck.state is not RecheckState.OPEN or recheck.looks != one.look:
                continue
            case = known_case(self._book, recheck.case_id)
            if case.state is not CaseState.FILED:
                continue  # asked for before it was made void
            self._take(case, recheck, one)
            changed[case.id] = known_case(self._book, case.id)
        return list(changed.values())

    def _take(self, case: Case, before: Recheck, one: Looked) -> None:
        said = one.said
        if said in (Said.MISSED, Said.GONE) and self._is_unwatched(case):
            said = Said.UNWATCHED
        recheck = replace(
            before,
            looks=before.looks + 1,
            looked_at=one.at,
            missed=before.missed + (said in (Said.MISSED, Said.GONE)),
            blind=before.blind + (said is Said.BLIND),
            reason=said,
            detail=one.detail,
        )
        incident = self._incident(case)
        if said is Said.THERE:
            self._end(case, replace(recheck, reason=None), RecheckState.THERE)
        elif said is Said.GONE and self._believed_gone(recheck, incident):
            self._verified(case, replace(recheck, reason=None))
        elif said in _CANNOT or self._given_up(recheck, incident):
            self._end(case, recheck, RecheckState.PERSON)
        else:
            self._book.rechecks.change(replace(recheck, due_at=self._now + self._pause(recheck)))
            self._touch(case)

    def _believed_gone(self, recheck: Recheck, incident: IncidentRecord) -> bool:
        # A patrol whose ledger was lost knows nothing of the incident: then its looks are counted here.
        return not incident.present or recheck.missed >= self._rule_of(incident).gone_after

    def _given_up(self, recheck: Recheck, incident: IncidentRecord) -> bool:
        most_missed = self._rule_of(incident).gone_after + self._rule.tries
        return recheck.blind >= self._rule.tries or recheck.missed >= most_missed

    def _pause(self, recheck: Recheck) -> timedelta:
        if recheck.reason is not Said.BLIND:
            return timedelta(seconds=self._rule.again_s)
        grown_s = self._rule.blind_first_s * 2.0 ** (recheck.blind - 1)
        return timedelta(seconds=min(grown_s, self._rule.blind_limit_s))

    def _verified(self, case: Case, recheck: Recheck) -> None:
        """End this and every other re-check of the case: what is gone needs no look at its deadline."""
        self._end(case, recheck, RecheckState.CLEAN)
        for other in self._open_of(case.id).values():
            self._book.rechecks.change(replace(other, state=RecheckState.CLEAN, looked_at=recheck.looked_at))

    def _end(self, case: Case, recheck: Recheck, state: RecheckState) -> None:
        self._book.rechecks.change(replace(recheck, state=state))
        kind, note = _LINES[state], f"×{recheck.looks}"
        if recheck.reason is not None:
            note = f"{recheck.reason}: {recheck.detail}" if recheck.detail else str(recheck.reason)
        self._log(case, kind, note)

    def _cannot_be_asked(self, case: Case) -> Said | None:
        """Return why nobody can look, as far as the patrol has told; what it has not it tells when it is asked."""
        if self._is_unwatched(case):
            return Said.UNWATCHED
        feed = self._book.feeds.get(self._incident(case).feed_id)
        if feed is not None:
            return Said.VEHICLE if feed.report.kind == "vehicle" else None
        return None if self._book.feeds.patrol() is None else Said.UNKNOWN

    def _is_unwatched(self, case: Case) -> bool:
        """Return whether its camera shows another view now, in which it would miss what nobody has seen gone."""
        return any(line.kind == "unwatched" for line in self._book.cases.lines(case.id))

    def _open_of(self, case_id: str) -> dict[RecheckWhy, Recheck]:
        known = self._book.rechecks.of([case_id]).get(case_id, [])
        return {one.why: one for one in known if one.state is RecheckState.OPEN}

    def _incident(self, case: Case) -> IncidentRecord:
        return self._book.incidents.get_all([case.incident_id])[case.incident_id]

    def _rule_of(self, incident: IncidentRecord) -> Rule:
        matter = self._catalogue.of_key(incident.matter)
        return matter.rule if matter else Rule()

    def _log(self, case: Case, kind: LogKind, note: str) -> None:
        self._book.cases.log(Logged(case.id, self._now, kind, self._by, note))
        self._touch(case)

    def _touch(self, case: Case) -> None:
        self._book.cases.change(replace(case, updated_at=self._now))


def _wanted(recheck: Recheck, incident: IncidentRecord, verdicts: Sequence[Verdict]) -> Wanted:
    standing = next((one for one in reversed(verdicts) if one.undone_at is None), None)
    return Wanted(
        id=recheck.id,
        look=recheck.looks,
        feed_id=incident.feed_id,
        incident_id=incident.id,
        matter=standing.previous_matter if standing else incident.matter,
        seen_at=incident.last_seen,
        box=incident.box,
        why=f"{recheck.case_id}: {_WHY[recheck.why]}",
    )


_CANNOT = {Said.VEHICLE, Said.UNWATCHED, Said.UNKNOWN}
_LINES: dict[RecheckState, LogKind] = {
    RecheckState.CLEAN: "verified",
    RecheckState.THERE: "returned",
    RecheckState.PERSON: "unverified",
}
_WHY = {
    RecheckWhy.HANDLED: "its handler reports it done",
    RecheckWhy.DEADLINE: "its deadline has passed",
    RecheckWhy.OPERATOR: "somebody wants to know",
}
