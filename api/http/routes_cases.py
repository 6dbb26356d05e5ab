"""Cases: the records a city works with."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.case import CaseFile
from api.http.deps import READERS, Wired
from api.http.moment import Moment
from api.http.paging import Cursor, Limit, id_after, id_cursor, page_of
from api.http.problems import problem_responses
from api.http.schemas import CaseEvent, CaseState, CaseView, Page
from api.http.views import case_event, case_view
from api.store.records import CaseQuery

router = APIRouter(prefix="/cases", tags=["cases"])


@router.get(
    "",
    summary="List cases",
    response_model=Page[CaseView],
    responses=problem_responses(401, 403, 422, 503),
    dependencies=READERS,
)
def list_cases(  # noqa: PLR0913 - one parameter for each filter
    deps: Wired,
    *,
    state: CaseState | None = None,
    matter: str | None = None,
    cell: str | None = None,
    since: Annotated[Moment | None, Query(description="filed at or after")] = None,
    until: Annotated[Moment | None, Query(description="filed before")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CaseView]:
    """Return one page, newest first."""
    query = CaseQuery(
        state=state,
        matter=matter,
        cell=cell,
        since=since,
        until=until,
        after=id_after(cursor),
        limit=limit + 1,
    )

    def view(file: CaseFile) -> CaseView:
        return case_view(file, deps.casework.catalogue)

    found = deps.archive.cases(query)
    return page_of(found, limit=limit, view=view, cursor=lambda last: id_cursor(last.case.id))


@router.get(
    "/{case_id}",
    summary="One case",
    response_model=CaseView,
    responses=problem_responses(401, 403, 404, 503),
    dependencies=READERS,
)
def get_case(case_id: str, deps: Wired) -> CaseView:
    """Return a case with its pictures."""
    return case_view(deps.archive.case(case_id), deps.casework.catalogue)


@router.get(
    "/{case_id}/events",
    summary="A case's flow log",
    response_model=list[CaseEvent],
    responses=problem_responses(401, 403, 404, 503),
    dependencies=READERS,
)
def list_case_events(case_id: str, deps: Wired) -> list[CaseEvent]:
    """Return everything that happened to a case, oldest first."""
    return [case_event(line) for line in deps.archive.flow_log(case_id)]
