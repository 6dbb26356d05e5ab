"""Every error is one problem document with one sentence, and shows nothing of the inside."""

from __future__ import annotations

import sqlite3
import threading

import pytest
import structlog

from tests.servers.case_api import WRITE, build, incident_id, jpeg, post_report, report

VERDICTS = f"/api/v1/incidents/{incident_id(1)}/verdicts"


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path, busy_timeout_s=0.3)
    yield api
    api.close()


def assert_problem(answer, status):
    """The answer is a problem in the shape of ``schemas.Problem``."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) <= {"type", "title", "status", "detail", "instance", "errors"}
    assert (body["status"], body["type"]) == (status, "about:blank")
    assert body["detail"]
    assert body["instance"] == answer.request.url.path
    assert "Traceback" not in answer.text
    return body


def test_each_kind_of_error_is_a_problem(api):
    machine, operator = api.machine(), api.person("operator")
    nobody = api.client(headers=WRITE)
    post_report(machine, report())
    operator.post(VERDICTS, json={"kind": "confirm"})

    assert_problem(machine.post("/api/v1/incidents", data={"report": "{}"}, files={"_": b""}), 400)
    assert_problem(nobody.get("/api/v1/incidents"), 401)
    assert_problem(machine.post(VERDICTS, json={"kind": "confirm"}), 403)
    assert_problem(operator.get("/api/v1/no-such"), 404)
    assert_problem(operator.get("/api/v1/cases/GP-1"), 404)
    assert_problem(operator.get("/api"), 404)
    assert_problem(operator.put("/api/v1/incidents"), 405)
    assert_problem(operator.post(VERDICTS, json={"kind": "reject", "reason": "other"}), 409)
    assert_problem(operator.post(VERDICTS, json={"kind": "shout"}), 422)
    assert_problem(operator.post(VERDICTS, content=b"{", headers={"Content-Type": "application/json"}), 422)
    assert_problem(operator.get("/api/v1/incidents?limit=many"), 422)
    assert_problem(operator.get("/api/v1/incidents?since=2026-07-01T12:00:00"), 422)


def test_several_mistakes_are_all_listed(api):
    answer = api.person("viewer").get("/api/v1/incidents?limit=0&min_score=7&present=perhaps")

    body = assert_problem(answer, 422)
    assert {mistake["where"] for mistake in body["errors"]} == {"query.limit", "query.min_score", "query.present"}
    assert "(and 2 more)" in body["detail"]


def test_what_was_typed_is_not_repeated(api):
    secret = {"username": "li", "password": ["not a text, but secret"]}

    answer = api.client().post("/api/v1/session", json=secret)

    assert_problem(answer, 422)
    assert "secret" not in answer.text


def test_a_request_that_is_too_large_is_refused_when_announced(api):
    answer = api.person("operator").post(VERDICTS, content=b"x" * 1_000_001)

    assert "at most 1000000 bytes" in assert_problem(answer, 413)["detail"]


def test_a_request_that_is_too_large_is_refused_also_when_it_comes_in_pieces(api):
    def pieces():
        for _ in range(20):
            yield b"x" * 100_000

    answer = api.person("operator").post(VERDICTS, content=pieces(), headers={"Content-Type": "application/json"})

    assert_problem(answer, 413)


def test_a_locked_database_is_a_503_within_the_busy_timeout_and_passes(api, tmp_path):
    machine, viewer = api.machine(), api.person("viewer")
    other = sqlite3.connect(tmp_path / "cases.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    refused = post_report(machine, report(), picture=jpeg())
    read = viewer.get("/api/v1/incidents")
    other.execute("COMMIT")
    other.close()
    taken = post_report(machine, report(), picture=jpeg())

    assert "locked" in assert_problem(refused, 503)["detail"]
    assert refused.headers["retry-after"] == "2"
    assert refused.elapsed.total_seconds() < 3
    assert read.status_code == 200
    assert taken.status_code == 201


def test_a_writer_waits_for_a_short_lock(tmp_path):
    api = build(tmp_path, busy_timeout_s=5)
    machine = api.machine()
    other = sqlite3.connect(tmp_path / "cases.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, lambda: other.execute("COMMIT"))
    release.start()

    assert post_report(machine, report()).status_code == 201

    release.join()
    other.close()
    api.close()


def test_a_database_that_is_gone_makes_the_api_unready_but_alive(api, tmp_path):
    client = api.client()
    assert client.get("/readyz").json() == {"status": "ok"}
    with sqlite3.connect(tmp_path / "cases.db") as connection:
        connection.execute("DROP TABLE case_numbers")
    connection.close()

    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code >= 500


def test_an_unexpected_error_is_logged_and_shows_nothing(api, tmp_path):
    viewer = api.person("viewer")
    with sqlite3.connect(tmp_path / "cases.db") as connection:
        connection.execute("UPDATE accounts SET role = 'nonsense'")
    connection.close()

    with structlog.testing.capture_logs() as logged:
        answer = viewer.get("/api/v1/incidents")

    body = assert_problem(answer, 500)
    assert "nonsense" not in answer.text
    assert "its log has the details" in body["detail"]
    assert answer.headers["cache-control"] == "no-store"
    ordinary = api.client().get("/api/v1/no-such").headers
    guarding = {name: ordinary[name] for name in ("content-security-policy", "x-content-type-options")}
    assert {name: answer.headers.get(name) for name in guarding} == guarding
    assert set(ordinary) <= set(answer.headers)
    (event,) = [event for event in logged if event["event"] == "request_failed"]
    assert isinstance(event["exc_info"], ValueError)
