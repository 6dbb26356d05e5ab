"""Verdicts: what operators say of incidents."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.http.deps import Operator, Wired
from api.http.problems import problem_responses
from api.http.schemas import IncidentView, VerdictRequest
from api.http.views import incident_view
from api.verdict import Ruling

router = APIRouter(prefix="/incidents/{incident_id}", tags=["verdicts"])


@router.post(
    "/verdicts",
    summary="Give a verdict",
    status_code=201,
    response_model=IncidentView,
    responses=problem_responses(401, 403, 404, 409, 422, 503)
    | {200: {"model": IncidentView, "description": "The same verdict stands already"}},
)
def give_verdict(
    incident_id: str, body: VerdictRequest, caller: Operator, deps: Wired, response: Response
) -> IncidentView:
    """Confirm, reject, merge or re-class an incident that has no verdict."""
    ruling = Ruling(**dict(body))
    change, new = deps.casework.judge(incident_id, ruling, by=caller.name)
    if new:
        deps.announce(change)
    else:
        response.status_code = 200
    return incident_view(change.dossier)


@router.delete(
    "/verdict",
    summary="Undo the verdict that stands",
    response_model=IncidentView,
    responses=problem_responses(401, 403, 404, 409, 503),
)
def undo_verdict(incident_id: str, caller: Operator, deps: Wired) -> IncidentView:
    """Take back the last verdict; a case it made becomes void, one it voided is filed again."""
    change = deps.casework.undo(incident_id, by=caller.name)
    deps.announce(change)
    return incident_view(change.dossier)
