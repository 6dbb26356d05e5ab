"""The city: its grid, its matters, its numbers, and the patrol that watches it."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.http.deps import READERS, Deps, Wired
from api.http.feedshapes import StatusView
from api.http.grid import Grid
from api.http.moment import Moment
from api.http.pictures import known
from api.http.problems import problem_responses
from api.http.schemas import CaseView, MatterView, Statistics
from api.http.views import ALIVE_FOR, case_view, matter_view, statistics_view
from api.store.records import CaseQuery

router = APIRouter(tags=["city"])


@router.get(
    "/cells",
    summary="The management grid",
    response_class=Response,
    responses=problem_responses(401, 403)
    | {200: {"content": {"application/geo+json": {}}, "description": "A FeatureCollection, WGS-84"}},
    dependencies=READERS,
)
def get_cells(request: Request) -> Response:
    """Return all cells as GeoJSON; without a grid, none."""
    grid: Grid = request.app.state.grid
    headers = {"ETag": f'"{grid.tag}"', "Cache-Control": "private, no-cache"}
    if known(request, grid.tag):
        return Response(status_code=304, headers=headers)
    return Response(grid.body, media_type="application/geo+json", headers=headers)


@router.get(
    "/matters",
    summary="What is looked for",
    response_model=list[MatterView],
    responses=problem_responses(401, 403),
    dependencies=READERS,
)
def list_matters(deps: Wired) -> list[MatterView]:
    """Return the catalogue of matters with their codes."""
    return [matter_view(matter) for matter in deps.casework.catalogue.matters]


@router.get(
    "/statistics",
    summary="Counts over a time span",
    response_model=Statistics,
    responses=problem_responses(401, 403, 422, 503),
    dependencies=READERS,
)
def get_statistics(
    deps: Wired,
    since: Annotated[Moment | None, Query(description="empty means since the city's midnight")] = None,
) -> Statistics:
    """Return what was received and judged since a moment."""
    with deps.store.reading() as book:
        return statistics_view(book.incidents.counts(since or _midnight(deps)))


@router.get(
    "/patrol",
    summary="What the patrol is doing",
    response_model=StatusView,
    responses=problem_responses(401, 403, 503),
    dependencies=READERS,
)
def get_patrol(deps: Wired) -> StatusView:
    """Return the patrol's last word, and whether it is still fresh."""
    with deps.store.reading() as book:
        told, pending = book.feeds.patrol(), book.incidents.pending()
    return StatusView(
        alive=told is not None and deps.now() - told[1] <= ALIVE_FOR,
        patrol=told[0] if told else None,
        pending=pending,
        last_case=_last_case(deps),
        trouble=deps.trouble.sentences(),
    )


def _last_case(deps: Deps) -> CaseView | None:
    found = deps.archive.cases(CaseQuery(limit=1))
    return case_view(found[0], deps.casework.catalogue) if found else None


def _midnight(deps: Deps) -> datetime:
    local = deps.now().astimezone(deps.casework.timezone)
    return datetime.combine(local.date(), time(), deps.casework.timezone)
