"""The whole path: an RTSP camera, a snapshot camera and a vehicle in; a case, reviewed in a real browser, out."""

from __future__ import annotations

import shutil

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.browser import chromium
from tests.e2e.patrol_city import (
    StillCamera,
    camera,
    eventually,
    incidents,
    running,
    still,
    stills_folder,
    vehicle_run,
    write_config,
)
from tests.servers.postgres import postgres
from tests.servers.rtsp import RtspServer

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request):
    """No setting at all for SQLite; a fresh database on a real server for PostgreSQL."""
    return {} if request.param == "sqlite" else {"database": postgres().database()}


def test_a_feed_in_a_reviewed_case_out(tmp_path, database):
    """What all three kinds of feed see reaches a cell; what a person accepts with a key is a case for everybody."""
    fixed = tmp_path / "stills"
    fixed.mkdir()
    shutil.copy(stills_folder() / "street_00481.jpg", fixed / "1.jpg")
    clip, track = vehicle_run(tmp_path, still("00222"))
    with RtspServer({"corner": fixed}) as rtsp, StillCamera(still("00730")) as snapshot:
        feeds = [
            camera("rtsp-01", rtsp.url("corner")),
            camera("snap-01", snapshot.url("/live.jpg")),
            {
                "id": "car-01",
                "kind": "vehicle",
                "url": str(clip),
                "replay": True,
                "track": {"file": str(track), "datum": "wgs84"},
            },
        ]
        with running(write_config(tmp_path / "city", feeds, **database)) as city, city.operator() as client:
            found = eventually(lambda: _of_all_feeds(client), what="incidents of all three feeds")
            assert all(incident["cell"]["id"].startswith("500103") for incident in found.values())
            assert found["rtsp-01"]["matter"] == "exposed_garbage"
            assert found["snap-01"]["matter"] == "overflowing_bin"
            assert found["car-01"]["place"]["method"] == "fix"

            accepted = _accept_in_browser(city.address, city.password)

            case = eventually(lambda: _only_case(client), what="the case")
            assert case["incident_id"] == accepted
            assert case["state"] == "filed"
            assert case["codes"]["gbt47678_2026"] in {"06010", "06042", "07001"}
            assert client.get(f"/cases/{case['id']}/events").json()[0]["kind"] == "filed"
            picture = client.get(case["evidence"][0]["url"].removeprefix("/api/v1"))
            assert picture.content.startswith(b"\xff\xd8")
            assert city.stop() == 0


def _of_all_feeds(client: httpx.Client) -> dict[str, dict] | None:
    by_feed = {incident["feed_id"]: incident for incident in incidents(client)}
    return by_feed if len(by_feed) == 3 else None


def _only_case(client: httpx.Client) -> dict | None:
    items = client.get("/cases").json()["items"]
    assert len(items) <= 1
    return items[0] if items else None


def _accept_in_browser(address: str, password: str) -> str:
    """Log in, accept the picture that is shown with the key, and return the incident that was accepted."""
    with chromium() as browser:
        page = browser.new_page()
        page.goto(address)
        page.locator("input[name=username]").fill("operator")
        page.locator("input[name=password]").fill(password)
        page.keyboard.press("Enter")
        # The console takes no verdict before its picture is on screen.
        expect(page.locator(".stage-picture img").first).to_be_visible(timeout=20_000)
        expect(page.get_by_test_id("box").first).to_be_visible()
        with page.expect_response(lambda answer: answer.url.endswith("/verdicts")) as verdict:
            page.keyboard.press("a")
        assert verdict.value.ok
        return str(verdict.value.url.rsplit("/", 2)[-2])
