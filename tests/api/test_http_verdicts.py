"""Operators' verdicts, what they do to cases, and how they are undone."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.case_api import build, incident_id, jpeg, post_report, report
from tests.servers.postgres import postgres


@pytest.fixture
def api(request, tmp_path):
    """The API on SQLite, or where a test asks for it on PostgreSQL."""
    on_postgres = getattr(request, "param", "sqlite") == "postgresql"
    api = build(tmp_path, url=postgres().database(prepared=True) if on_postgres else None)
    yield api
    api.close()


on_both = pytest.mark.parametrize("api", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def li(api):
    """An operator, with incident 1 waiting for review."""
    post_report(api.machine(), report(), picture=jpeg())
    return api.person("operator", "li")


def judge(client, number=1, **verdict):
    return client.post(f"/api/v1/incidents/{incident_id(number)}/verdicts", json=verdict)


def undo(client, number=1):
    return client.delete(f"/api/v1/incidents/{incident_id(number)}/verdict")


def shown(client, number=1):
    return client.get(f"/api/v1/incidents/{incident_id(number)}").json()


def case(client, case_id="GP-20260701-000001"):
    return client.get(f"/api/v1/cases/{case_id}").json()


def log(client, case_id="GP-20260701-000001"):
    lines = client.get(f"/api/v1/cases/{case_id}/events").json()
    return [(line["kind"], line["by"]) for line in lines]


@on_both
def test_confirming_files_a_case(api, li):
    answer = judge(li, kind="confirm", note="as seen")

    assert answer.status_code == 201
    assert answer.json()["review"] == "confirmed"
    assert answer.json()["case_id"] == "GP-20260701-000001"
    filed = case(li)
    assert (filed["state"], filed["origin"], filed["filed_by"]) == ("filed", "verdict", "li")
    assert filed["matter_name"] == {"zh": "暴露垃圾", "en": "Exposed garbage"}
    assert filed["evidence"] == answer.json()["evidence"]
    assert log(li) == [("filed", "li")]


def test_a_case_carries_the_date_of_the_citys_clock(api, li):
    api.clock.forward(hours=5)  # 17:00 UTC is 01:00 of the next day in the city

    assert judge(li, kind="confirm").json()["case_id"] == "GP-20260702-000001"


def test_rejecting_files_nothing(li):
    answer = judge(li, kind="reject", reason="permitted", note="market day")

    assert answer.json()["review"] == "rejected"
    assert answer.json()["case_id"] is None
    (said,) = answer.json()["verdicts"]
    assert (said["reason"], said["note"], said["by"], said["undone_at"]) == ("permitted", "market day", "li", None)


def test_reclassing_changes_the_matter_and_confirms(li):
    answer = judge(li, kind="reclass", matter="illegal_ad").json()

    assert (answer["matter"], answer["review"]) == ("illegal_ad", "confirmed")
    assert case(li)["matter"] == "illegal_ad"
    assert undo(li).json()["matter"] == "exposed_garbage"
    assert case(li)["state"] == "void"


def test_merging_puts_the_pictures_on_the_other_incident_until_undone(api, li):
    post_report(api.machine(), report(2), picture=jpeg(2))
    judge(li, 2, kind="confirm")

    answer = judge(li, 1, kind="merge", into=incident_id(2)).json()

    assert (answer["review"], answer["merged_into"]) == ("merged", incident_id(2))
    assert len(answer["evidence"]) == 1
    assert len(shown(li, 2)["evidence"]) == 2
    assert len(case(li)["evidence"]) == 2
    assert log(li) == [("filed", "li"), ("merged", "li")]
    assert li.get(shown(li, 2)["evidence"][0]["url"]).status_code == 200

    undo(li, 1)

    assert len(shown(li, 2)["evidence"]) == 1
    assert shown(li, 1)["review"] == "pending"


@on_both
def test_a_chain_of_merges_ends_in_one_incident_and_comes_apart_again(api, li):
    for number in (2, 3):
        post_report(api.machine(), report(number), picture=jpeg(number))
    judge(li, 1, kind="merge", into=incident_id(2))
    judge(li, 2, kind="merge", into=incident_id(3))
    assert len(shown(li, 3)["evidence"]) == 3

    undo(li, 2)

    assert [len(shown(li, number)["evidence"]) for number in (1, 2, 3)] == [1, 2, 1]


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        ({"kind": "reject"}, "needs 'reason'"),
        ({"kind": "merge"}, "needs 'into'"),
        ({"kind": "reclass"}, "needs 'matter'"),
        ({"kind": "confirm", "reason": "other"}, "does not belong"),
        ({"kind": "reclass", "matter": "no_such"}, "no matter of the catalogue"),
        ({"kind": "merge", "into": incident_id(1)}, "into itself"),
        ({"kind": "merge", "into": incident_id(99)}, "there is no incident"),
        ({"kind": "applaud"}, "kind"),
        ({"kind": "reject", "reason": "bored"}, "reason"),
        ({"kind": "confirm", "note": "x" * 1001}, "note"),
    ],
)
def test_a_verdict_that_contradicts_itself_is_refused(li, verdict, says):
    answer = judge(li, **verdict)

    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert shown(li)["verdicts"] == []


def test_merging_into_a_merged_incident_is_refused(api, li):
    for number in (2, 3):
        post_report(api.machine(), report(number))
    judge(li, 2, kind="merge", into=incident_id(3))

    answer = judge(li, 1, kind="merge", into=incident_id(2))

    assert answer.status_code == 409
    assert incident_id(3) in answer.json()["detail"]


def test_a_second_verdict_is_refused_and_says_who_was_first(api, li):
    wang = api.person("operator", "wang")
    judge(li, kind="confirm")

    answer = judge(wang, kind="reject", reason="unclear")

    assert answer.status_code == 409
    assert "already confirmed by li" in answer.json()["detail"]
    assert "undo" in answer.json()["detail"]


def test_the_same_verdict_given_twice_is_one(api, li):
    wang = api.person("operator", "wang")

    first, second = judge(li, kind="confirm"), judge(wang, kind="confirm")

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()


@on_both
def test_of_two_operators_at_the_same_time_one_wins(api, li):
    wang = api.person("operator", "wang")
    verdicts = [(li, {"kind": "confirm"}), (wang, {"kind": "reject", "reason": "unclear"})] * 4

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: judge(each[0], **each[1]).status_code, verdicts))

    assert sorted(answers) == [200, 200, 200, 201, 409, 409, 409, 409]
    assert len(shown(li)["verdicts"]) == 1


@on_both
def test_operators_who_confirm_at_the_same_time_get_cases_without_gap_or_duplicate(api, li):
    machine = api.machine()
    for number in range(1, 13):
        post_report(machine, report(number))

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda number: judge(li, number, kind="confirm").json(), range(1, 13)))

    assert sorted(answer["case_id"] for answer in answers) == [f"GP-20260701-{n:06d}" for n in range(1, 13)]


@on_both
def test_undoing_a_confirmation_voids_its_case_and_redoing_files_it_again(api, li):
    judge(li, kind="confirm")

    undone = undo(li).json()
    assert undone["review"] == "pending"
    assert undone["verdicts"][0]["undone_at"] is not None
    assert case(li)["state"] == "void"

    again = judge(li, kind="confirm").json()
    assert again["case_id"] == "GP-20260701-000001"
    assert case(li)["state"] == "filed"
    assert log(li) == [("filed", "li"), ("void", "li"), ("refiled", "li")]


def test_there_is_nothing_to_undo_twice(li):
    judge(li, kind="confirm")
    undo(li)

    answer = undo(li)

    assert answer.status_code == 409
    assert "no verdict to undo" in answer.json()["detail"]


def test_rejecting_an_automatic_case_voids_it_and_undoing_files_it_again(api, li):
    post_report(api.machine(), report(2, matter="street_vending", score=0.95))

    judge(li, 2, kind="reject", reason="permitted")
    assert case(li)["state"] == "void"
    undo(li, 2)

    assert case(li)["state"] == "filed"
    assert log(li) == [("filed", "patrol"), ("void", "li"), ("refiled", "li")]


def test_a_rejected_incident_that_is_seen_again_files_no_case(api, li):
    post_report(api.machine(), report(2, matter="street_vending", score=0.5))
    judge(li, 2, kind="reject", reason="permitted")

    seen = post_report(api.machine(), report(2, sequence=1, matter="street_vending", score=0.99)).json()

    assert (seen["review"], seen["case_id"]) == ("rejected", None)


def test_confirming_an_automatic_case_keeps_it_also_when_undone(api, li):
    post_report(api.machine(), report(2, matter="street_vending", score=0.95))

    judge(li, 2, kind="confirm")
    undo(li, 2)

    assert case(li)["state"] == "filed"
    assert log(li) == [("filed", "patrol")]


def test_reclassing_an_automatic_case_is_logged_both_ways(api, li):
    post_report(api.machine(), report(2, matter="street_vending", score=0.95))

    judge(li, 2, kind="reclass", matter="illegal_ad")
    assert case(li)["matter"] == "illegal_ad"
    undo(li, 2)

    assert case(li)["matter"] == "street_vending"
    assert [kind for kind, _ in log(li)] == ["filed", "reclassed", "reclassed"]


def test_merging_an_incident_with_a_case_voids_that_case_until_undone(api, li):
    post_report(api.machine(), report(2, matter="street_vending", score=0.95))

    judge(li, 2, kind="merge", into=incident_id(1))
    assert case(li)["state"] == "void"
    undo(li, 2)

    assert case(li)["state"] == "filed"
    assert [kind for kind, _ in log(li)] == ["filed", "merged", "refiled"]


def test_a_case_hears_when_its_thing_is_gone_and_when_it_is_back(api, li):
    judge(li, kind="confirm")
    machine = api.machine()

    for sequence, kind in ((1, "seen"), (2, "ended"), (3, "seen"), (4, "seen")):
        post_report(machine, report(sequence=sequence, kind=kind))

    assert log(li) == [("filed", "li"), ("gone", "patrol"), ("seen", "patrol")]
    assert case(li)["present"] is True


def test_every_order_of_verdicts_and_undoing_leaves_incident_and_case_in_step(api, li):
    """Whatever operators do, a filed case stands exactly on a confirmed incident (or an automatic pending one)."""
    steps = [{"kind": "confirm"}, {"kind": "reject", "reason": "other"}, {"kind": "reclass", "matter": "illegal_ad"}]
    for automatic in (False, True):
        number = 10 + automatic
        post_report(api.machine(), report(number, matter="street_vending", score=0.95 if automatic else 0.5))
        for first, second in itertools.product(steps, repeat=2):
            for step in (first, second):
                judge(li, number, **step)
                now = shown(li, number)
                filed = bool(now["case_id"]) and case(li, now["case_id"])["state"] == "filed"
                assert filed is (now["review"] == "confirmed"), (automatic, first, second)
                undo(li, number)
                assert shown(li, number)["matter"] == "street_vending"
