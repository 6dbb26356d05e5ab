"""Answers that a patrol asks for again and again: sent only when they have changed."""

from __future__ import annotations

import hashlib
from typing import Any

from fastapi import Request, Response

from api.http.pictures import known

UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "As when it was last asked for"}}
"""How such a route documents it."""


def tagged(request: Request, body: bytes) -> Response:
    """Return the JSON with its tag, or 304 when the asker has it."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
