"""Plans as they are written become who is visited when, what the roster says, and what is promised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import configs
from api.wiring.enrolling import promised, roster_of
from api.wiring.feeds import feed_of
from api.wiring.grid import open_grid
from api.wiring.plans import timetable_of
from configs.loading import load_configuration
from gridmap.view import View

GRID = Path(configs.__file__).parent / "grids" / "yuzhong-demo.geojson"
NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
SETTINGS = f"plans: [plans.yaml]\ngrid: {{file: '{GRID}', datum: wgs84}}\n"
PLACE = "{lon: 106.5764, lat: 29.5590, datum: wgs84}"
FEEDS = f"""feeds:
  - {{id: tagged, url: rtsp://192.0.2.1/1, tags: [market], owner: police}}
  - {{id: placed, url: rtsp://192.0.2.1/2, place: {PLACE}}}
  - {{id: alone, url: rtsp://192.0.2.1/3, interval_s: 120}}
"""
PLANS = """holidays: [2026-10-01]
owners: [{name: police, windows: ["09:00-17:00"]}]
plans:
  - {id: markets, interval_s: 60, tags: [market], windows: ["06:00-13:00"], matters: [exposed_garbage]}
  - id: drawn
    interval_s: 240
    promise_s: 500
    area: {datum: wgs84, polygon: [[106.57, 29.55], [106.58, 29.55], [106.58, 29.57], [106.57, 29.57]]}
  - {id: celled, interval_s: 300, cells: [CELL]}
"""


@pytest.fixture
def city(tmp_path):
    (tmp_path / "gridpatrol.yaml").write_text(SETTINGS)
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    (tmp_path / "plans.yaml").write_text("")
    (tmp_path / "gridpatrol.yaml").write_text(SETTINGS.replace("plans: [plans.yaml]\n", ""))
    bare = load_configuration(tmp_path, environ={})
    (match,) = open_grid(bare).locate([(106.5764, 29.5590)])
    (tmp_path / "gridpatrol.yaml").write_text(SETTINGS)
    (tmp_path / "plans.yaml").write_text(PLANS.replace("CELL", f"'{match.cell_id}'"))
    return load_configuration(tmp_path, environ={})


@pytest.fixture
def parts(city):
    grid = open_grid(city)
    views = {written.id: View.of(written, city.catalogue, "Asia/Shanghai") for written in city.feeds}
    feeds = {written.id: feed_of(written, city) for written in city.feeds}
    return feeds, views, grid, timetable_of(city, city.feeds, views, grid)


def test_feeds_are_chosen_by_tag_by_area_and_by_cell(parts):
    _, _, _, timetable = parts
    assert {plan.id: set(plan.feeds) for plan in timetable.plans} == {
        "markets": {"tagged"},
        "drawn": {"placed"},
        "celled": {"placed"},
    }
    assert timetable.matters(("markets",)) == {"exposed_garbage"}


def test_the_roster_has_plans_owners_and_their_hours(city, parts):
    feeds, views, grid, timetable = parts
    roster = roster_of(feeds.values(), views, grid, timetable=timetable, settings=city.settings, now=NOON)
    assert {feed.id: dict(feed.every_s) for feed in roster.feeds} == {
        "tagged": {"markets": 60.0},
        "placed": {"drawn": 240.0, "celled": 300.0},
        "alone": {"default": 120.0},
    }
    day = NOON.timestamp() - 12 * 3600
    (span,) = roster.open_spans("markets", "police", day, day + 86_400)
    assert (span[1] - span[0]) / 3600 == 4, "the plan until 13:00, the owner from 09:00"


def test_each_plan_promises_its_own_and_a_closed_one_nothing(city, parts):
    feeds, _, _, timetable = parts
    told = promised(feeds.values(), city.settings.patrol, timetable, lambda: NOON)
    assert {one.plan: dict(one.within_s) for one in told} == {
        "markets": {"tagged": 132.0},
        "drawn": {"placed": 500.0},
        "celled": {"placed": 660.0},
        "default": {"alone": 264.0},
    }
    since = {one.plan: one.open_since for one in told}
    assert since["markets"] == NOON - timedelta(hours=6)
    evening = promised(feeds.values(), city.settings.patrol, timetable, lambda: NOON + timedelta(hours=8))
    assert {one.plan: one.open_since is None for one in evening}["markets"]
