"""Evidence pictures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.errors import Missing, PictureGone
from api.evidence import Picture
from api.http.deps import READERS, Deps, Wired
from api.http.pictures import annotated as drawn
from api.http.pictures import known, picture_answer
from api.http.problems import problem_responses

router = APIRouter(prefix="/incidents/{incident_id}/evidence", tags=["evidence"])

_CACHE = "private, max-age=86400, immutable"


@router.get(
    "/{evidence_id}.jpg",
    summary="One evidence picture",
    response_class=Response,
    responses=problem_responses(401, 403, 404, 410, 503)
    | {200: {"content": {"image/jpeg": {}}, "description": "The JPEG"}},
    dependencies=READERS,
)
def get_evidence(
    incident_id: str,
    evidence_id: int,
    request: Request,
    deps: Wired,
    *,
    annotated: Annotated[bool, Query(description="draw the box")] = False,
) -> Response:
    """Return the plain JPEG, or with the box drawn."""
    picture = _known(deps, incident_id, evidence_id)
    tag = f"{picture.kept.sha256}-{evidence_id}-drawn" if annotated else picture.kept.sha256
    if known(request, tag):
        return picture_answer(request, b"", tag=tag, cache=_CACHE)
    jpeg = deps.casework.evidence.read(picture.kept.name)
    return picture_answer(request, drawn(jpeg, picture) if annotated else jpeg, tag=tag, cache=_CACHE)


def _known(deps: Deps, incident_id: str, evidence_id: int) -> Picture:
    with deps.store.reading() as book:
        picture = book.pictures.get(evidence_id)
    if picture is None or picture.incident_id != incident_id:
        raise Missing(f"incident {incident_id} has no picture {evidence_id}")
    if picture.removed_at is not None:
        raise PictureGone(f"the picture was removed by retention at {picture.removed_at:%Y-%m-%d %H:%M} UTC")
    return picture
