"""Every error as an RFC 9457 problem: one shape, one sentence, no internals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from api import errors
from api.http.schemas import Problem

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger()

_STATUS: Mapping[type[errors.ApiError], int] = {
    errors.Missing: 404,
    errors.PictureGone: 410,
    errors.Conflict: 409,
    errors.Unfit: 422,
    errors.NotAPicture: 422,
    errors.EvidenceRefused: 507,
    errors.EvidenceAway: 503,
    errors.EvidenceUnfit: 500,
    errors.AccountError: 422,
    errors.LoginRefused: 401,
    errors.LoginLocked: 429,
    errors.StoreBusy: 503,
    errors.StoreUnfit: 500,
}
_SENTENCES = {
    401: "log in, or send a bearer token",
    404: "there is nothing at this address",
    405: "this address does not take this method",
}


class _ProblemAnswer(JSONResponse):
    """A problem, which may name what was sent: half characters (lone surrogates) go back as JSON's escapes."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of these errors; the schema itself is added by ``api.http.openapi``."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def problem(
    status: int,
    detail: str,
    *,
    path: str | None = None,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the answer that tells of an error.

    Parameters
    ----------
    status, detail
        HTTP status, and one sentence for the person who asked.
    path
        The address asked for.
    errors
        For a request with several mistakes: ``{"where": …, "what": …}`` each.
    """
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, instance=path, errors=errors)
    return _ProblemAnswer(body.model_dump(exclude_none=True), status, dict(headers or {}))


def add_problem_handlers(app: FastAPI, *, headers: Mapping[str, str]) -> None:
    """Let ``app`` answer every error as a problem.

    Parameters
    ----------
    headers
        For the answer to an unexpected error, which is made outside of all middleware that could add them.
    """

    def unexpected(request: Request, error: Exception) -> JSONResponse:
        _log.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
        detail = "something went wrong in the server; its log has the details"
        return problem(500, detail, path=request.url.path, headers={**headers, "Cache-Control": "no-store"})

    app.add_exception_handler(errors.ApiError, _api_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, unexpected)


def _api_error(request: Request, error: Exception) -> JSONResponse:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    headers = {}
    if isinstance(error, errors.LoginLocked):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, (errors.StoreBusy, errors.EvidenceAway)):
        headers["Retry-After"] = "2"
        kind = "store_busy" if isinstance(error, errors.StoreBusy) else "evidence_away"
        _log.warning(kind, path=request.url.path, reason=str(error))
    return problem(status, str(error), path=request.url.path, headers=headers)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, (RequestValidationError, ValidationError)) else []
    mistakes = [{"where": _where(one["loc"]), "what": str(one["msg"])} for one in found]
    first = mistakes[0] if mistakes else {"where": "request", "what": "not valid"}
    more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    detail = f"{first['where']}: {first['what']}{more}"
    return problem(422, detail, path=request.url.path, errors=mistakes)


def _where(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "report"


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for this class
    plain = error.detail == HTTPStatus(error.status_code).phrase
    detail = _SENTENCES.get(error.status_code, error.detail) if plain else error.detail
    return problem(error.status_code, detail, path=request.url.path, headers=error.headers)
