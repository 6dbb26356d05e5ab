"""For whoever runs the installation: is it alive, is it ready, how much."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.http.deps import READERS, Wired
from api.http.metrics import Metrics
from api.http.problems import problem_responses
from api.http.schemas import Health

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Is the process alive", response_model=Health)
def healthz() -> Health:
    """Answer as long as the process can."""
    return Health(status="ok")


@router.get("/readyz", summary="Can requests be served", response_model=Health, responses=problem_responses(503))
def readyz(deps: Wired) -> Health:
    """Ask the database for a sign of life."""
    deps.store.check()
    return Health(status="ok")


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses=problem_responses(401, 403, 503)
    | {200: {"content": {"text/plain": {}}, "description": "Prometheus' text form"}},
    dependencies=READERS,
)
def get_metrics(request: Request, deps: Wired) -> Response:
    """Return counts of requests, incidents and the patrol."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(deps), media_type="text/plain; version=0.0.4; charset=utf-8")
