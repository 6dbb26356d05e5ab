"""Feeds: their health and last pictures, told by the patrol and shown to people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request, Response

from api.acceptedview import AcceptedView
from api.errors import Conflict, EvidenceAway, EvidenceRefused, Missing, PictureGone, Unfit
from api.http.deps import MACHINES, READERS, Deps, Operator, Wired
from api.http.feedshapes import FeedReport, FeedView, HealthReport, ViewAcceptance, ViewNote
from api.http.paging import Cursor, Limit, id_after, id_cursor, page_of
from api.http.pictures import picture_answer
from api.http.problems import problem_responses
from api.http.schemas import Page
from api.http.views import feed_view, view_acceptance
from api.store.records import FeedQuery, FeedRecord
from streams.url import masked
from streams.visit import Outcome

router = APIRouter(prefix="/feeds", tags=["feeds"])

FeedId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
_TOLD_AT_MOST = 50


@router.post(
    "/health",
    summary="Tell how patrol and feeds are doing",
    status_code=204,
    responses=problem_responses(401, 403, 413, 422, 503),
    dependencies=MACHINES,
)
def report_health(body: HealthReport, deps: Wired) -> None:
    """Take in the patrol's state and the feeds that changed; with `complete`, feeds not listed are forgotten."""
    with deps.store.writing() as book:
        book.feeds.put_patrol(body.patrol, received_at=deps.now())
        book.feeds.put([_shown(report) for report in body.feeds])
        if body.complete:
            book.feeds.keep_only(report.id for report in body.feeds)
    deps.events.publish("patrol", {})
    if body.feeds:
        changed = [report.id for report in body.feeds]
        deps.events.publish("feed", {"ids": changed} if len(changed) <= _TOLD_AT_MOST else {})


@router.put(
    "/{feed_id}/picture",
    summary="Keep a feed's last picture",
    status_code=204,
    responses=problem_responses(401, 403, 413, 422, 503, 507),
    dependencies=MACHINES,
)
def put_picture(feed_id: FeedId, deps: Wired, jpeg: Annotated[bytes, Body(media_type="image/jpeg")]) -> None:
    """Keep the JPEG in place of the one before. Told with the next health report: pictures come by the hundred."""
    try:
        sha256 = deps.casework.evidence.put_view(feed_id, jpeg)
    except (EvidenceAway, EvidenceRefused) as error:
        deps.trouble.tell("feed pictures", str(error))
        raise
    deps.trouble.tell("feed pictures", None)
    with deps.store.writing() as book:
        book.feeds.set_picture(feed_id, sha256=sha256, at=deps.now())


@router.get(
    "",
    summary="List feeds",
    response_model=Page[FeedView],
    responses=problem_responses(401, 403, 422, 503),
    dependencies=READERS,
)
def list_feeds(
    deps: Wired,
    *,
    outcome: Annotated[str | None, Query(description="of the last visit; `waiting` before the first")] = None,
    q: Annotated[str | None, Query(max_length=100, description="part of an id or a name")] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[FeedView]:
    """Return one page, by id."""
    query = FeedQuery(outcome=outcome, text=q, after=id_after(cursor), limit=limit + 1)
    with deps.store.reading() as book:
        found, accepted = book.feeds.page(query), book.views.last()
    return page_of(
        found,
        limit=limit,
        view=lambda record: feed_view(record, accepted.get(record.report.id)),
        cursor=lambda last: id_cursor(last.report.id),
    )


@router.get(
    "/{feed_id}",
    summary="One feed",
    response_model=FeedView,
    responses=problem_responses(401, 403, 404, 503),
    dependencies=READERS,
)
def get_feed(feed_id: str, deps: Wired) -> FeedView:
    """Return a feed as last reported."""
    record = _known(deps, feed_id)
    with deps.store.reading() as book:
        accepted = book.views.of(feed_id)
    return feed_view(record, accepted[0] if accepted else None)


@router.get(
    "/{feed_id}/views",
    summary="Who accepted a feed's view",
    response_model=list[ViewAcceptance],
    responses=problem_responses(401, 403, 404, 503),
    dependencies=READERS,
)
def list_views(feed_id: FeedId, deps: Wired) -> list[ViewAcceptance]:
    """Return every time that somebody said that what a feed shows is its view, newest first."""
    _known(deps, feed_id)
    with deps.store.reading() as book:
        return [view_acceptance(accepted) for accepted in book.views.of(feed_id)]


@router.post(
    "/{feed_id}/views",
    summary="Accept what a feed shows as its view",
    response_model=ViewAcceptance,
    status_code=201,
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
def accept_view(feed_id: FeedId, body: ViewNote, caller: Operator, deps: Wired) -> ViewAcceptance:
    """Take what a camera shows from its next visit on for its view; what was open under the old one goes to people.

    Zones and calibration stay as they are drawn: draw them anew for the new view first.
    """
    report = _known(deps, feed_id).report
    if report.kind == "vehicle":
        raise Unfit(f"feed {feed_id} is a vehicle, which has no view of its own to accept")
    if report.outcome == Outcome.OK:
        # Accepting what is known already would hand its open incidents to people for nothing.
        raise Conflict(f"feed {feed_id} showed its known view at its last visit; accept another once one says turned")
    accepted = AcceptedView(feed_id, deps.now(), caller.name, body.note)
    with deps.store.writing() as book:
        book.views.add(accepted)
    deps.events.publish("feed", {"ids": [feed_id]})
    return view_acceptance(accepted)


@router.get(
    "/{feed_id}/picture.jpg",
    summary="A feed's last picture",
    response_class=Response,
    responses=problem_responses(401, 403, 404, 410, 503)
    | {200: {"content": {"image/jpeg": {}}, "description": "The JPEG"}},
    dependencies=READERS,
)
def get_picture(feed_id: FeedId, request: Request, deps: Wired) -> Response:
    """Return the JPEG of the last visit that was worth showing."""
    sha256 = _known(deps, feed_id).picture_sha256
    if sha256 is None:
        raise PictureGone(f"feed {feed_id} has no picture yet")
    jpeg = deps.casework.evidence.read_view(feed_id)
    return picture_answer(request, jpeg, tag=sha256, cache="private, no-cache")


def _known(deps: Deps, feed_id: str) -> FeedRecord:
    with deps.store.reading() as book:
        record = book.feeds.get(feed_id)
    if record is None:
        raise Missing(f"there is no feed {feed_id}")
    return record


def _shown(report: FeedReport) -> FeedReport:
    # The patrol masks its URLs; a password must not be kept even if one day it forgets to.
    return report.model_copy(update={"url": masked(report.url), "detail": masked(report.detail)})
