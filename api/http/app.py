"""The application, built from one explicit object; nothing is global."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import APIRouter, FastAPI, Request

from api.http import (
    routes_cases,
    routes_city,
    routes_coverage,
    routes_events,
    routes_evidence,
    routes_feeds,
    routes_incidents,
    routes_mutes,
    routes_operations,
    routes_rechecks,
    routes_session,
    routes_verdicts,
    routes_views,
)
from api.http.console import ConsoleRoute
from api.http.deps import READERS, Deps
from api.http.grid import grid_of
from api.http.guard import Guarded, security_headers
from api.http.metrics import Measured, Metrics
from api.http.openapi import describe
from api.http.problems import add_problem_handlers, problem_responses
from api.http.views import ROOT

_NOUNS = (
    routes_session,
    routes_incidents,
    routes_verdicts,
    routes_evidence,
    routes_cases,
    routes_rechecks,
    routes_mutes,
    routes_feeds,
    routes_views,
    routes_city,
    routes_coverage,
    routes_events,
)


def create_app(deps: Deps, *, metrics: Metrics | None = None) -> FastAPI:
    """Return the case API with the console.

    Parameters
    ----------
    deps
        Built by the caller, who calls ``deps.events.close()`` to stop the server, and ``deps.store.close()`` after::

            store = open_store("sqlite:///var/cases.db")
            evidence = FolderEvidence(Path("var/evidence"), min_free_bytes=500_000_000)
            casework = Casework(store, evidence, catalogue, ZoneInfo("Asia/Shanghai"), now)
            app = create_app(Deps(casework, Accounts(store, now=now), city))
    metrics
        Those of an application before this one, which are counted on.
    """
    app = FastAPI(title="gridpatrol", version=_version(), openapi_url=None, docs_url=None, redoc_url=None)
    app.state.deps = deps
    app.state.grid = grid_of(deps.cells)
    app.state.metrics = metrics or Metrics()
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # the way FastAPI documents
    headers = security_headers(deps.map_tiles)
    add_problem_handlers(app, headers=headers)
    app.include_router(_nouns())
    app.include_router(routes_operations.router)
    app.router.routes.append(ConsoleRoute(deps.web_dist))
    app.add_middleware(Guarded, headers=headers)
    app.add_middleware(Measured, metrics=app.state.metrics)
    return app


def _nouns() -> APIRouter:
    router = APIRouter(prefix=ROOT)
    for noun in _NOUNS:
        router.include_router(noun.router)
    router.add_api_route(
        "/openapi.json",
        _description,
        summary="This description",
        tags=["operations"],
        response_model=dict[str, Any],
        responses=problem_responses(401, 403),
        dependencies=READERS,
    )
    return router


def _description(request: Request) -> dict[str, Any]:
    """Return the OpenAPI document."""
    app: FastAPI = request.app
    return app.openapi()


def _version() -> str:
    try:
        return version("gridpatrol")
    except PackageNotFoundError:
        return "0"
