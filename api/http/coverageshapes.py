"""Shapes of the coverage report."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.http.schemas import Shape


class TallyView(Shape):
    """What became of planned visits: planned = seen + blind + backing_off + missed."""

    planned: int
    done: int = Field(description="planned visits that were made: seen or blind")
    seen: int = Field(description="made, and the street was seen")
    blind: dict[str, int] = Field(description="made, and nothing was seen, by outcome")
    backing_off: int = Field(description="not made, because the camera had failed shortly before")
    missed: int = Field(description="not made: no patrol ran, or it did not keep up")
    late: int = Field(description="of those made, begun more than a tenth of the interval after they were due")
    extra: int = Field(description="visits beyond the planned: follow-ups, retries, first looks after a start")
    seen_share: float | None = Field(description="seen ÷ planned; none when nothing was planned")


class CoverageRow(TallyView):
    """One combination of what was asked by."""

    plan: str | None = None
    feed: str | None = None
    name: str | None = Field(None, description="the feed's")
    cell: str | None = Field(None, description="empty for feeds outside every cell")
    hour: str | None = Field(None, description="its begin, with the city's offset")
    day: str | None = None


class CoverageView(Shape):
    """``GET /api/v1/coverage``."""

    since: datetime
    until: datetime
    recorded_since: datetime | None = Field(description="what was planned before is not recorded; none for nothing")
    plans: list[str] = Field(description="every plan in this time")
    plan: str | None = Field(description="the only plan that counts here")
    by: list[str]
    total: TallyView = Field(description="each feed once")
    rows: list[CoverageRow] = Field(description="least seen first, or by time")
    left_out: int = Field(description="rows beyond the limit")
