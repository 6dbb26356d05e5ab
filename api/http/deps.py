"""What the HTTP layer is built from, and who is asking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from api.accounts import Accounts
from api.archive import Archive
from api.caller import Caller, Role
from api.case import CaseFile
from api.casework import Casework, Change
from api.coverages import Coverages
from api.http.events import Broadcaster
from api.mute import Mute
from api.store.port import CaseStore
from api.trouble import Trouble
from configs.settings import CitySettings

COOKIE = "gridpatrol_session"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_bearer = HTTPBearer(auto_error=False, description="a token of a machine or program")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="a person's session")


@dataclass(frozen=True, slots=True)
class Deps:
    """Everything ``create_app`` needs.

    Parameters
    ----------
    casework
        The rules, which hold the case store, the evidence store, the catalogue, the time zone and the clock.
    accounts
        Over the same store and clock.
    city
        Its name and notice are shown to everyone who is logged in.
    cells
        The management grid as one GeoJSON FeatureCollection, WGS-84 (lon, lat); None when there is no grid.
    events
        Tells browsers of changes. Whoever stops the server calls its ``close()`` first, or open streams hold it up.
    secure_cookie
        True when served over https.
    map_tiles
        URL template of raster tiles, or None.
    web_dist
        Folder of the built console (with ``index.html``), or None.
    trouble
        What troubles the case API; shown with the patrol's.
    coverages
        Reports over the patrol's log, when that is within reach.
    """

    casework: Casework
    accounts: Accounts
    city: CitySettings
    cells: Mapping[str, Any] | None = None
    events: Broadcaster = field(default_factory=Broadcaster)
    secure_cookie: bool = False
    map_tiles: str | None = None
    web_dist: Path | None = None
    trouble: Trouble = field(default_factory=Trouble)
    coverages: Coverages | None = None

    @property
    def store(self) -> CaseStore:
        """Where records are kept."""
        return self.casework.store

    @property
    def archive(self) -> Archive:
        """What is read."""
        return Archive(self.casework.store)

    @property
    def now(self) -> Callable[[], datetime]:
        """The clock."""
        return self.casework.now

    def announce(self, change: Change) -> None:
        """Tell browsers which incidents and cases changed."""
        for told in change.dossiers:
            self.events.publish("incident", {"id": told.incident.id})
        self.announce_cases(change.cases)
        self.announce_mutes(change.mutes)

    def announce_cases(self, cases: Iterable[CaseFile]) -> None:
        """Tell browsers which cases changed."""
        for filed in cases:
            self.events.publish("case", {"id": filed.case.id})

    def announce_mutes(self, mutes: Iterable[Mute]) -> None:
        """Tell browsers which muted places changed."""
        for mute in mutes:
            self.events.publish("mute", {"id": str(mute.id)})


def deps_of(request: Request) -> Deps:
    """Return what the application was built from."""
    deps: Deps = request.app.state.deps
    return deps


Wired = Annotated[Deps, Depends(deps_of)]


def caller_of(
    request: Request,
    deps: Wired,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> Caller:
    """Return who is asking; 401 for nobody, 403 for a write that another site could have made a browser send."""
    if bearer is not None:
        caller = deps.accounts.caller_of_token(bearer.credentials)
    else:
        caller = deps.accounts.caller_of_session(cookie) if cookie else None
    if caller is None:
        raise HTTPException(401, "log in, or send a bearer token", {"WWW-Authenticate": "Bearer"})
    written_by_session = caller.session is not None and request.method not in _SAFE
    if written_by_session and request.headers.get("X-Requested-With") != "gridpatrol":
        raise HTTPException(403, "a write with a session needs the header X-Requested-With: gridpatrol")
    return caller


def needs(role: Role) -> Callable[[Caller], Caller]:
    """Return a dependency that lets in whoever may do what ``role`` may."""

    def allowed(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        if not caller.role.includes(role):
            raise HTTPException(403, f"this needs the role {role}, and {caller.name!r} has the role {caller.role}")
        return caller

    return allowed


Viewer = Annotated[Caller, Depends(needs(Role.VIEWER))]
Operator = Annotated[Caller, Depends(needs(Role.OPERATOR))]

READERS = (Depends(needs(Role.VIEWER)),)
"""For routes that let in everybody known."""
MACHINES = (Depends(needs(Role.MACHINE)),)
"""For routes that only a patrol uses."""
