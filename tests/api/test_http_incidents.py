"""Reports come in once, whatever happens; lists can be paged while they grow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.case_api import build, incident_id, jpeg, post_report, report
from tests.servers.postgres import postgres

LIST = "/api/v1/incidents"


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path)
    yield api
    api.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, tmp_path):
    """The API on each of the two databases."""
    api = build(tmp_path, url=postgres().database(prepared=True) if request.param == "postgresql" else None)
    yield api
    api.close()


def shown(client, number=1):
    return client.get(f"{LIST}/{incident_id(number)}").json()


def test_a_report_becomes_an_incident_with_its_picture(api):
    machine, viewer = api.machine(), api.person("viewer")

    answer = post_report(machine, report(), picture=jpeg())

    assert answer.status_code == 201
    assert shown(viewer) == answer.json()
    assert answer.json()["review"] == "pending"
    assert answer.json()["place"] == report()["place"]
    assert answer.json()["cell"] == report()["cell"]
    picture = viewer.get(answer.json()["evidence"][0]["url"])
    assert picture.content == jpeg()


def test_a_report_without_a_picture_is_taken_in(api):
    answer = post_report(api.machine(), report(box=None, place=None, cell=None, feed_name=""))

    assert answer.status_code == 201
    assert answer.json()["evidence"] == []
    assert answer.json()["feed_name"] == "cam-1"


def test_a_repeat_is_answered_with_what_the_first_was_answered(api):
    machine = api.machine()
    first = post_report(machine, report(), picture=jpeg())
    post_report(machine, report(sequence=1), picture=jpeg(1))

    repeat = post_report(machine, report(), picture=jpeg())

    assert (first.status_code, repeat.status_code) == (201, 200)
    assert repeat.json() == first.json()


def test_duplicates_at_the_same_time_make_one_incident(either):
    machine = either.machine()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post_report(machine, report(), picture=jpeg()), range(16)))

    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert len(answers[0].json()["evidence"]) == 1


def test_a_key_used_for_another_report_is_refused(api):
    machine = api.machine()
    post_report(machine, report(), key="the-key")

    answer = post_report(machine, report(2), key="the-key")

    assert answer.status_code == 422
    assert "used for another report" in answer.json()["detail"]


def test_a_report_without_a_key_is_refused(api):
    answer = api.machine().post(LIST, data={"report": "{}"}, files={"_": b""})

    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ('{"incident_id": "x"}', "incident_id"),
        ("no json", "report"),
        ('{"surprise": 1}', "surprise"),
        ("[]", "report"),
    ],
)
def test_a_report_that_cannot_be_read_is_told_where(api, body, where):
    answer = api.machine().post(LIST, data={"report": body}, files={"_": b""}, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 422
    assert any(where in mistake["where"] for mistake in answer.json()["errors"])


@pytest.mark.parametrize("kind", ["seen", "ended"])
def test_a_report_of_an_unknown_incident_makes_it(api, kind):
    answer = post_report(api.machine(), report(sequence=7, kind=kind))

    assert answer.status_code == 201
    assert answer.json()["present"] is (kind == "seen")
    assert (answer.json()["ended_at"] is None) is (kind == "seen")


def test_further_sightings_add_up_on_one_incident(api):
    machine = api.machine()
    post_report(machine, report(), picture=jpeg())

    answer = post_report(machine, report(sequence=1, score=0.95), picture=jpeg(1)).json()

    assert (answer["sightings"], answer["score"], len(answer["evidence"])) == (3, 0.95, 2)
    assert answer["first_seen"] == "2026-07-01T11:50:00Z"
    assert answer["last_seen"] == "2026-07-01T11:59:01Z"


def test_reports_that_arrive_out_of_order_do_not_turn_back_time(api):
    machine = api.machine()
    post_report(machine, report())
    post_report(machine, report(sequence=2, kind="ended"))

    late = post_report(machine, report(sequence=1, score=0.99)).json()

    assert late["present"] is False
    assert late["ended_at"] == "2026-07-01T11:59:02Z"
    assert late["score"] == 0.99


def test_what_came_back_is_present_again(api):
    machine = api.machine()
    post_report(machine, report())
    post_report(machine, report(sequence=1, kind="ended"))

    back = post_report(machine, report(sequence=2)).json()

    assert (back["present"], back["ended_at"]) == (True, None)


def test_a_high_score_files_a_case_at_once_and_only_once(either):
    machine, viewer = either.machine(), either.person("viewer")
    post_report(machine, report(matter="street_vending", label="stall", score=0.85))
    assert shown(viewer)["case_id"] is None

    filed = post_report(machine, report(sequence=1, matter="street_vending", score=0.92)).json()
    post_report(machine, report(sequence=2, matter="street_vending", score=0.97))

    assert filed["case_id"] == "GP-20260701-000001"
    assert filed["review"] == "pending"
    (case,) = viewer.get("/api/v1/cases").json()["items"]
    assert (case["origin"], case["filed_by"], case["state"]) == ("auto", "patrol", "filed")


def test_a_matter_without_a_rule_for_it_never_files_by_itself(api):
    assert post_report(api.machine(), report(score=1.0)).json()["case_id"] is None
    assert post_report(api.machine(), report(2, matter="unheard_of", score=1.0)).json()["case_id"] is None


def test_paging_is_stable_while_incidents_come_in(api):
    machine, viewer = api.machine(), api.person("viewer")
    for number in range(1, 8):
        post_report(machine, report(number))
        api.clock.forward(seconds=number % 2)
    found, cursor = [], None

    for turn in range(10):
        page = viewer.get(LIST, params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        found += [int(item["id"], 16) for item in page["items"]]
        cursor = page["next_cursor"]
        post_report(machine, report(100 + turn))
        if cursor is None:
            break

    assert sorted(found) == [1, 2, 3, 4, 5, 6, 7]


def test_a_last_page_that_is_just_full_has_no_next(api):
    machine, viewer = api.machine(), api.person("viewer")
    for number in (1, 2):
        post_report(machine, report(number))

    assert viewer.get(LIST, params={"limit": 2}).json()["next_cursor"] is None
    assert viewer.get(LIST, params={"limit": 1}).json()["next_cursor"] is not None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"matter": "illegal_ad"}, [2]),
        ({"feed": "cam-2"}, [2]),
        ({"cell": "c2"}, [2]),
        ({"present": "false"}, [3]),
        ({"min_score": 0.85}, [2]),
        ({"review": "confirmed"}, []),
        ({"order": "oldest"}, [1, 2, 3]),
        ({"order": "score"}, [2, 3, 1]),
        ({"since": "2026-07-01T12:00:01Z"}, [3, 2]),
        ({"until": "2026-07-01T20:00:01+08:00"}, [1]),
    ],
)
def test_the_list_is_filtered_and_ordered_as_asked(api, query, expected):
    machine, viewer = api.machine(), api.person("viewer")
    cell = {"id": "c2", "relation": "nearest", "distance_m": 3.0}
    post_report(machine, report(1))
    api.clock.forward(seconds=1)
    post_report(machine, report(2, matter="illegal_ad", feed_id="cam-2", score=0.9, cell=cell))
    api.clock.forward(seconds=1)
    post_report(machine, report(3, kind="ended"))

    items = viewer.get(LIST, params=query).json()["items"]

    assert [int(item["id"], 16) for item in items] == expected


@pytest.mark.parametrize(
    "cursor", ["x", "eyJh", "W10", "WyJzY29yZSIsICJ4IiwgMC41XQ", "WyJuZXdlc3QiLCAiYSIsIDFd", "é"]
)
def test_a_cursor_of_another_list_is_refused(api, cursor):
    answer = api.person("viewer").get(LIST, params={"cursor": cursor})

    assert answer.status_code == 422
    assert "start again without it" in answer.json()["detail"]


def test_what_was_found_there_before_comes_newest_first(api):
    machine, viewer = api.machine(), api.person("viewer")
    for number in (1, 2, 3):
        post_report(machine, report(number), picture=jpeg(number))
        api.clock.forward(hours=1)
    post_report(machine, report(4, place={"lon": 114.4, "lat": 30.6, "accuracy_m": 5, "method": "fix"}))
    post_report(machine, report(5, feed_id="cam-2"))

    earlier = viewer.get(f"{LIST}/{incident_id(2)}/earlier").json()["items"]

    assert [int(item["id"], 16) for item in earlier] == [3, 1]
    assert all(len(item["evidence"]) == 1 for item in earlier)


@pytest.mark.parametrize("suffix", ["", "/earlier", "/evidence/1.jpg"])
def test_an_unknown_incident_is_told_so(api, suffix):
    answer = api.person("viewer").get(f"{LIST}/{incident_id(9)}{suffix}")

    assert answer.status_code == 404
    assert incident_id(9) in answer.json()["detail"]
