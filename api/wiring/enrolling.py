"""Writing down what the patrol means to do, beside the log of what it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import structlog

from api.board import Board
from api.promise import DEFAULT_INTERVALS, Promised
from configs.settings import PatrolSettings
from gridmap.grid import Grid
from gridmap.view import View
from streams.feed import Feed
from streams.roster import DEFAULT_PLAN, Enrolled, Roster, keep_roster

_events = structlog.get_logger()


def enrolled(feeds: Iterable[Feed], views: Mapping[str, View], grid: Grid | None) -> tuple[Enrolled, ...]:
    """Return the feeds as they stand on the roster, with their cells."""
    listed = sorted(feeds, key=lambda feed: feed.id)
    cells = _cells([feed.id for feed in listed], views, grid)
    return tuple(Enrolled(feed.id, {DEFAULT_PLAN: feed.interval_s}, feed.name, cells.get(feed.id)) for feed in listed)


def _cells(ids: Iterable[str], views: Mapping[str, View], grid: Grid | None) -> Mapping[str, str]:
    places = {feed_id: place for feed_id in ids if (place := views[feed_id].place) is not None}
    if grid is None or not places:
        return {}
    found = grid.locate([(place.lon, place.lat) for place in places.values()])
    return {feed_id: match.cell_id for feed_id, match in zip(places, found, strict=True) if match is not None}


def promised(feeds: Iterable[Feed], patrol: PatrolSettings) -> list[Promised]:
    """Return what is promised of feeds without plans."""
    within_s = {feed.id: patrol.promise_s or DEFAULT_INTERVALS * feed.interval_s for feed in feeds}
    return [Promised(DEFAULT_PLAN, within_s, datetime.fromtimestamp(0, UTC))]


def enrol(log: Path, feeds: tuple[Enrolled, ...], patrol: PatrolSettings, board: Board, *, now: datetime) -> None:
    """Write the roster; a disk that cannot take it is told on the board, and the patrol goes on."""
    try:
        keep_roster(log, Roster(now, feeds, patrol.backoff_limit_s))
    except OSError as error:
        board.tell("roster", f"what the patrol means to visit could not be written down: {error}")
        _events.error("roster_not_written", reason=str(error))
        return
    board.tell("roster", None)
