"""Logging in and out."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, HTTPException, Response, Security

from api.caller import Caller, Role
from api.http.deps import COOKIE, Deps, Viewer, Wired, caller_of
from api.http.problems import problem_responses
from api.http.schemas import Login, PasswordChange, Session

router = APIRouter(prefix="/session", tags=["session"])


@router.post("", summary="Log in", response_model=Session, responses=problem_responses(401, 422, 429, 503))
def log_in(body: Login, deps: Wired, response: Response) -> Session:
    """Begin a session; its secret comes as an HttpOnly cookie."""
    entry = deps.accounts.login(body.username, body.password)
    response.set_cookie(COOKIE, entry.secret, httponly=True, samesite="strict", secure=deps.secure_cookie, path="/")
    return _session(entry.caller, deps)


@router.get("", summary="Who is asking", response_model=Session, responses=problem_responses(401, 403, 503))
def who(caller: Viewer, deps: Wired) -> Session:
    """Return who is logged in, and what the console shows on every page."""
    return _session(caller, deps)


@router.delete("", summary="Log out", status_code=204, responses=problem_responses(401, 403, 503))
def log_out(caller: Annotated[Caller, Depends(caller_of)], deps: Wired, response: Response) -> None:
    """End the session."""
    deps.accounts.logout(caller)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=deps.secure_cookie, path="/")


@router.post(
    "/password",
    summary="Change one's own password",
    response_model=Session,
    responses=problem_responses(401, 403, 422, 429, 503),
)
def change_password(body: PasswordChange, caller: Annotated[Caller, Security(caller_of)], deps: Wired) -> Session:
    """Choose another password; the account's other sessions end."""
    if caller.session is None:
        raise HTTPException(403, "a token has no password; log in to change yours")
    deps.accounts.change_password(caller, current=body.current, new=body.new)
    return _session(Caller(caller.name, caller.role, one_time=False, session=caller.session), deps)


def _session(caller: Caller, deps: Deps) -> Session:
    if caller.role is Role.MACHINE:
        raise HTTPException(403, "a machine's token has no session")
    return Session(
        username=caller.name,
        role=cast("Literal['viewer', 'operator', 'admin']", caller.role.value),
        one_time_password=caller.one_time,
        city=deps.city.name,
        notice=deps.city.notice,
        map_tiles=deps.map_tiles,
        timezone=deps.city.timezone,
    )
