"""The wire shapes of re-checks: what people and their systems ask for, and what the patrol is asked and tells."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from api.http.moment import Moment
from api.http.schemas import Shape
from api.recheck import RecheckWhy
from gridmap.recheck import Said


class RecheckRequest(Shape):
    """Body of ``POST /api/v1/cases/{id}/rechecks``: ``deadline`` needs the time, the others are for now."""

    why: RecheckWhy = RecheckWhy.OPERATOR
    at: Moment | None = Field(None, description="when the deadline passes")
    note: str = Field("", max_length=1000)

    @model_validator(mode="after")
    def _timed(self) -> Self:
        if (self.at is not None) != (self.why is RecheckWhy.DEADLINE):
            raise ValueError("a re-check for a deadline needs `at`, the time it passes; any other is made now")
        return self


class WantedView(Shape):
    """A look that the patrol is to make now; ``id`` and ``look`` together name it."""

    id: int
    look: int
    feed_id: str
    incident_id: str
    matter: str = Field(description="as the patrol named it")
    seen_at: datetime = Field(description="when the thing was last seen")
    box: tuple[float, float, float, float] | None = Field(description="where the thing was last seen")
    why: str


class LookedShape(Shape):
    """What came of one look."""

    id: int = Field(ge=0, lt=2**31)
    look: int = Field(ge=0, lt=2**31)
    said: Said
    at: Moment
    detail: str = Field("", max_length=1000)


class LookedAt(Shape):
    """Body of ``POST /api/v1/rechecks/looked``."""

    looks: list[LookedShape]
