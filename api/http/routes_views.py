"""The views that people accepted, obeyed by the patrol. Who accepts them does so at the feed (``routes_feeds``)."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from api.http.deps import READERS, Wired
from api.http.feedshapes import ViewAcceptance
from api.http.problems import problem_responses
from api.http.tagged import UNCHANGED, tagged
from api.http.views import view_acceptance

router = APIRouter(prefix="/views", tags=["feeds"])

_ACCEPTANCES = TypeAdapter(list[ViewAcceptance])


@router.get(
    "/accepted",
    summary="Since when each feed has its view",
    response_model=list[ViewAcceptance],
    responses=problem_responses(401, 403, 503) | UNCHANGED,
    dependencies=READERS,
)
def list_accepted(request: Request, deps: Wired) -> Response:
    """Return of each feed the last time that somebody accepted its view, by feed id."""
    with deps.store.reading() as book:
        last = book.views.last()
    return tagged(request, _ACCEPTANCES.dump_json([view_acceptance(accepted) for accepted in last.values()]))
