"""``gridpatrol feeds list`` shows which plans a feed is in, and how often it is visited now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.importing.city import city, gridpatrol

FEEDS = """feeds:
  - {id: busy, url: 'rtsp://user:hush@10.0.0.1/1', tags: [market, night]}
  - {id: resting, url: 'rtsp://10.0.0.1/2', tags: [night]}
  - {id: barred, url: 'rtsp://10.0.0.1/3', owner: police, tags: [market]}
  - {id: off, url: 'rtsp://10.0.0.1/4', enabled: false}
  - {id: alone, url: 'rtsp://10.0.0.1/5'}
"""
PLANS = """holidays: [DAYS]
owners: [{name: police, on_holidays: closed}]
plans:
  - {id: markets, interval_s: 60, tags: [market]}
  - {id: nights, interval_s: 20, tags: [night], on_holidays: closed}
"""


@pytest.fixture
def folder(tmp_path):
    """A city in which these days are holidays, so that some plans and owners are closed at any hour."""
    days = (datetime.now(UTC).date() + timedelta(days=ahead) for ahead in (-1, 0, 1))
    folder = city(tmp_path, FEEDS)
    (folder / "gridpatrol.yaml").write_text("version: 1\nplans: [plans.yaml]\npatrol: {interval_s: 240}\n")
    (folder / "plans.yaml").write_text(PLANS.replace("DAYS", ", ".join(map(str, days))))
    return folder


def test_each_feed_has_its_plans_its_interval_now_and_why_it_rests(folder):
    ended = gridpatrol("feeds", "list", "--config", folder, "--json")

    assert {feed["id"]: (feed["plans"], feed["interval_now_s"], feed["resting"]) for feed in ended.document} == {
        "busy": (["markets", "nights"], 60, ""),
        "resting": (["nights"], None, "no plan is open now"),
        "barred": (["markets"], None, "not allowed now"),
        "off": ([], None, "switched off"),
        "alone": ([], 240, ""),
    }
    assert "hush" not in ended.out


def test_as_a_table_plans_are_in_one_column(folder):
    head, busy, *_ = gridpatrol("feeds", "list", "--config", folder).out.splitlines()

    assert head.split("\t")[-3:] == ["plans", "interval_now_s", "resting"]
    assert busy.split("\t")[-3:] == ["markets,nights", "60.0", ""]


def test_a_grid_that_cannot_be_read_is_said_in_one_sentence(folder):
    settings = folder / "gridpatrol.yaml"
    settings.write_text(settings.read_text() + "grid: {file: grid.geojson, datum: wgs84}\n")
    (folder / "grid.geojson").write_text("{}")

    ended = gridpatrol("feeds", "list", "--config", folder)

    assert (ended.code, ended.out) == (1, "")
    assert "grid.geojson" in ended.err
    assert len(ended.err.splitlines()) == 1
