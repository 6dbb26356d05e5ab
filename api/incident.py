"""An incident as the case API keeps it: what the patrol reported, and what operators said of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from api.evidence import Picture
from api.http.schemas import IncidentReport, ReportKind, Review
from api.verdict import Verdict
from detector.detection import Box
from gridmap.place import CellMatch, Method, Place, Relation


@dataclass(frozen=True, slots=True)
class IncidentRecord:
    """One reported incident.

    Parameters
    ----------
    id
        Hex UUID given by the patrol.
    sequence
        Highest report sequence taken in; older reports that arrive late no longer change whether it is present.
    matter, label, score
        Matter key, model class, highest score reported.
    review, present
        What operators said; whether the patrol still sees it.
    first_seen, last_seen, received_at, ended_at
        Aware UTC. ``received_at`` never changes after the first report, so that lists can be paged by it.
    merged_into, root_id
        The incident this one was merged into, and the one at the end of that chain (itself when not merged).
    box, look
        Where it was last seen, normalised 0..1 of its feed's view, and how that place looked (the text of an
        ``Imprint``); None where boxes of two pictures cannot be compared (vehicles).
    """

    id: str
    sequence: int
    feed_id: str
    feed_name: str
    matter: str
    label: str
    score: float
    review: Review
    present: bool
    first_seen: datetime
    last_seen: datetime
    received_at: datetime
    ended_at: datetime | None
    sightings: int
    place: Place | None
    cell: CellMatch | None
    model_id: str
    synthetic: bool
    merged_into: str | None
    root_id: str
    box: Box | None = None
    look: str | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """An incident with everything known of it; ``pictures`` include those of incidents merged into it."""

    incident: IncidentRecord
    pictures: tuple[Picture, ...]
    verdicts: tuple[Verdict, ...]
    case_id: str | None


def first_record(report: IncidentReport, *, received_at: datetime) -> IncidentRecord:
    """Return the record that a first report makes, whatever its kind: nothing reported is ever lost."""
    ended = report.kind is ReportKind.ENDED
    return IncidentRecord(
        id=report.incident_id,
        sequence=report.sequence,
        feed_id=report.feed_id,
        feed_name=report.feed_name or report.feed_id,
        matter=report.matter,
        label=report.label,
        score=report.score,
        review=Review.PENDING,
        present=not ended,
        first_seen=report.first_seen,
        last_seen=report.last_seen,
        received_at=received_at,
        ended_at=report.captured_at if ended else None,
        sightings=report.sightings,
        place=_place(report),
        cell=_cell(report),
        model_id=report.model_id,
        synthetic=report.synthetic,
        merged_into=None,
        root_id=report.incident_id,
        box=report.box if report.look else None,
        look=report.look,
    )


def updated(record: IncidentRecord, report: IncidentReport) -> IncidentRecord:
    """Return ``record`` with a further report taken in.

    Reports may arrive late or twice: counts and spans only grow, and only the report with the highest sequence says
    whether the thing is still there. The matter is left alone, an operator may have changed it.
    """
    newer = report.sequence > record.sequence
    ended = report.kind is ReportKind.ENDED
    grown = replace(
        record,
        sequence=max(record.sequence, report.sequence),
        score=max(record.score, report.score),
        first_seen=min(record.first_seen, report.first_seen),
        last_seen=max(record.last_seen, report.last_seen),
        sightings=max(record.sightings, report.sightings),
        place=_place(report) or record.place if newer else record.place or _place(report),
        cell=_cell(report) or record.cell if newer else record.cell or _cell(report),
    )
    if not newer:
        return grown
    if report.look and report.feed_id == record.feed_id:
        grown = replace(grown, box=report.box, look=report.look)
    return replace(grown, present=not ended, ended_at=report.captured_at if ended else None)


def _place(report: IncidentReport) -> Place | None:
    shape = report.place
    if shape is None:
        return None
    return Place(lon=shape.lon, lat=shape.lat, accuracy_m=shape.accuracy_m, method=Method(shape.method))


def _cell(report: IncidentReport) -> CellMatch | None:
    shape = report.cell
    if shape is None:
        return None
    return CellMatch(cell_id=shape.id, relation=Relation(shape.relation), distance_m=shape.distance_m)
