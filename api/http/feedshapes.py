"""Shapes of feeds and of the patrol: what it reports of itself, and what is shown of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.http.moment import Moment
from api.http.schemas import CaseView, PlaceShape, Shape


class FeedReport(Shape):
    """One feed in the patrol's batched ``POST /api/v1/feeds/health``. ``url`` never carries credentials."""

    id: str
    name: str
    kind: Literal["camera", "vehicle"]
    url: str
    owner: str = ""
    purpose: str = ""
    place: PlaceShape | None = None
    outcome: str | None = Field(None, description="of the last visit; none before the first")
    detail: str = ""
    last_visit_at: Moment | None = None
    last_seen_at: Moment | None = Field(None, description="last visit that saw the street")
    next_visit_at: Moment | None = None
    failures: int = Field(0, ge=0, description="failed visits in a row")
    visits: int = Field(0, ge=0)
    muted: int = Field(0, ge=0, description="findings of the last visit that are at muted places, so not raised")
    every_s: dict[str, float] = Field({}, description="interval by plan; by `default` where no plan has the feed")


class ShadowStatus(Shape):
    """What a candidate model in shadow has done since the patrol's start."""

    model: str = Field(description="its id, or its name until it is loaded")
    share: float = Field(description="share of the pictures it looks at too")
    looks: int
    skipped: int = Field(description="pictures it was to see and was too far behind for")
    failures: int = Field(description="crashes, hangs and errors; after five it is switched off")
    on: bool


class CaptureStatus(Shape):
    """How the patrol's capture processes are doing; counts since its start."""

    processes: int
    own_mb: float = Field(description="memory that they have for themselves, all together")
    recycled: int = Field(description="replaced for their age or size")
    crashed: int = Field(description="replaced because they ended by themselves")
    hung: int = Field(description="replaced because a look in them did not come back")


class CloserStatus(Shape):
    """What closer looks at main streams came to since the patrol's start; counts of small findings."""

    confirmed: int = Field(description="shown by the main stream, too")
    refuted: int = Field(description="not shown by the main stream, so they did not count")
    failed: int = Field(description="counted as the sub-stream showed them: the main stream could not be used")
    opens: int = Field(description="connections made to main streams for it")
    failing: int = Field(description="feeds whose main stream could not be used last time")


class Unseen(Shape):
    """A camera that was not seen for longer than its plan promises."""

    feed_id: str
    name: str
    unseen_s: float = Field(ge=0, description="since it was last seen, or since it is known")
    outcome: str | None = Field(None, description="of its last visit")


class PromiseStatus(Shape):
    """Whether each camera of a plan was seen within the plan's time."""

    plan: str
    within_s: float = Field(gt=0, description="the longest that is promised, where feeds differ")
    open: bool = Field(description="whether the plan is open now; nothing is promised while it is not")
    feeds: int = Field(ge=0)
    broken: int = Field(ge=0, description="feeds that were not seen in time")
    broken_since: Moment | None = Field(None, description="when the first of them was missed")
    longest: list[Unseen] = Field([], description="those not seen for longest, at most ten")


class PatrolStatus(Shape):
    """What the running patrol is doing."""

    at: Moment
    started_at: Moment
    pid: int
    feeds: int
    outcomes: dict[str, int] = Field(description="feeds by their last outcome; `waiting` before the first")
    visits: int
    visits_per_s: float
    late: int = Field(description="feeds due longer than a tenth of their interval ago")
    suspects: int
    incidents: int = Field(description="confirmed and not ended")
    outbox: int = Field(description="reports that wait to be posted")
    dead_letters: int = 0
    muted: int = Field(0, ge=0, description="places muted now")
    resting: dict[str, int] = Field({}, description="feeds that must not be visited now, by why")
    stretch: float = Field(
        1.0, ge=1, description="by how much the most stretched intervals are longer than asked for"
    )
    last_post_at: Moment | None = None
    trouble: list[str] = Field([], description="one sentence each: disk full, API unreachable …")
    model_id: str
    synthetic: bool
    shadow: ShadowStatus | None = Field(None, description="the candidate model that looks without acting, if any")
    capture: CaptureStatus | None = Field(None, description="the capture processes, if any")
    closer: CloserStatus | None = Field(None, description="closer looks at small findings, if they are made")
    promises: list[PromiseStatus] = Field([], description="how each plan keeps to its time")


class HealthReport(Shape):
    """Body of ``POST /api/v1/feeds/health``: the whole patrol's state in one message."""

    patrol: PatrolStatus
    feeds: list[FeedReport] = Field(description="those that changed since the last report; all after a start")
    complete: bool = Field(
        default=False, description="`feeds` lists every feed: others are gone from the configuration"
    )


class ViewNote(Shape):
    """Body of ``POST /api/v1/feeds/{id}/views``."""

    note: str = Field("", max_length=1000)


class ViewAcceptance(Shape):
    """Somebody said that what a feed shows from then on is its view."""

    feed_id: str
    at: datetime
    by: str
    note: str


class FeedView(FeedReport):
    """A feed with its last picture."""

    picture_url: str | None
    picture_at: datetime | None
    view_accepted: ViewAcceptance | None = Field(None, description="the last time that somebody accepted its view")


class StatusView(Shape):
    """``GET /api/v1/patrol``. ``alive`` is False when no health report came for 60 s."""

    alive: bool
    patrol: PatrolStatus | None
    pending: int
    last_case: CaseView | None
    trouble: list[str] = Field([], description="the case API's own, one sentence each: evidence disk full …")
