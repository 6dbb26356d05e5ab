"""Re-checks over HTTP: asked for on a case, due by the clock, and what the patrol's looks mean for the case."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from tests.servers.case_api import build, incident_id, post_report, report
from tests.servers.postgres import postgres

BOX = [0.25, 0.25, 0.75, 0.75]


@pytest.fixture
def api(request, tmp_path):
    on_postgres = getattr(request, "param", "sqlite") == "postgresql"
    api = build(tmp_path, url=postgres().database(prepared=True) if on_postgres else None)
    yield api
    api.close()


@pytest.fixture
def li(api):
    return api.person("operator", "li")


@pytest.fixture
def patrol(api):
    return api.machine()


def filed(api, li, number: int = 1, **changes) -> str:
    """Report a finding and accept it; return its case's id."""
    post_report(api.machine(), report(number) | changes).raise_for_status()
    answer = li.post(f"/api/v1/incidents/{incident_id(number)}/verdicts", json={"kind": "confirm"})
    return answer.raise_for_status().json()["case_id"]


def asked(li, case: str, **body):
    return li.post(f"/api/v1/cases/{case}/rechecks", json=body)


def due(patrol) -> list[tuple[int, int]]:
    return [(one["id"], one["look"]) for one in patrol.get("/api/v1/rechecks/due").json()]


def looked(api, patrol, said: str, *, detail: str = "") -> None:
    """Answer every look that is due."""
    looks = [
        {"id": key, "look": look, "said": said, "at": api.clock().isoformat(), "detail": detail}
        for key, look in due(patrol)
    ]
    patrol.post("/api/v1/rechecks/looked", json={"looks": looks}).raise_for_status()


def ended(api, number: int = 1) -> None:
    post_report(api.machine(), report(number, 1, kind="ended", box=None)).raise_for_status()


def states(li, case: str) -> list[str]:
    return [one["state"] for one in li.get(f"/api/v1/cases/{case}").json()["rechecks"]]


def lines(li, case: str) -> list[tuple[str, str, str]]:
    events = li.get(f"/api/v1/cases/{case}/events").json()
    return [(event["kind"], event["by"], event["note"]) for event in events][1:]


def health(feed: dict | None = None, **patrol) -> dict:
    """A patrol's first word, with one feed or none."""
    at = datetime(2026, 7, 1, 12, tzinfo=UTC).isoformat()
    status = {"at": at, "started_at": at, "pid": 1, "feeds": 1, "outcomes": {}, "visits": 0, "visits_per_s": 0}
    status |= {"late": 0, "suspects": 0, "incidents": 0, "outbox": 0, "model_id": "m", "synthetic": True}
    return {"patrol": status | patrol, "feeds": [feed] if feed else [], "complete": True}


on_both = pytest.mark.parametrize("api", ["sqlite", "postgresql"], indirect=True)


@on_both
def test_what_its_handler_reports_done_is_looked_at_and_verified_when_it_is_gone(api, li, patrol):
    case = filed(api, li)
    ended(api)
    answer = asked(li, case, why="handled", note="swept")
    assert answer.status_code == 201

    (wanted,) = patrol.get("/api/v1/rechecks/due").json()
    assert wanted == {
        "id": 1,
        "look": 0,
        "feed_id": "cam-1",
        "incident_id": incident_id(1),
        "matter": "exposed_garbage",
        "seen_at": "2026-07-01T11:59:01Z",
        "box": None,
        "why": f"{case}: its handler reports it done",
    }
    looked(api, patrol, "gone")

    (recheck,) = li.get(f"/api/v1/cases/{case}").json()["rechecks"]
    assert (recheck["state"], recheck["looks"], recheck["asked_by"]) == ("clean", 1, "li")
    assert datetime.fromisoformat(recheck["looked_at"]) == api.clock()
    assert lines(li, case)[1:] == [("recheck", "li", "handled: swept"), ("verified", "patrol", "×1")]
    assert li.get(f"/api/v1/cases/{case}").json()["state"] == "filed"
    assert due(patrol) == []


def test_what_is_still_seen_returns_the_case_to_its_handler_who_may_report_again(api, li, patrol):
    case = filed(api, li)
    asked(li, case, why="handled")
    looked(api, patrol, "there")

    assert states(li, case) == ["there"]
    assert lines(li, case)[-1] == ("returned", "patrol", "×1")
    assert asked(li, case, why="handled").status_code == 201
    assert states(li, case) == ["there", "open"]


def test_one_miss_of_a_thing_that_was_there_verifies_nothing(api, li, patrol):
    case = filed(api, li)
    asked(li, case, why="operator")
    for look in range(2):
        assert due(patrol) == [(1, look)]
        looked(api, patrol, "missed")
        assert states(li, case) == ["open"]
        assert due(patrol) == []
        api.clock.forward(seconds=60)
    looked(api, patrol, "gone")

    assert states(li, case) == ["clean"]


def test_a_patrol_that_never_knew_the_incident_must_miss_it_as_often_as_its_rule_says(api, li, patrol):
    case = filed(api, li)
    asked(li, case, why="operator")
    for _ in range(2):
        looked(api, patrol, "gone")
        assert states(li, case) == ["open"]
        api.clock.forward(seconds=60)
    looked(api, patrol, "gone")

    assert states(li, case) == ["clean"]


def test_a_thing_that_another_camera_goes_on_seeing_is_given_to_a_person(api, li, patrol):
    case = filed(api, li)
    asked(li, case, why="operator")
    for _ in range(9):
        looked(api, patrol, "missed")
        api.clock.forward(seconds=60)

    assert states(li, case) == ["person"]
    assert lines(li, case)[-1] == ("unverified", "patrol", "missed")


def test_a_camera_that_cannot_see_is_tried_again_later_and_later_and_then_a_person_is_asked(api, li, patrol):
    case = filed(api, li)
    asked(li, case, why="handled")
    pauses = []
    for _ in range(6):
        looked(api, patrol, "blind", detail="turned away")
        minutes = 0
        while not due(patrol) and states(li, case) == ["open"]:
            api.clock.forward(minutes=5)
            minutes += 5
        pauses.append(minutes)

    assert pauses == [5, 10, 20, 40, 60, 0]
    assert lines(li, case)[-1] == ("unverified", "patrol", "blind: turned away")
    (recheck,) = li.get(f"/api/v1/cases/{case}").json()["rechecks"]
    assert (recheck["state"], recheck["reason"], recheck["detail"]) == ("person", "blind", "turned away")


def test_a_blind_look_between_takes_nothing_from_what_was_missed(api, li, patrol):
    case = filed(api, li)
    ended(api)
    asked(li, case)
    looked(api, patrol, "blind")
    api.clock.forward(minutes=5)
    looked(api, patrol, "gone")
    assert states(li, case) == ["clean"]


def test_a_deadline_is_looked_at_when_it_passes_and_can_be_moved(api, li, patrol):
    case = filed(api, li)
    asked(li, case, why="deadline", at="2026-07-01T14:00:00Z")
    asked(li, case, why="deadline", at="2026-07-01T22:00:00+08:00")
    asked(li, case, why="deadline", at="2026-07-01T15:00:00Z")

    assert (due(patrol), states(li, case)) == ([], ["open"])
    api.clock.forward(hours=2, minutes=59)
    assert due(patrol) == []
    api.clock.forward(minutes=1)
    assert due(patrol) == [(1, 0)]
    assert patrol.get("/api/v1/rechecks/due").json()[0]["why"] == f"{case}: its deadline has passed"
    assert lines(li, case)[-1] == ("recheck", "li", "deadline 2026-07-01T15:00:00+00:00")


def test_a_case_returned_by_its_handlers_report_is_looked_at_again_at_its_deadline(api, li, patrol):
    case = filed(api, li)
    asked(li, case, why="deadline", at="2026-07-01T14:00:00Z")
    asked(li, case, why="handled")
    looked(api, patrol, "there")

    assert states(li, case) == ["open", "there"]
    api.clock.forward(hours=2)
    assert due(patrol) == [(1, 0)]


def test_a_verified_case_is_not_looked_at_at_its_deadline(api, li, patrol):
    case = filed(api, li)
    ended(api)
    asked(li, case, why="deadline", at="2026-07-01T14:00:00Z")
    asked(li, case, why="handled")
    looked(api, patrol, "gone")
    api.clock.forward(hours=2)

    assert (states(li, case), due(patrol)) == (["clean", "clean"], [])


def test_asked_twice_it_is_one_look_and_asked_while_it_waits_it_is_looked_at_now(api, li, patrol):
    case = filed(api, li)
    for _ in range(3):
        assert asked(li, case, why="handled").status_code == 201
    assert due(patrol) == [(1, 0)]
    looked(api, patrol, "blind")
    assert due(patrol) == []

    asked(li, case, why="handled")

    assert due(patrol) == [(1, 1)]
    assert [kind for kind, _, _ in lines(li, case)] == ["recheck", "recheck"]


def test_an_answer_that_comes_twice_or_late_counts_once(api, li, patrol):
    case = filed(api, li)
    asked(li, case)
    answer = {"id": 1, "look": 0, "said": "blind", "at": api.clock().isoformat()}
    for _ in range(3):
        assert patrol.post("/api/v1/rechecks/looked", json={"looks": [answer, answer]}).status_code == 204
    patrol.post("/api/v1/rechecks/looked", json={"looks": [answer | {"id": 99}]}).raise_for_status()

    assert li.get(f"/api/v1/cases/{case}").json()["rechecks"][0]["looks"] == 1


def test_a_vehicles_finding_and_a_removed_cameras_need_a_person_at_once(api, li, patrol):
    vehicle = {"id": "cam-1", "name": "bus 7", "kind": "vehicle", "url": "file:///x"}
    patrol.post("/api/v1/feeds/health", json=health(vehicle)).raise_for_status()
    seen_by_bus, removed = filed(api, li), filed(api, li, 2, feed_id="cam-2")

    for case, reason in ((seen_by_bus, "vehicle"), (removed, "unknown")):
        answer = asked(li, case, why="handled").json()
        assert [(one["state"], one["reason"]) for one in answer["rechecks"]] == [("person", reason)]
        assert lines(li, case)[-1] == ("unverified", "li", reason)
    assert due(patrol) == []


@pytest.mark.parametrize("said", ["vehicle", "unknown"])
def test_what_only_the_patrol_knows_it_says_when_it_is_asked(api, li, patrol, said):
    case = filed(api, li)
    asked(li, case)
    looked(api, patrol, said)

    assert states(li, case) == ["person"]
    assert lines(li, case)[-1] == ("unverified", "patrol", said)


def test_a_camera_that_shows_another_view_now_verifies_nothing(api, li, patrol):
    case = filed(api, li)
    asked(li, case, why="handled")
    post_report(patrol, report(1, 1, kind="unwatched", box=None)).raise_for_status()
    looked(api, patrol, "gone")
    assert states(li, case) == ["person"]
    assert lines(li, case)[-1] == ("unverified", "patrol", "unwatched")

    asked(li, case, why="handled")
    assert states(li, case) == ["person", "person"]


def test_a_case_made_void_is_not_looked_at_until_it_is_filed_again(api, li, patrol):
    case = filed(api, li)
    asked(li, case)
    li.delete(f"/api/v1/incidents/{incident_id(1)}/verdict")
    assert due(patrol) == []
    assert asked(li, case).status_code == 409

    li.post(f"/api/v1/incidents/{incident_id(1)}/verdicts", json={"kind": "confirm"})
    assert due(patrol) == [(1, 0)]


def test_a_reclassed_finding_is_looked_for_as_the_patrol_named_it(api, li, patrol):
    post_report(api.machine(), report(1)).raise_for_status()
    said = {"kind": "reclass", "matter": "illegal_ad"}
    case = li.post(f"/api/v1/incidents/{incident_id(1)}/verdicts", json=said).json()["case_id"]
    asked(li, case)

    assert patrol.get("/api/v1/rechecks/due").json()[0]["matter"] == "exposed_garbage"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"why": "deadline"}, 422),
        ({"why": "handled", "at": "2026-07-01T14:00:00Z"}, 422),
        ({"why": "deadline", "at": "2026-07-01T14:00:00"}, 422),
        ({"why": "bored"}, 422),
    ],
)
def test_a_request_that_contradicts_itself_is_refused(api, li, body, status):
    assert asked(li, filed(api, li), **body).status_code == status


def test_only_operators_ask_and_only_the_patrol_answers(api, li, patrol):
    case = filed(api, li)
    answers = {"looks": [{"id": 1, "look": 0, "said": "gone", "at": api.clock().isoformat()}]}

    assert asked(api.person("viewer"), case).status_code == 403
    assert asked(patrol, case).status_code == 403
    assert li.post("/api/v1/rechecks/looked", json=answers).status_code == 403
    assert asked(li, "GP-20200101-000001").status_code == 404


def test_the_patrol_asks_at_no_cost_and_browsers_hear_of_every_step(api, li, patrol):
    case = filed(api, li)
    empty = patrol.get("/api/v1/rechecks/due")
    asked(li, case)
    told = patrol.get("/api/v1/rechecks/due", headers={"If-None-Match": empty.headers["etag"]})
    again = patrol.get("/api/v1/rechecks/due", headers={"If-None-Match": told.headers["etag"]})
    assert (told.status_code, again.status_code) == (200, 304)
    looked(api, patrol, "blind")

    heard = [json.loads(event.data) for event in api.deps.events._past if event.name == "case"]
    assert heard == [{"id": case}] * 3


def test_a_merged_finding_of_a_camera_that_was_turned_does_not_unwatch_the_case_of_another(api, li, patrol):
    case = filed(api, li)
    post_report(patrol, report(2, feed_id="cam-2")).raise_for_status()
    merge = {"kind": "merge", "into": incident_id(1)}
    li.post(f"/api/v1/incidents/{incident_id(2)}/verdicts", json=merge).raise_for_status()

    post_report(patrol, report(2, 1, feed_id="cam-2", kind="unwatched", box=None)).raise_for_status()
    asked(li, case, why="handled")
    assert due(patrol) == [(1, 0)]

    post_report(patrol, report(1, 1, kind="unwatched", box=None)).raise_for_status()
    assert lines(li, case)[-1] == ("unwatched", "patrol", "East gate")


def test_a_deadline_that_is_told_again_and_again_is_written_once(api, li):
    case = filed(api, li)
    for _ in range(3):
        asked(li, case, why="deadline", at="2026-07-01T14:00:00Z")
    assert [kind for kind, _, _ in lines(li, case)] == ["recheck"]


def test_a_list_that_waits_all_night_costs_as_many_questions_however_long_it_is(api, li, patrol):
    asked_of_it: list[str] = []
    event.listen(api.deps.store._engine, "before_cursor_execute", lambda *call: asked_of_it.append(call[2]))
    questions = []
    for number in (1, 2, 3):
        asked(li, filed(api, li, number), why="handled")
        asked_of_it.clear()
        assert len(due(patrol)) == number
        questions.append(len(asked_of_it))
    assert len(set(questions)) == 1


def test_a_look_that_was_under_way_when_its_case_was_made_void_says_nothing_of_it(api, li, patrol):
    case = filed(api, li)
    asked(li, case)
    ((key, look),) = due(patrol)
    li.delete(f"/api/v1/incidents/{incident_id(1)}/verdict")
    answer = {"id": key, "look": look, "said": "there", "at": api.clock().isoformat()}
    patrol.post("/api/v1/rechecks/looked", json={"looks": [answer]}).raise_for_status()

    assert lines(li, case)[-1][0] == "void"
    li.post(f"/api/v1/incidents/{incident_id(1)}/verdicts", json={"kind": "confirm"})
    assert due(patrol) == [(key, look)]
