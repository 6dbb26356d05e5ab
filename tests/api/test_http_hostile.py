"""What nobody sends by chance is refused in one sentence, and neither kept nor a failure of the server."""

from __future__ import annotations

import base64
import json

import pytest

from tests.api.test_http_problems import assert_problem
from tests.servers.case_api import build, post_report, report

HALF = "\ud800"
"""A lone surrogate: JSON can carry it, UTF-8 cannot."""
AS_JSON = {"Content-Type": "application/json"}
FAR = ("0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59-12:00", "1969-12-31T23:59:59Z", "2201-01-01T00:00:00Z")


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path)
    yield api
    api.close()


def sent(client, path, body):
    """Post JSON as it is written, with what ``json=`` would refuse."""
    return client.post(path, content=json.dumps(body).encode(), headers=AS_JSON)


def cursor(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def health(api, *, patrol=None, feed=None):
    told = {
        "at": api.clock().isoformat(), "started_at": "2026-07-01T08:00:00Z", "pid": 7, "feeds": 1, "outcomes": {},
        "visits": 1, "visits_per_s": 1.5, "late": 0, "suspects": 1, "incidents": 1, "outbox": 0, "model_id": "m",
        "synthetic": False, **(patrol or {}),
    }  # fmt: skip
    shown = {"id": "a", "name": "a", "kind": "camera", "url": "", **(feed or {})}
    return sent(api.machine(), "/api/v1/feeds/health", {"patrol": told, "feeds": [shown]})


@pytest.mark.parametrize(
    "entry",
    [
        {"username": HALF, "password": "x"},
        {"username": "li", "password": HALF},
        {"username": "li", "password": "x", HALF: "x"},
    ],
)
def test_half_a_character_in_a_login_is_refused(api, entry):
    assert_problem(sent(api.client(), "/api/v1/session", entry), 422)


def test_half_a_character_in_a_new_password_is_refused(api):
    person = api.person()

    for change in ({"current": HALF, "new": "long enough"}, {"current": "x", "new": f"long enough {HALF}"}):
        assert_problem(sent(person, "/api/v1/session/password", change), 422)


@pytest.mark.parametrize(
    "told",
    [
        {"feed": {"id": HALF}},
        {"feed": {"detail": f"x{HALF}"}},
        {"patrol": {"model_id": HALF}},
        {"patrol": {"trouble": [HALF]}},
        {"patrol": {"outcomes": {HALF: 1}}},
        {"patrol": {"visits_per_s": float("inf")}},
        {"patrol": {"at": FAR[0]}},
        {"feed": {"last_visit_at": FAR[1]}},
    ],
)
def test_a_health_report_that_could_not_be_shown_again_is_refused_as_a_whole(api, told):
    viewer = api.person("viewer")

    assert_problem(health(api, **told), 422)

    assert viewer.get("/api/v1/patrol").json()["patrol"] is None
    assert viewer.get("/api/v1/feeds").json()["items"] == []


@pytest.mark.parametrize("moment", FAR)
@pytest.mark.parametrize("name", ["captured_at", "first_seen", "last_seen"])
def test_a_report_from_outside_the_calendar_is_refused(api, name, moment):
    answer = post_report(api.machine(), report(**{name: moment}))

    assert "1970 to 2200" in assert_problem(answer, 422)["detail"]


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
@pytest.mark.parametrize("name", ["lon", "lat", "accuracy_m"])
def test_a_number_that_is_none_is_refused(api, name, number):
    place = {"lon": 114.3, "lat": 30.6, "accuracy_m": 5.0, "method": "point", name: number}

    assert_problem(post_report(api.machine(), report(place=place)), 422)
    assert_problem(post_report(api.machine(), report(score=number)), 422)


@pytest.mark.parametrize("moment", FAR)
@pytest.mark.parametrize(
    ("path", "name"),
    [("incidents", "since"), ("incidents", "until"), ("cases", "since"), ("cases", "until"), ("statistics", "since")],
)
def test_a_list_from_outside_the_calendar_is_refused(api, path, name, moment):
    answer = api.person("viewer").get(f"/api/v1/{path}", params={name: moment})

    assert "1970 to 2200" in assert_problem(answer, 422)["detail"]


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("cases", ("id", HALF)),
        ("feeds", ("id", HALF)),
        ("incidents", ("newest", HALF, "2026-07-01T12:00:00+00:00")),
        ("incidents", ("newest", "a", "2026-07-01T12:00:00")),
        *(("incidents", ("newest", "a", moment)) for moment in FAR),
        ("incidents?order=score", ("score", "a", float("nan"))),
        ("incidents?order=score", ("score", "a", float("inf"))),
    ],
)
def test_a_made_up_cursor_is_refused(api, path, parts):
    address, _, query = path.partition("?")

    answer = api.person("viewer").get(f"/api/v1/{address}?{query}&cursor={cursor(*parts)}")

    assert "does not belong to this list" in assert_problem(answer, 422)["detail"]
