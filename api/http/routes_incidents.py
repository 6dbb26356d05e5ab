"""Incidents: taken in from the patrol, listed and shown to people."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Header, HTTPException, Query, Response, UploadFile

from api.errors import EvidenceAway
from api.evidence import MAX_JPEG_BYTES
from api.http.deps import MACHINES, READERS, Wired
from api.http.moment import Moment
from api.http.paging import Cursor, Limit, incident_after, incident_cursor, page_of
from api.http.problems import problem_responses
from api.http.schemas import IncidentReport, IncidentView, Page, Review, Unit
from api.http.views import incident_view
from api.incident import Dossier
from api.store.records import IncidentQuery

router = APIRouter(prefix="/incidents", tags=["incidents"])


@router.post(
    "",
    summary="Report an incident",
    status_code=201,
    response_model=IncidentView,
    responses=problem_responses(400, 401, 403, 413, 422, 503)
    | {200: {"model": IncidentView, "description": "A repeat: what the first one was answered"}},
    dependencies=MACHINES,
)
def report_incident(
    deps: Wired,
    report: Annotated[str, Form(description="an `IncidentReport` as JSON")],
    evidence: Annotated[UploadFile | None, File(description="the plain JPEG")] = None,
    idempotency_key: Annotated[str | None, Header(max_length=128)] = None,
) -> Response:
    """Take in a report, once per `Idempotency-Key`. A picture that cannot be kept never refuses the report.

    Only while a store of pictures elsewhere is away is it answered 503: send it again later, with its picture.
    """
    if not idempotency_key:
        raise HTTPException(400, "send the header Idempotency-Key: {incident_id}:{sequence}")
    jpeg = evidence.file.read(MAX_JPEG_BYTES + 1) if evidence else None
    written = IncidentReport.model_validate_json(report)
    try:
        answer = deps.casework.take_in(written, key=idempotency_key, jpeg=jpeg or None, render=_body)
    except EvidenceAway as error:
        deps.trouble.tell("evidence", str(error))
        raise
    if answer.change is not None:
        deps.announce(answer.change)
        if jpeg:
            deps.trouble.tell("evidence", answer.trouble)
    return Response(answer.body, 201 if answer.change else 200, media_type="application/json")


@router.get(
    "",
    summary="List incidents",
    response_model=Page[IncidentView],
    responses=problem_responses(401, 403, 422, 503),
    dependencies=READERS,
)
def list_incidents(  # noqa: PLR0913 - one parameter for each filter
    deps: Wired,
    *,
    review: Review | None = None,
    matter: str | None = None,
    feed: str | None = None,
    cell: str | None = None,
    present: bool | None = None,
    since: Annotated[Moment | None, Query(description="received at or after")] = None,
    until: Annotated[Moment | None, Query(description="received before")] = None,
    min_score: Unit | None = None,
    order: Literal["newest", "oldest", "score"] = "newest",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[IncidentView]:
    """Return one page; `next_cursor` leads to the next and stays right while incidents come in."""
    query = IncidentQuery(
        review=review,
        matter=matter,
        feed=feed,
        cell=cell,
        present=present,
        since=since,
        until=until,
        min_score=min_score,
        order=order,
        after=incident_after(cursor, order),
        limit=limit + 1,
    )
    return page_of(
        deps.archive.incidents(query),
        limit=limit,
        view=incident_view,
        cursor=lambda last: incident_cursor(order, last.incident),
    )


@router.get(
    "/{incident_id}",
    summary="One incident",
    response_model=IncidentView,
    responses=problem_responses(401, 403, 404, 503),
    dependencies=READERS,
)
def get_incident(incident_id: str, deps: Wired) -> IncidentView:
    """Return an incident with its pictures and verdicts."""
    return incident_view(deps.archive.incident(incident_id))


@router.get(
    "/{incident_id}/earlier",
    summary="What was found there before",
    response_model=Page[IncidentView],
    responses=problem_responses(401, 403, 404, 422, 503),
    dependencies=READERS,
)
def list_earlier(incident_id: str, deps: Wired, *, limit: Limit = 20) -> Page[IncidentView]:
    """Return other incidents of the same feed at the same place, newest first, with their pictures."""
    found = deps.archive.earlier(incident_id, limit=limit)
    return Page(items=[incident_view(dossier) for dossier in found], next_cursor=None)


def _body(dossier: Dossier) -> str:
    return incident_view(dossier).model_dump_json()
