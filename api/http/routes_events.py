"""Changes as they happen."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from api.http.deps import READERS, Wired
from api.http.problems import problem_responses

router = APIRouter(tags=["events"])


@router.get(
    "/events",
    summary="Changes as they happen",
    response_class=StreamingResponse,
    responses=problem_responses(401, 403, 503)
    | {200: {"content": {"text/event-stream": {}}, "description": "Server-sent events"}},
    dependencies=READERS,
)
async def follow_events(
    deps: Wired, last_event_id: Annotated[str | None, Header(max_length=64)] = None
) -> StreamingResponse:
    """Stream `incident`, `case`, `mute`, `feed` and `patrol` events: which record changed, never its content.

    With `Last-Event-ID` what was missed comes first, or one `reset` when too much was missed. This is the one route
    that is not a plain function: hundreds of open streams must not each hold a thread.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(deps.events.stream(last_event_id), media_type="text/event-stream", headers=headers)
