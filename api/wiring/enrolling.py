"""Writing down what the patrol means to do, beside the log of what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import structlog

from api.board import Board
from api.promise import DEFAULT_INTERVALS, Promised
from configs.plans import DEFAULT_PLAN
from configs.settings import PatrolSettings, Settings
from gridmap.grid import Grid
from gridmap.view import View
from streams.feed import Feed
from streams.plan import Plan, Timetable
from streams.roster import Enrolled, Roster, keep_roster

_events = structlog.get_logger()


def roster_of(
    feeds: Iterable[Feed],
    views: Mapping[str, View],
    grid: Grid | None,
    *,
    timetable: Timetable,
    settings: Settings,
    now: datetime,
) -> Roster:
    """Return what the patrol means to do from now on."""
    return Roster(
        now,
        enrolled(feeds, views, grid, timetable),
        settings.patrol.backoff_limit_s,
        {plan.id: plan.hours for plan in timetable.plans},
        {owner.name: owner.hours for owner in timetable.owners},
    )


def enrolled(
    feeds: Iterable[Feed], views: Mapping[str, View], grid: Grid | None, timetable: Timetable
) -> tuple[Enrolled, ...]:
    """Return the feeds as they stand on the roster, with their plans and cells."""
    listed = sorted(feeds, key=lambda feed: feed.id)
    cells = _cells([feed.id for feed in listed], views, grid)
    return tuple(
        Enrolled(
            feed.id,
            intervals(feed, timetable),
            feed.name,
            cells.get(feed.id),
            feed.owner,
        )
        for feed in listed
    )


def intervals(feed: Feed, timetable: Timetable) -> Mapping[str, float]:
    """Return in which intervals (seconds) a feed is visited, by plan."""
    return timetable.every_s(feed) or {DEFAULT_PLAN: feed.interval_s}


def _cells(ids: Iterable[str], views: Mapping[str, View], grid: Grid | None) -> Mapping[str, str]:
    places = {feed_id: place for feed_id in ids if (place := views[feed_id].place) is not None}
    if grid is None or not places:
        return {}
    found = grid.locate([(place.lon, place.lat) for place in places.values()])
    return {feed_id: match.cell_id for feed_id, match in zip(places, found, strict=True) if match is not None}


def promised(
    feeds: Iterable[Feed], patrol: PatrolSettings, timetable: Timetable, now: Callable[[], datetime]
) -> list[Promised]:
    """Return what is promised of each plan's feeds, and of those without a plan."""
    listed = {feed.id: feed for feed in feeds}
    of_plans = [
        Promised(plan.id, _within_s(plan, listed, patrol), plan.hours.open_since(now())) for plan in timetable.plans
    ]
    planned = {feed_id for plan in timetable.plans for feed_id in plan.feeds}
    rest = {
        feed.id: patrol.promise_s or DEFAULT_INTERVALS * feed.interval_s
        for feed in listed.values()
        if feed.id not in planned
    }
    always = Promised(DEFAULT_PLAN, rest, datetime.fromtimestamp(0, UTC))
    return [*of_plans, always] if rest or not of_plans else of_plans


def _within_s(plan: Plan, feeds: Mapping[str, Feed], patrol: PatrolSettings) -> dict[str, float]:
    within_s = plan.promise_s or patrol.promise_s or DEFAULT_INTERVALS * plan.interval_s
    return {feed_id: within_s for feed_id in sorted(plan.feeds) if feed_id in feeds}


def enrol(log: Path, roster: Roster, board: Board) -> None:
    """Write the roster; a disk that cannot take it is told on the board, and the patrol goes on."""
    try:
        keep_roster(log, roster)
    except OSError as error:
        board.tell("roster", f"what the patrol means to visit could not be written down: {error}")
        _events.error("roster_not_written", reason=str(error))
        return
    board.tell("roster", None)
