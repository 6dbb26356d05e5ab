"""From what is written down about plans to who is visited when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import shapely

from configs.feeds import FeedSettings, FootprintSettings
from configs.loading import Configuration
from configs.plans import OwnerSettings, PlanSettings
from gridmap.coordinates import to_wgs84
from gridmap.grid import Grid
from gridmap.view import View
from streams.openhours import OnHolidays, OpenHours
from streams.plan import Owner, Plan, Target, Timetable


def timetable_of(
    configuration: Configuration, feeds: Iterable[FeedSettings], views: Mapping[str, View], grid: Grid | None
) -> Timetable:
    """Return the timetable of all files of plans, over the feeds that are visited."""
    listed = tuple(feeds)
    chosen = _Choosing(listed, views, grid)
    zone = configuration.settings.city.timezone
    plans, owners = [], []
    for file in configuration.plans:
        holidays = frozenset(file.holidays)
        plans += [_plan(written, chosen.by(written), _hours(written, zone, holidays)) for written in file.plans]
        owners += [Owner(one.name, _hours(one, zone, holidays), one.priority) for one in file.owners]
    return Timetable(plans, owners)


def timetable_in(configuration: Configuration, grid: Grid | None) -> Timetable:
    """Return the timetable of a configuration that is only read, not patrolled.

    Raises
    ------
    gridmap.errors.GridmapError
        When a feed's zones or calibration cannot be used.
    """
    enabled = [feed for feed in configuration.feeds if feed.enabled]
    zone = configuration.settings.city.timezone
    views = {feed.id: View.of(feed, configuration.catalogue, zone) for feed in enabled}
    return timetable_of(configuration, enabled, views, grid)


def _plan(written: PlanSettings, feeds: frozenset[str], hours: OpenHours) -> Plan:
    return Plan(
        written.id,
        feeds,
        written.interval_s,
        name=written.name or written.id,
        target=Target(written.target),
        hours=hours,
        matters=frozenset(written.matters),
        weight=written.weight,
        promise_s=written.promise_s,
    )


def _hours(written: PlanSettings | OwnerSettings, zone: str, holidays: frozenset[date]) -> OpenHours:
    return OpenHours(written.windows, zone, holidays, OnHolidays(written.on_holidays))


class _Choosing:
    """Finds the feeds that a plan means."""

    def __init__(self, feeds: tuple[FeedSettings, ...], views: Mapping[str, View], grid: Grid | None) -> None:
        self._tags = {feed.id: frozenset(feed.tags) for feed in feeds}
        placed = [(feed.id, place) for feed in feeds if (place := views[feed.id].place) is not None]
        self._points = {feed_id: (place.lon, place.lat) for feed_id, place in placed}
        found = grid.locate(list(self._points.values())) if grid is not None and self._points else []
        self._cells = {
            feed_id: match.cell_id for feed_id, match in zip(self._points, found, strict=False) if match is not None
        }
        self._streets = {
            feed_id: cell.street
            for feed_id, cell_id in self._cells.items()
            if grid is not None and (cell := grid.cell(cell_id)) is not None
        }

    def by(self, plan: PlanSettings) -> frozenset[str]:
        tags, streets, cells, named = set(plan.tags), set(plan.streets), set(plan.cells), set(plan.feeds)
        inside = self._inside(plan.area)
        return frozenset(
            feed_id
            for feed_id in self._tags
            if feed_id in named
            or self._tags[feed_id] & tags
            or self._streets.get(feed_id) in streets
            or self._cells.get(feed_id) in cells
            or feed_id in inside
        )

    def _inside(self, area: FootprintSettings | None) -> frozenset[str]:
        if area is None or not self._points:
            return frozenset()
        polygon = shapely.Polygon(to_wgs84(area.polygon, area.datum))
        points = shapely.points(list(self._points.values()))
        return frozenset(
            feed_id for feed_id, covered in zip(self._points, shapely.covers(polygon, points), strict=True) if covered
        )
