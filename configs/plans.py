"""What is written down about plans: which feeds are visited how often, when, what for; and whose cameras they are."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from configs.feeds import FootprintSettings
from configs.values import Strict, TimeWindow

OnHolidays = Literal["as_usual", "closed", "all_day"]
DEFAULT_PLAN = "default"
"""Under this name feeds in no plan are counted."""
CHOICES = ("feeds", "tags", "streets", "cells", "area")
"""The keys by which a plan chooses its feeds."""


class PlanSettings(Strict):
    """A named patrol. A feed is in it when one of ``feeds``, ``tags``, ``streets``, ``cells``, ``area`` says so."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    name: str = ""
    target: Literal["area", "part", "road", "node"] = Field(
        "area", description="重点区域 area, 重点部位 part, 主要道路 road, 节点 node"
    )
    interval_s: float = Field(gt=0, description="seconds between visits of each of its feeds while it is open")
    promise_s: float | None = Field(
        None, gt=0, description="each of its feeds is seen within this, or it is an alarm"
    )
    weight: float = Field(1.0, gt=0, le=1000, description="who keeps the interval when there is too much to do")
    windows: tuple[TimeWindow, ...] = Field((), description="when it is open; empty means always")
    on_holidays: OnHolidays = "as_usual"
    matters: tuple[str, ...] = Field((), description="matter keys that count on its visits; empty means all")
    feeds: tuple[str, ...] = Field((), description="ids of feeds")
    tags: tuple[str, ...] = Field((), description="feeds with any of these tags")
    streets: tuple[str, ...] = Field((), description="feeds that stand in cells of these streets")
    cells: tuple[str, ...] = Field((), description="feeds that stand in these cells")
    area: FootprintSettings | None = Field(None, description="feeds that stand inside this polygon")

    @model_validator(mode="after")
    def _chooses(self) -> PlanSettings:
        if self.id == DEFAULT_PLAN:
            raise ValueError(
                f"no plan may be called {DEFAULT_PLAN}: feeds in no plan count under it; choose another id"
            )
        if not any(getattr(self, key) for key in CHOICES):
            raise ValueError(f"the plan {self.id} names no feeds; add feeds, tags, streets, cells or an area")
        return self


class OwnerSettings(Strict):
    """Whose cameras they are, when we may look, and who gives way."""

    name: str = Field(min_length=1, description="as feeds write it under owner")
    windows: tuple[TimeWindow, ...] = Field((), description="when we may look; empty means always")
    on_holidays: OnHolidays = "as_usual"
    priority: float = Field(1.0, gt=0, le=1000, description="multiplies the weight of its feeds")


class PlanList(Strict):
    """One file of plans."""

    holidays: tuple[date, ...] = Field((), description="days on which on_holidays goes before the windows")
    owners: tuple[OwnerSettings, ...] = ()
    plans: tuple[PlanSettings, ...] = ()
