"""What every request passes: a limit on its size, and headers that keep browsers careful."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import problem

MAX_BODY_BYTES = 1_000_000
MAX_MACHINE_BODY_BYTES = 16_000_000
_REPORTS, _FEEDS = "/api/v1/incidents", "/api/v1/feeds/"


def content_security_policy(map_tiles: str | None) -> str:
    """Return the policy of the console: everything from here, but the map's tiles and its worker."""
    parts = urlsplit(map_tiles or "")
    tiles = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return "; ".join(
        (
            "default-src 'self'",
            f"img-src 'self' data: blob:{tiles}",
            f"connect-src 'self'{tiles}",
            "worker-src 'self' blob:",
            "style-src 'self' 'unsafe-inline'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def security_headers(map_tiles: str | None) -> dict[str, str]:
    """Return the headers that every answer carries."""
    return {
        "Content-Security-Policy": content_security_policy(map_tiles),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


class Guarded:
    """Adds headers to every answer and refuses bodies that are too large, announced or not."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, guarded."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = _limit(scope["path"])

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message, scope["path"], self._headers)
            await send(message)

        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > limit:
            refusal = problem(413, _too_large(limit), path=scope["path"])
            await refusal(scope, receive, headed)
            return
        await self._app(scope, _counted(receive, limit), headed)


def _add(message: Message, path: str, headers: Mapping[str, str]) -> None:
    answer = MutableHeaders(scope=message)
    for name, value in headers.items():
        answer.setdefault(name, value)
    if path.startswith("/api/"):
        answer.setdefault("Cache-Control", "no-store")


def _limit(path: str) -> int:
    return MAX_MACHINE_BODY_BYTES if path == _REPORTS or path.startswith(_FEEDS) else MAX_BODY_BYTES


def _counted(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return counted


def _too_large(limit: int) -> str:
    return f"the request is too large; send at most {limit} bytes"
