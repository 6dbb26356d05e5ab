"""Records as wire shapes."""

from __future__ import annotations

from datetime import timedelta

from api.acceptedview import AcceptedView
from api.case import CaseFile, Logged
from api.evidence import Picture
from api.http.feedshapes import FeedView, ViewAcceptance
from api.http.schemas import (
    CaseEvent,
    CaseView,
    CellShape,
    CodesView,
    EvidenceView,
    IncidentView,
    MatterView,
    PlaceShape,
    RecheckView,
    Review,
    Statistics,
    VerdictView,
)
from api.incident import Dossier, IncidentRecord
from api.recheck import Recheck
from api.store.records import Counts, FeedRecord
from api.verdict import Verdict
from configs.matters import Catalogue, Codes, Matter

ROOT = "/api/v1"
ALIVE_FOR = timedelta(seconds=60)


def incident_view(dossier: Dossier) -> IncidentView:
    """Return an incident as the console shows it."""
    record = dossier.incident
    return IncidentView(
        id=record.id,
        feed_id=record.feed_id,
        feed_name=record.feed_name,
        matter=record.matter,
        label=record.label,
        score=record.score,
        review=record.review,
        present=record.present,
        first_seen=record.first_seen,
        last_seen=record.last_seen,
        received_at=record.received_at,
        ended_at=record.ended_at,
        sightings=record.sightings,
        place=place_shape(record),
        cell=cell_shape(record),
        model_id=record.model_id,
        synthetic=record.synthetic,
        evidence=[evidence_view(picture) for picture in dossier.pictures],
        verdicts=[verdict_view(verdict) for verdict in dossier.verdicts],
        merged_into=record.merged_into,
        case_id=dossier.case_id,
    )


def case_view(file: CaseFile, catalogue: Catalogue) -> CaseView:
    """Return a case as other systems read it; a matter no longer in the catalogue goes by its key."""
    case, record, matter = file.case, file.incident, catalogue.of_key(file.case.matter)
    return CaseView(
        id=case.id,
        incident_id=case.incident_id,
        matter=case.matter,
        matter_name=_names(matter) if matter else {"zh": case.matter, "en": case.matter},
        codes=_codes(matter.codes if matter else Codes()),
        state=case.state,
        origin=case.origin,
        filed_at=case.filed_at,
        filed_by=case.filed_by,
        updated_at=case.updated_at,
        feed_id=record.feed_id,
        feed_name=record.feed_name,
        place=place_shape(record),
        cell=cell_shape(record),
        present=record.present,
        score=record.score,
        synthetic=record.synthetic,
        evidence=[evidence_view(picture) for picture in file.pictures],
        rechecks=[_recheck_view(recheck) for recheck in file.rechecks],
    )


def _recheck_view(recheck: Recheck) -> RecheckView:
    return RecheckView(
        id=recheck.id,
        why=recheck.why,
        state=recheck.state,
        asked_at=recheck.asked_at,
        asked_by=recheck.asked_by,
        due_at=recheck.due_at,
        looks=recheck.looks,
        looked_at=recheck.looked_at,
        reason=recheck.reason,
        detail=recheck.detail,
    )


def place_shape(record: IncidentRecord) -> PlaceShape | None:
    """Return where an incident is."""
    place = record.place
    if place is None:
        return None
    return PlaceShape(lon=place.lon, lat=place.lat, accuracy_m=place.accuracy_m, method=place.method.value)


def cell_shape(record: IncidentRecord) -> CellShape | None:
    """Return an incident's cell."""
    cell = record.cell
    if cell is None:
        return None
    return CellShape(id=cell.cell_id, relation=cell.relation.value, distance_m=cell.distance_m)


def evidence_view(picture: Picture) -> EvidenceView:
    """Return one kept picture, with the addresses it is read from."""
    url = f"{ROOT}/incidents/{picture.incident_id}/evidence/{picture.id}.jpg"
    return EvidenceView(
        id=picture.id,
        feed_id=picture.feed_id,
        captured_at=picture.captured_at,
        box=picture.box,
        score=picture.score,
        url=url,
        annotated_url=f"{url}?annotated=true",
        sha256=picture.kept.sha256,
    )


def verdict_view(verdict: Verdict) -> VerdictView:
    """Return a verdict."""
    return VerdictView(
        id=verdict.id,
        kind=verdict.kind,
        reason=verdict.reason,
        note=verdict.note,
        into=verdict.into,
        matter=verdict.matter,
        by=verdict.by,
        at=verdict.at,
        undone_at=verdict.undone_at,
    )


def case_event(line: Logged) -> CaseEvent:
    """Return a line of a flow log."""
    return CaseEvent(id=line.id, at=line.at, kind=line.kind, by=line.by, note=line.note)


def feed_view(record: FeedRecord, accepted: AcceptedView | None = None) -> FeedView:
    """Return a feed; its picture's address changes with the picture, so that browsers may cache it."""
    sha256 = record.picture_sha256
    url = f"{ROOT}/feeds/{record.report.id}/picture.jpg?v={sha256[:12]}" if sha256 else None
    said = view_acceptance(accepted) if accepted else None
    return FeedView(**dict(record.report), picture_url=url, picture_at=record.picture_at, view_accepted=said)


def view_acceptance(accepted: AcceptedView) -> ViewAcceptance:
    """Return who accepted a feed's view, and when."""
    return ViewAcceptance(feed_id=accepted.feed_id, at=accepted.at, by=accepted.by, note=accepted.note)


def matter_view(matter: Matter) -> MatterView:
    """Return a matter of the catalogue."""
    return MatterView(key=matter.key, names=_names(matter), codes=_codes(matter.codes), labels=list(matter.labels))


def statistics_view(counts: Counts) -> Statistics:
    """Return counts with the precision that operators found."""
    said = {review: counts.by_review.get(review, 0) for review in Review}
    judged = said[Review.CONFIRMED] + said[Review.REJECTED]
    return Statistics(
        since=counts.since,
        incidents=sum(said.values()),
        pending=said[Review.PENDING],
        confirmed=said[Review.CONFIRMED],
        rejected=said[Review.REJECTED],
        merged=said[Review.MERGED],
        cases=counts.cases,
        precision=said[Review.CONFIRMED] / judged if judged else None,
        by_matter=dict(counts.by_matter),
        by_feed=dict(counts.by_feed),
        by_cell=dict(counts.by_cell),
    )


def _names(matter: Matter) -> dict[str, str]:
    return {"zh": matter.names.zh, "en": matter.names.en}


def _codes(codes: Codes) -> CodesView:
    return CodesView(**codes.model_dump())
