"""A patrol and the real case API: a camera that was moved for good, and what was open under its old view."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from typer.testing import CliRunner

from api.cli import app
from api.viewpost import ViewPost
from streams.visit import Outcome
from tests.servers.case_api import build
from tests.servers.one_camera import FEED, Patrol

HERE, ELSEWHERE = 1, 2


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path)
    yield api
    api.close()


@pytest.fixture
def patrol(tmp_path, api):
    patrol = Patrol(tmp_path, api, feed=replace(FEED, guarded=True))
    yield patrol
    patrol.close()


@pytest.fixture
def li(api):
    return api.person("operator", "li")


def incidents(li):
    return li.get("/api/v1/incidents", params={"order": "oldest"}).json()["items"]


def flow(li, incident_id):
    li.post(f"/api/v1/incidents/{incident_id}/verdicts", json={"kind": "confirm"}).raise_for_status()
    return li.get(f"/api/v1/incidents/{incident_id}").json()["case_id"]


def accept(patrol, li):
    """Say at the API that what the camera shows is its view; the patrol hears of it."""
    patrol.tell_health()
    li.post("/api/v1/feeds/cam/views", json={}).raise_for_status()
    patrol.view_post.sync()


def test_what_was_open_under_the_old_view_never_ends_as_gone_and_is_handed_to_people(patrol, li):
    patrol.visit(HERE, times=3)
    (before,) = incidents(li)
    case = flow(li, before["id"])
    assert patrol.visit(ELSEWHERE, times=3) is Outcome.TURNED

    accept(patrol, li)
    patrol.model.sees = False
    assert patrol.visit(ELSEWHERE, times=5) is Outcome.OK

    (after,) = incidents(li)
    assert (after["present"], after["ended_at"]) == (True, None)
    kinds = [line["kind"] for line in li.get(f"/api/v1/cases/{case}/events").json()]
    assert kinds == ["filed", "unwatched"]
    assert patrol.ledger.open_incidents() == []


def test_what_lies_in_the_new_view_is_something_new_even_at_the_same_place_in_the_picture(patrol, li):
    patrol.visit(HERE, times=3)
    patrol.visit(ELSEWHERE, times=3)
    accept(patrol, li)
    patrol.visit(ELSEWHERE, times=2)

    assert [one["sightings"] for one in incidents(li)] == [3, 2]


def test_a_view_that_becomes_another_by_itself_does_the_same(tmp_path, api, li):
    patrol = Patrol(tmp_path, api, feed=replace(FEED, guarded=True, view_bound=False))
    patrol.visit(HERE, times=3)
    patrol.model.sees = False
    assert patrol.visit(ELSEWHERE, times=11) is Outcome.TURNED
    assert patrol.visit(ELSEWHERE, times=4) is Outcome.OK

    (only,) = incidents(li)
    assert only["present"]
    assert patrol.ledger.open_incidents() == []
    patrol.close()


def test_a_new_view_is_written_with_what_it_did_to_incidents(patrol):
    """Or a patrol that is killed in between would close what it has found in the new view since."""
    patrol.visit(HERE, times=3)
    patrol.views.accept("cam", at=patrol.api.clock())
    patrol.visit(HERE)

    assert patrol.views.memory("cam")["view"]["accepted_at"] in patrol.ledger.feed_memory()["*view:cam"]


def test_an_api_that_is_away_changes_nothing_and_what_it_said_is_done_once(patrol, api, li):
    patrol.visit(HERE, times=3)
    patrol.visit(ELSEWHERE)
    accept(patrol, li)
    patrol.visit(HERE, times=3)
    away = httpx.Client(base_url="http://127.0.0.1:9", timeout=1, trust_env=False)
    ViewPost(patrol.views, away, wait=lambda _: True).sync()
    later = ViewPost(patrol.views, patrol.client, wait=lambda _: True)
    later.sync()

    assert patrol.visit(ELSEWHERE) is Outcome.TURNED
    away.close()


def test_the_command_accepts_a_view_without_a_restart(patrol, tmp_path):
    patrol.api.clock.moment = datetime.now(UTC)
    patrol.visit(HERE, times=3)
    patrol.visit(ELSEWHERE, times=3)
    (tmp_path / "gridpatrol.yaml").write_text(f"version: 1\ndata_dir: {tmp_path}\n")
    zone = "{name: road, polygon: [[0, 0], [1, 0], [1, 1]]}"
    (tmp_path / "feeds.yaml").write_text(
        f"feeds:\n  - {{id: cam, url: 'http://x/a.jpg', zones: [{zone}]}}\n"
        "  - {id: dome, url: 'http://x/b.jpg', view: moving}\n"
    )

    def command(*arguments):
        done = CliRunner().invoke(app, ["feeds", "accept-view", *arguments, "--config", str(tmp_path)])
        return done.exit_code, done.stdout + done.stderr

    code, told = command("cam", "--note", "new pole")
    assert (code, told.splitlines()) == (
        0,
        [
            "feed cam: what it shows from its next visit on is its view",
            "feed cam: its zones count in the new view as they are; draw them anew for it",
        ],
    )
    assert command("cma") == (1, "there is no feed 'cma'; did you mean 'cam'?\n")
    assert command("dome")[1].startswith("feed dome is meant to look elsewhere at each visit")

    patrol.view_post.sync()
    assert patrol.visit(ELSEWHERE) is Outcome.OK
    patrol.tell_health()
    accepted = patrol.client.get("/api/v1/feeds/cam").json()["view_accepted"]
    assert (accepted["by"], accepted["note"]) == ("command line", "new pole")
