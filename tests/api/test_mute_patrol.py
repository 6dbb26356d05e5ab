"""A patrol and the real case API: a statue rejected three times is left alone, until it is not a statue any more."""

from __future__ import annotations

import httpx
import pytest

from api.board import Counts
from api.mutepost import MutePost
from configs.settings import MuteSettings
from tests.servers.case_api import build
from tests.servers.one_camera import HEAP, Patrol


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path)
    yield api
    api.close()


@pytest.fixture
def patrol(tmp_path, api):
    patrol = Patrol(tmp_path, api)
    yield patrol
    patrol.close()


@pytest.fixture
def li(api):
    return api.person("operator", "li")


def pending(li):
    return [item["id"] for item in li.get("/api/v1/incidents", params={"review": "pending"}).json()["items"]]


def reject(li):
    (waiting,) = pending(li)
    verdict = {"kind": "reject", "reason": "not_there"}
    li.post(f"/api/v1/incidents/{waiting}/verdicts", json=verdict).raise_for_status()


def rejected_three_times(patrol, li):
    for light in (1.0, 0.8, 0.6):
        patrol.visit(times=2, light=light)
        reject(li)
        patrol.flicker()
    patrol.mutes.sync()


def mute(li):
    return li.get("/api/v1/mutes").json()["items"][0]


def test_a_statue_rejected_three_times_raises_nothing_more_and_is_counted(patrol, li):
    rejected_three_times(patrol, li)
    patrol.visit(times=6, light=0.7)

    assert pending(li) == []
    assert (mute(li)["state"], mute(li)["held_back"]) == ("active", 6)
    assert mute(li)["unlike"] < mute(li)["ends_over"]
    told = patrol.board.report(Counts(0, 0, 0, 0, 0, patrol.muted.count()), last_post_at=None)
    assert (told.feeds[0].muted, told.patrol.muted) == (1, 1)
    assert len(li.get("/api/v1/incidents").json()["items"]) == 3


def test_when_something_else_stands_there_it_is_raised_and_the_mute_says_why_it_ended(patrol, li):
    rejected_three_times(patrol, li)
    patrol.visit(times=2)
    patrol.visit(HEAP, times=3)

    assert len(pending(li)) == 1
    assert mute(li)["state"] == "look_changed"
    assert [(step["deed"], step["by"]) for step in mute(li)["history"]][-1] == ("look_changed", "patrol")
    assert mute(li)["unlike"] > mute(li)["ends_over"]


def test_a_lifted_mute_lets_the_finding_be_raised_anew_even_when_the_old_one_never_ended(patrol, li):
    patrol.visit(times=2)
    reject(li)
    patrol.flicker()
    patrol.visit(times=2)
    reject(li)
    patrol.flicker()
    patrol.visit(times=2)
    reject(li)  # and it stays there: its incident goes on, rejected
    patrol.mutes.sync()
    patrol.visit(times=3)
    assert pending(li) == []

    li.post(f"/api/v1/mutes/{mute(li)['id']}/lift", json={"note": "look again"}).raise_for_status()
    patrol.mutes.sync()
    patrol.visit(times=2)

    assert len(pending(li)) == 1


def test_an_expired_mute_lets_the_finding_be_raised_anew(patrol, api, li):
    rejected_three_times(patrol, li)
    patrol.visit(times=2)
    api.clock.forward(days=31)
    patrol.visit(times=2)

    assert len(pending(api.person("operator", "wang"))) == 1
    assert mute(api.person("operator", "zhao"))["state"] == "expired"


def test_while_the_api_is_away_and_over_a_restart_the_last_list_is_obeyed(tmp_path, patrol, api, li):
    rejected_three_times(patrol, li)
    patrol.visit()
    patrol.close()
    later = Patrol(tmp_path, api)
    later.numbers = iter(range(50, 99))
    away = httpx.Client(base_url="http://127.0.0.1:9", timeout=1, trust_env=False)
    later.mutes = MutePost(later.muted, later.ledger, away, wait=lambda _: True)
    later.mutes.restore()

    later.visit(times=4)

    assert pending(li) == []
    assert later.muted.count() == 1
    assert later.ledger.counts().pending == 0
    away.close()
    later.close()


def test_a_city_that_mutes_nothing_mutes_nothing(patrol, api, li):
    object.__setattr__(api.deps.casework, "mute", MuteSettings(enabled=False))
    rejected_three_times(patrol, li)
    patrol.visit(times=2)

    assert len(pending(li)) == 1
    assert li.get("/api/v1/mutes").json()["items"] == []
