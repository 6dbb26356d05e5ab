"""The wire shapes of ``/api/v1/mutes``: muted places, for people and for the patrol."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.http.moment import Moment
from api.http.schemas import EvidenceView, RejectReason, Shape, Unit
from api.mute import Deed, MuteState

BoxShape = tuple[Unit, Unit, Unit, Unit]


class LookView(Shape):
    """How a muted place looked when its finding was rejected; see ``gridmap.imprint``."""

    box: tuple[float, float, float, float]
    look: str


class MutedPlaceView(Shape):
    """A muted place as the patrol obeys it."""

    id: int
    feed_id: str
    matter: str
    expires_at: datetime
    looks: list[LookView]


class GroundView(Shape):
    """One reject that a mute rests on. ``picture`` is none when it is no longer kept."""

    incident_id: str
    reason: RejectReason
    by: str
    at: datetime
    box: tuple[float, float, float, float]
    picture: EvidenceView | None


class StepView(Shape):
    """One line of a mute's history."""

    at: datetime
    deed: Deed
    by: str
    note: str


class MuteView(Shape):
    """A muted place with its reasons."""

    id: int
    feed_id: str
    feed_name: str
    matter: str
    state: MuteState
    box: tuple[float, float, float, float] = Field(description="of the last reject, in the feed's view")
    since: datetime
    expires_at: datetime
    held_back: int = Field(description="findings not raised because of it, as far as the patrol has told")
    unlike: float | None = Field(
        description="how unlike its looks the place was when something was last found there: 0 the same, about 1 "
        "nothing in common"
    )
    unlike_at: datetime | None
    ends_over: float = Field(description="a place more unlike than this ends the mute")
    grounds: list[GroundView] = Field(description="the rejects it rests on, oldest first")
    history: list[StepView]
    feed_picture_url: str | None = Field(description="the feed's last picture, in which `box` lies too")


class MuteNote(Shape):
    """Body of ``POST /api/v1/mutes/{id}/lift`` and of its undoing."""

    note: str = Field("", max_length=1000)


class MuteExtension(Shape):
    """Body of ``POST /api/v1/mutes/{id}/extend``: so many days from now."""

    days: float = Field(gt=0, le=366)
    note: str = Field("", max_length=1000)


class MuteSeen(Shape):
    """What the patrol saw at one muted place."""

    id: int = Field(ge=0, lt=2**31)
    held_back: int = Field(ge=0, lt=2**31)
    unlike: float | None = Field(None, ge=0)
    at: Moment
    changed: bool = Field(default=False, description="the place looks different: the mute has ended")


class MutesSeen(Shape):
    """Body of ``POST /api/v1/mutes/seen``."""

    mutes: list[MuteSeen]
