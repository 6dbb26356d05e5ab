"""Muted places: listed, explained and taken back by people, obeyed by the patrol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import TypeAdapter

from api.errors import Unfit
from api.http.deps import MACHINES, READERS, Deps, Operator, Wired
from api.http.muteshapes import MutedPlaceView, MuteExtension, MuteNote, MutesSeen, MuteView
from api.http.muteviews import mute_views, muted_place
from api.http.paging import Cursor, Limit, id_after, id_cursor, page_of
from api.http.problems import problem_responses
from api.http.schemas import Page
from api.http.tagged import UNCHANGED, tagged
from api.mute import Mute, MuteState
from api.muting import Muting, MutingStep, Seen, known_mute
from api.store.port import Book
from api.store.records import MuteQuery

router = APIRouter(prefix="/mutes", tags=["mutes"])

MuteId = Annotated[int, Path(ge=0, lt=2**31)]
_PLACES = TypeAdapter(list[MutedPlaceView])


@router.get(
    "",
    summary="List muted places",
    response_model=Page[MuteView],
    responses=problem_responses(401, 403, 422, 503),
    dependencies=READERS,
)
def list_mutes(  # noqa: PLR0913 - one parameter for each filter
    deps: Wired,
    *,
    state: MuteState | None = None,
    feed: str | None = None,
    matter: str | None = None,
    incident: Annotated[str | None, Query(description="resting on this rejected incident")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[MuteView]:
    """Return one page, newest first, each with the rejects it rests on and what was done to it."""
    # One that rests on an incident is looked for among its feed's, which are few.
    whole = incident is not None
    query = MuteQuery(
        state=state,
        feed=feed,
        matter=matter,
        now=deps.now(),
        after=_after(cursor),
        limit=None if whole else limit + 1,
    )
    with deps.store.reading() as book:
        if whole and (record := book.incidents.get(incident or "")) is not None:
            query = MuteQuery(state=state, feed=record.feed_id, now=deps.now(), after=_after(cursor))
        found = [mute for mute in book.mutes.page(query) if not whole or _rests_on(mute, incident)]
        views = {view.id: view for view in _views(book, found[:limit], deps)}
    return page_of(found, limit=limit, view=lambda one: views[one.id], cursor=lambda last: id_cursor(str(last.id)))


@router.get(
    "/active",
    summary="What the patrol is not to raise",
    response_model=list[MutedPlaceView],
    responses=problem_responses(401, 403, 503) | UNCHANGED,
    dependencies=READERS,
)
def list_active(request: Request, deps: Wired) -> Response:
    """Return every active mute with the looks it holds for; empty when `mute.enabled` is false."""
    return tagged(request, _PLACES.dump_json([muted_place(mute) for mute in _active(deps)]))


@router.post(
    "/seen",
    summary="Tell how muted places look",
    status_code=204,
    responses=problem_responses(401, 403, 413, 422, 503),
    dependencies=MACHINES,
)
def tell_seen(body: MutesSeen, deps: Wired) -> None:
    """Take in what was seen at muted places; one that has changed is muted no more, unknown ones are ignored."""
    told = [Seen(one.id, one.held_back, one.unlike, one.at, one.changed) for one in body.mutes]
    deps.announce_mutes(deps.casework.saw_mutes(told))


@router.get(
    "/{mute_id}",
    summary="One muted place",
    response_model=MuteView,
    responses=problem_responses(401, 403, 404, 422, 503),
    dependencies=READERS,
)
def get_mute(mute_id: MuteId, deps: Wired) -> MuteView:
    """Return a mute with the rejects it rests on and what was done to it."""
    with deps.store.reading() as book:
        return _views(book, [known_mute(book, mute_id)], deps)[0]


@router.post(
    "/{mute_id}/lift",
    summary="Raise findings there again",
    response_model=MuteView,
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
def lift_mute(mute_id: MuteId, body: MuteNote, caller: Operator, deps: Wired) -> MuteView:
    """Take a mute back: what is found there is raised anew, and counting rejects begins anew."""
    return _changed(deps, mute_id, lambda muting: muting.lift(mute_id, body.note), by=caller.name)


@router.post(
    "/{mute_id}/restore",
    summary="Take a lift back",
    response_model=MuteView,
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
def restore_mute(mute_id: MuteId, body: MuteNote, caller: Operator, deps: Wired) -> MuteView:
    """Let a lifted mute hold again until the moment it would have ended."""
    return _changed(deps, mute_id, lambda muting: muting.restore(mute_id, body.note), by=caller.name)


@router.post(
    "/{mute_id}/extend",
    summary="Let a mute last longer",
    response_model=MuteView,
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
def extend_mute(mute_id: MuteId, body: MuteExtension, caller: Operator, deps: Wired) -> MuteView:
    """Let an active mute end so many days from now."""

    def step(muting: Muting) -> Mute:
        return muting.extend(mute_id, body.days, body.note)

    return _changed(deps, mute_id, step, by=caller.name)


def _changed(deps: Deps, mute_id: int, step: MutingStep, *, by: str) -> MuteView:
    deps.announce_mutes([deps.casework.change_mute(step, by=by)])
    return get_mute(mute_id, deps)


def _views(book: Book, mutes: Sequence[Mute], deps: Deps) -> list[MuteView]:
    return mute_views(book, mutes, now=deps.now(), rule=deps.casework.mute)


def _active(deps: Deps) -> Sequence[Mute]:
    if not deps.casework.mute.enabled:
        return ()
    with deps.store.reading() as book:
        return book.mutes.page(MuteQuery(state=MuteState.ACTIVE, now=deps.now()))


def _rests_on(mute: Mute, incident_id: str | None) -> bool:
    return any(ground.incident_id == incident_id for ground in mute.grounds)


def _after(cursor: str | None) -> int | None:
    last = id_after(cursor)
    if last is None:
        return None
    if not last.isdecimal() or len(last) > 9:
        raise Unfit("the cursor does not belong to this list and order; start again without it")
    return int(last)
