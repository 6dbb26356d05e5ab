"""Coverage over HTTP: who may ask, what is answered, and what Prometheus sees."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from api.coverages import LAST_DAY, Coverages
from detector.coveragereport import coverage_of
from streams.visit import Outcome
from tests.e2e.console_city import City
from tests.servers.case_api import Clock, build
from tests.servers.visit_log import write_day

FEEDS = {"cam-a": Outcome.OK, "cam-b": Outcome.DARK, "cam-c": None}
PLANS = {"centre": ("cam-a", "cam-b"), "all": tuple(FEEDS)}
PROMISE = {"plan": "centre", "within_s": 660, "open": True, "feeds": 2, "broken": 1, "longest": []}


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    write_day(folder / "log", FEEDS, now=Clock().moment, plans=PLANS)
    coverages = Coverages(partial(coverage_of, folder / "log"), ZoneInfo("Asia/Shanghai"), now=Clock())
    api = build(folder, coverages=coverages)
    yield api
    api.close()


@pytest.fixture(scope="module")
def viewer(api):
    return api.person("viewer")


def test_everybody_known_may_ask_and_nobody_else(api, viewer):
    assert api.client().get("/api/v1/coverage").status_code == 401
    assert viewer.get("/api/v1/coverage").status_code == 200


def test_the_last_day_is_told_by_plan(viewer):
    told = viewer.get("/api/v1/coverage").json()

    assert (told["by"], told["plans"], told["left_out"]) == (["plan"], ["all", "centre"], 0)
    assert {row["plan"]: row["missed"] > 0 for row in told["rows"]} == {"all": True, "centre": False}
    total = told["total"]
    assert total["planned"] == total["seen"] + total["blind"]["dark"] + total["missed"]


def test_rows_are_combined_named_and_limited_with_the_worst_first(viewer):
    by_feed = viewer.get("/api/v1/coverage", params={"by": "feed", "limit": 2}).json()
    by_hour = viewer.get("/api/v1/coverage", params={"by": ["plan", "hour"], "plan": "centre"}).json()

    assert [(row["feed"], row["name"]) for row in by_feed["rows"]] == [
        ("cam-b", "name of cam-b"),
        ("cam-c", "name of cam-c"),
    ]
    assert by_feed["left_out"] == 1
    assert {row["plan"] for row in by_hour["rows"]} == {"centre"}
    assert len({row["hour"] for row in by_hour["rows"]}) == 24
    assert all(row["hour"].endswith("+08:00") for row in by_hour["rows"])


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({"plan": "south"}, 404, "there was no plan 'south' in this time; there were: all, centre"),
        ({"by": "street"}, 422, "query.by"),
        ({"since": "2026-07-01T12:00:00Z"}, 422, "since must lie before until"),
        ({"since": "2026-01-01T12:00:00Z"}, 422, "ask for at most 92 days at once"),
    ],
)
def test_what_cannot_be_asked_is_a_problem(viewer, query, status, sentence):
    answer = viewer.get("/api/v1/coverage", params=query)

    assert answer.status_code == status
    assert sentence in answer.json()["detail"]


def test_an_api_that_is_far_from_the_log_says_where_to_ask(tmp_path):
    api = build(tmp_path)
    try:
        answer = api.person("viewer").get("/api/v1/coverage")
    finally:
        api.close()

    assert answer.status_code == 503
    assert "ask `gridpatrol coverage` where the patrol runs" in answer.json()["detail"]


def test_prometheus_sees_promise_and_coverage_of_each_plan(api, viewer):
    city = City(api, api.machine(), "", [])
    city.tell_health([], promises=[PROMISE])
    api.deps.coverages.answer(LAST_DAY)

    text = viewer.get("/metrics").text

    assert 'gridpatrol_promise_broken{plan="centre"} 1.0' in text
    assert 'gridpatrol_promise_within_seconds{plan="centre"} 660.0' in text
    assert 'gridpatrol_coverage_missed{plan="centre"} 0.0' in text
    assert 'gridpatrol_coverage_blind{outcome="dark",plan="all"}' in text
    city.tell_health([])
    assert "gridpatrol_promise_broken{" not in viewer.get("/metrics").text


def test_the_same_question_is_answered_once_a_minute(tmp_path):
    asked, running_s = [], [0.0]
    write_day(tmp_path, FEEDS, now=Clock().moment)

    def ask(question):
        asked.append(question)
        return coverage_of(tmp_path, question)

    coverages = Coverages(ask, ZoneInfo("UTC"), now=Clock(), running_s=lambda: running_s[0])
    assert coverages.last_day() is None
    first = coverages.answer(LAST_DAY)
    running_s[0] = 60.0
    assert coverages.answer(LAST_DAY) is first
    running_s[0] = 61.0
    coverages.answer(LAST_DAY)

    assert len(asked) == 2
    assert asked[0].until - asked[0].since == timedelta(hours=24)
