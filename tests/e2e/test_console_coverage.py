"""The page on coverage in a real browser: what is not seen now, the day by hour, and the cameras least seen."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from api.coverages import Coverages
from detector.coveragereport import coverage_of
from streams.visit import Outcome
from tests.e2e.browser import chromium
from tests.e2e.console_browser import needed
from tests.e2e.console_city import open_city
from tests.e2e.console_page import Console
from tests.servers.visit_log import write_day

FEEDS = {"cam-01": Outcome.OK, "cam-02": Outcome.OK, "cam-03": Outcome.DARK, "cam-04": None}
PLANS = {"centre": ("cam-01", "cam-02", "cam-03"), "default": tuple(FEEDS)}
UNSEEN = {"feed_id": "cam-04", "name": "解放碑路口 4", "unseen_s": 9000, "outcome": "unreachable"}
PROMISES = [
    {"plan": "centre", "within_s": 1320, "open": True, "feeds": 3, "broken": 0},
    {"plan": "default", "within_s": 1320, "open": True, "feeds": 4, "broken": 1, "longest": [UNSEEN]},
]


@pytest.fixture
def city(tmp_path):
    if missing := needed():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"the console's tests need: {missing}")
    write_day(tmp_path / "log", FEEDS, now=datetime.now(UTC), plans=PLANS)
    ask = partial(coverage_of, tmp_path / "log")
    city = open_city(tmp_path, coverages=Coverages(ask, ZoneInfo("Asia/Shanghai"), now=lambda: datetime.now(UTC)))
    city.tell_health(promises=PROMISES)
    yield city
    city.close()


def test_breaches_come_first_then_the_day_by_hour_then_the_worst_cameras(city):
    with chromium() as browser:
        console = Console(browser.new_page(viewport={"width": 1366, "height": 768}, locale="en-US"), city)
        page = console.open()
        page.get_by_role("link", name="Coverage").click()

        broken = page.locator(".promises").get_by_role("alert")
        expect(broken).to_contain_text("All feeds: 1 of 4 not seen within 22 min")
        expect(broken).to_contain_text("not seen for 2.5 h")
        expect(page.get_by_text("centre: all 3 seen within 22 min")).to_be_visible()

        centre = page.locator(".plan-card").filter(has=page.get_by_role("heading", name="centre"))
        expect(centre.get_by_role("heading")).to_contain_text(re.compile(r"6\d(\.\d)?%"))
        expect(centre.get_by_role("listitem").nth(5)).to_have_attribute("aria-label", re.compile(r"seen 12, blind 6"))
        expect(page.locator(".plan-card")).to_have_count(2)
        worst = page.locator(".worst tbody tr")
        expect(worst).to_have_count(2)
        expect(worst.first).to_contain_text("dark 14")

        page.get_by_role("button", name="中文").click()
        expect(page.get_by_role("heading", name="巡查覆盖")).to_be_visible()
        expect(broken).to_contain_text("4 路中有 1 路超过 22 分钟未看到")
        worst.first.get_by_role("link").click()
        expect(page.locator(".feed-card")).to_have_count(1)
        console.assert_clean()
