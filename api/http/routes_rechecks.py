"""Re-checks: asked for on a case by people and their systems, made by the patrol."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from api.http.deps import MACHINES, READERS, Operator, Wired
from api.http.problems import problem_responses
from api.http.recheckshapes import LookedAt, RecheckRequest, WantedView
from api.http.schemas import CaseView
from api.http.tagged import UNCHANGED, tagged
from api.http.views import case_view
from api.rechecking import Looked

router = APIRouter(tags=["rechecks"])
_WANTED = TypeAdapter(list[WantedView])


@router.post(
    "/cases/{case_id}/rechecks",
    summary="Have a case's place looked at again",
    status_code=201,
    response_model=CaseView,
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
def ask_recheck(case_id: str, body: RecheckRequest, caller: Operator, deps: Wired) -> CaseView:
    """Ask the patrol for a look now, or when the deadline passes; asked twice for one reason it is one re-check."""
    file = deps.casework.ask_recheck(case_id, body.why, at=body.at, note=body.note, by=caller.name)
    deps.announce_cases([file])
    return case_view(file, deps.casework.catalogue)


@router.get(
    "/rechecks/due",
    summary="What the patrol is to look at again now",
    response_model=list[WantedView],
    responses=problem_responses(401, 403, 503) | UNCHANGED,
    dependencies=READERS,
)
def list_due(request: Request, deps: Wired) -> Response:
    """Return every look that is due; it stays in the list until the patrol tells what came of it."""
    body = _WANTED.dump_json([WantedView(**asdict(wanted)) for wanted in deps.casework.rechecks_due()])
    return tagged(request, body)


@router.post(
    "/rechecks/looked",
    summary="Tell what came of such looks",
    status_code=204,
    responses=problem_responses(401, 403, 413, 422, 503),
    dependencies=MACHINES,
)
def tell_looked(body: LookedAt, deps: Wired) -> None:
    """Take in what the looks say of their cases; those that are not awaited, or no longer, are passed over."""
    told = [Looked(one.id, one.look, one.said, one.at, one.detail) for one in body.looks]
    deps.announce_cases(deps.casework.rechecked(told))
