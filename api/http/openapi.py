"""The description of the API."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.problems import problem_responses
from api.http.schemas import IncidentReport, Problem

_TEXT = """Incidents found by the patrol, the verdicts of operators, and the cases a city works with.

Times are RFC 3339 UTC; places are WGS-84 (lon, lat); boxes are `[x1, y1, x2, y2]`, 0..1 of the picture.
Every error is an RFC 9457 problem. People log in (`POST /api/v1/session`) and send `X-Requested-With: gridpatrol`
with every write; machines send a bearer token."""

_TAGS = {
    "session": "Logging in and out",
    "incidents": "What the patrol found",
    "verdicts": "What operators say of it",
    "evidence": "The pictures it rests on",
    "cases": "The records a city works with",
    "rechecks": "Looking at a case's place again: its handler reports it done, or its deadline passes",
    "mutes": "Places whose findings are not raised, as operators rejected them again and again",
    "feeds": "The patrol's cameras and vehicles",
    "coverage": "Planned visits, and what became of them",
    "city": "Grid, matters, numbers, patrol",
    "events": "Changes as they happen",
    "operations": "For whoever runs the installation",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the shapes that no route names by itself."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=_TEXT,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for shape in (Problem, IncidentReport):
        whole = shape.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(whole.pop("$defs", {}))
        schemas[shape.__name__] = whole
    for own in ("HTTPValidationError", "ValidationError"):
        schemas.pop(own, None)
    for methods in document["paths"].values():
        for operation in methods.values():
            _tell_invalid(operation["responses"])
    return document


def _tell_invalid(responses: dict[str, Any]) -> None:
    # FastAPI describes requests that are not valid in a shape of its own, which this API never sends.
    if "application/json" in responses.get("422", {}).get("content", {}):
        responses["422"] = problem_responses(422)[422]
