"""The wire shapes of ``/api/v1``: what the patrol posts and what the console and other systems read.

Times are RFC 3339 UTC, places (lon, lat) WGS-84 degrees, boxes ``[x1, y1, x2, y2]`` normalised 0..1 of the picture
(origin top left), so that they fit any size the picture is shown at.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from api.http.moment import Moment
from api.recheck import RecheckState, RecheckWhy
from gridmap.recheck import Said

Unit = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Item = TypeVar("Item")
_LONGEST_TEXT = 100_000


class Shape(BaseModel):
    """A wire shape; unknown fields, numbers that are none and texts that cannot be written as UTF-8 are refused."""

    # Pydantic looks into a text, and so finds lone surrogates, only when its length is limited.
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_max_length=_LONGEST_TEXT)


class PlaceShape(Shape):
    """Where something is."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    accuracy_m: float = Field(ge=0)
    method: Literal["homography", "fix", "footprint", "point"]


class CellShape(Shape):
    """The cell a place was given."""

    id: str
    relation: Literal["inside", "border", "nearest"]
    distance_m: float = 0.0


class ReportKind(StrEnum):
    """What the patrol tells of an incident."""

    CONFIRMED = "confirmed"
    SEEN = "seen"
    ENDED = "ended"
    UNWATCHED = "unwatched"
    """The camera that saw it shows another view now: whether it is still there has to be looked at by people."""


class IncidentReport(Shape):
    """What the patrol posts to ``POST /api/v1/incidents`` as the multipart field ``report`` (JSON).

    The optional file field ``evidence`` is the plain JPEG, privacy zones already blurred. ``Idempotency-Key`` is
    ``{incident_id}:{sequence}``; a repeat answers 200 with what the first one answered (201).
    """

    incident_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    sequence: int = Field(ge=0, description="0 for confirmed, then counting up per incident")
    kind: ReportKind
    feed_id: str
    feed_name: str = ""
    matter: str
    label: str
    score: Unit
    box: tuple[Unit, Unit, Unit, Unit] | None = Field(None, description="of this look; none when ended")
    captured_at: Moment = Field(description="of this look's frame")
    first_seen: Moment
    last_seen: Moment
    sightings: int = Field(ge=1)
    place: PlaceShape | None = None
    cell: CellShape | None = None
    model_id: str
    synthetic: bool = Field(default=False, description="a drawn scene and a scripted detector, not the real world")
    look: str | None = Field(
        None, max_length=2000, description="how the place of `box` looks, for comparing only; none of vehicles"
    )


class Review(StrEnum):
    """What operators have said."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    MERGED = "merged"


class VerdictKind(StrEnum):
    """What an operator may say."""

    CONFIRM = "confirm"
    REJECT = "reject"
    MERGE = "merge"
    RECLASS = "reclass"


class RejectReason(StrEnum):
    """Why a finding is not one."""

    NOT_THERE = "not_there"
    WRONG_CLASS = "wrong_class"
    PERMITTED = "permitted"
    DUPLICATE = "duplicate"
    UNCLEAR = "unclear"
    OTHER = "other"


class VerdictRequest(Shape):
    """Body of ``POST /api/v1/incidents/{id}/verdicts``: reject needs reason, merge into, reclass matter."""

    kind: VerdictKind
    reason: RejectReason | None = None
    note: str = Field("", max_length=1000)
    into: str | None = Field(None, description="incident id, for merge")
    matter: str | None = Field(None, description="matter key, for reclass (which also confirms)")


class VerdictView(Shape):
    """A verdict as it stands. An undone verdict stays in the record with ``undone_at``."""

    id: int
    kind: VerdictKind
    reason: RejectReason | None
    note: str
    into: str | None
    matter: str | None
    by: str
    at: datetime
    undone_at: datetime | None = None


class EvidenceView(Shape):
    """One kept picture. ``url`` is the plain JPEG, ``annotated_url`` the same with boxes drawn."""

    id: int
    feed_id: str
    captured_at: datetime
    box: tuple[float, float, float, float] | None
    score: float
    url: str
    annotated_url: str
    sha256: str


class IncidentView(Shape):
    """An incident as the console shows it."""

    id: str
    feed_id: str
    feed_name: str
    matter: str
    label: str
    score: float
    review: Review
    present: bool = Field(description="False once the patrol has seen it gone")
    first_seen: datetime
    last_seen: datetime
    received_at: datetime
    ended_at: datetime | None
    sightings: int
    place: PlaceShape | None
    cell: CellShape | None
    model_id: str
    synthetic: bool
    evidence: list[EvidenceView]
    verdicts: list[VerdictView]
    merged_into: str | None
    case_id: str | None


class CaseState(StrEnum):
    """How far a case has come."""

    FILED = "filed"
    CLOSED = "closed"
    VOID = "void"


class CodesView(Shape):
    """The matter's code in the three code sets."""

    gbt30428_2013: str | None
    interim: str | None
    gbt47678_2026: str | None


class RecheckView(Shape):
    """One re-check of a case."""

    id: int
    why: RecheckWhy
    state: RecheckState = Field(
        description="`clean`: the camera verified it; `there`: the thing is still seen, the case is its handler's "
        "again; `person`: no camera could verify, somebody has to look"
    )
    asked_at: datetime
    asked_by: str
    due_at: datetime = Field(description="when its next look is due, or was")
    looks: int = Field(description="made so far")
    looked_at: datetime | None = Field(description="when the last look was")
    reason: Said | None = Field(description="why the last look did not decide, or why a person has to look")
    detail: str = Field(description="what the patrol says about that")


class CaseView(Shape):
    """A case as a city's other systems read it."""

    id: str = Field(description="GP-YYYYMMDD-NNNNNN")
    incident_id: str
    matter: str
    matter_name: dict[str, str]
    codes: CodesView
    state: CaseState
    origin: Literal["auto", "verdict"]
    filed_at: datetime
    filed_by: str
    updated_at: datetime
    feed_id: str
    feed_name: str
    place: PlaceShape | None
    cell: CellShape | None
    present: bool
    score: float
    synthetic: bool
    evidence: list[EvidenceView]
    rechecks: list[RecheckView] = Field([], description="the first asked for first")


class CaseEvent(Shape):
    """One line of a case's flow log."""

    id: int
    at: datetime
    kind: Literal[
        "filed",
        "seen",
        "gone",
        "reclassed",
        "merged",
        "void",
        "refiled",
        "unwatched",
        "recheck",
        "verified",
        "returned",
        "unverified",
    ]
    by: str
    note: str


class Statistics(Shape):
    """``GET /api/v1/statistics?since=``: counts over a time span."""

    since: datetime
    incidents: int
    pending: int
    confirmed: int
    rejected: int
    merged: int
    cases: int
    precision: float | None = Field(description="confirmed ÷ (confirmed + rejected); none before the first verdict")
    by_matter: dict[str, int]
    by_feed: dict[str, int]
    by_cell: dict[str, int]


class MatterView(Shape):
    """A matter of the catalogue."""

    key: str
    names: dict[str, str]
    codes: CodesView
    labels: list[str]


class Login(Shape):
    """Body of ``POST /api/v1/session``."""

    username: str
    password: str


class PasswordChange(Shape):
    """Body of ``POST /api/v1/session/password``."""

    current: str
    new: str = Field(min_length=10, max_length=200)


class Session(Shape):
    """Who is asking."""

    username: str
    role: Literal["viewer", "operator", "admin"]
    one_time_password: bool = Field(
        description="the first password, the printed one, is still in use: choose another"
    )
    city: str
    notice: str
    map_tiles: str | None
    timezone: str = Field("Asia/Shanghai", description="the city's: times are shown in it")


class Page(Shape, Generic[Item]):
    """One page of a list; ``next_cursor`` is null on the last."""

    items: list[Item]
    next_cursor: str | None


class Health(Shape):
    """``GET /healthz`` and ``/readyz``; a problem when something is not."""

    status: Literal["ok"]


class Problem(BaseModel):
    """RFC 9457 problem details, sent as ``application/problem+json`` with every error."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[dict[str, str]] | None = None
