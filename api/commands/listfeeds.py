"""``gridpatrol feeds list``."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from api.commands.console import DEMO, ConfigOption, fail
from api.commands.opening import open_configuration
from api.wiring.feeds import feed_of
from api.wiring.grid import open_grid
from api.wiring.plans import timetable_in
from configs.feeds import FeedSettings
from configs.loading import Configuration
from gridmap.errors import GridmapError
from streams.plan import Pace, Timetable
from streams.url import masked

_WRITTEN = ("id", "name", "url", "enabled", "interval_s", "lon", "lat", "datum", "owner")
_PLANNED = ("plans", "interval_now_s", "resting")
_OFF = Pace(None, why="switched off")


def list_feeds(
    config: ConfigOption = DEMO,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """List the configured feeds without credentials, each with its plans and how often it is visited now."""
    configuration = open_configuration(config).configuration
    timetable = _timetable(configuration)
    listed = [_written(feed) | _planned(feed, configuration, timetable) for feed in configuration.feeds]
    if as_json:
        json.dump(listed, sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
        return
    lines = [[*_WRITTEN, *_PLANNED], *([*map(_cell, feed.values())] for feed in listed)]
    sys.stdout.writelines("\t".join(line) + "\n" for line in lines)


def _timetable(configuration: Configuration) -> Timetable:
    """Return the timetable as it stands now; end the command when it cannot be told who is in which plan."""
    try:
        # Without plans neither grid nor places say anything of how often a feed is visited.
        timetable = timetable_in(configuration, open_grid(configuration)) if configuration.plans else Timetable()
    except GridmapError as error:
        fail(str(error))
    timetable.set(datetime.now(UTC))
    return timetable


def _written(feed: FeedSettings) -> dict[str, object]:
    place = feed.place
    where = (place.lon, place.lat, place.datum) if place else (None, None, None)
    values = (feed.id, feed.name, masked(feed.url), feed.enabled, feed.interval_s, *where, feed.owner)
    return dict(zip(_WRITTEN, values, strict=True))


def _planned(written: FeedSettings, configuration: Configuration, timetable: Timetable) -> dict[str, object]:
    """Return a feed's plans, open or not, the interval that holds now, and why none does."""
    feed = feed_of(written, configuration)
    pace = timetable.pace(feed) if written.enabled else _OFF
    return dict(zip(_PLANNED, (sorted(timetable.every_s(feed)), pace.interval_s, pace.why), strict=True))


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return "" if value is None else str(value)
