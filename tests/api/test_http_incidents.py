"""Reports come in once, whatever happens; lists can be paged while they grow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.case_api import build, incident_id, jpeg, post_report, report


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path)
    yield api
    api.close()


def test_a_report_becomes_an_incident_with_its_picture(api):
    machine, viewer = api.machine(), api.person("viewer")

    answer = post_report(machine, report(), picture=jpeg())

    assert answer.status_code == 201
    shown = viewer.get(f"/api/v1/incidents/{incident_id(1)}").json()
    assert shown == answer.json()
    assert shown["review"] == "pending"
    assert shown["place"]["lon"] == 114.3
    picture = viewer.get(shown["evidence"][0]["url"])
    assert picture.content == jpeg()


def test_a_repeat_is_answered_with_what_the_first_was_answered(api):
    machine = api.machine()
    first = post_report(machine, report(), picture=jpeg())
    post_report(machine, report(sequence=1), picture=jpeg(1))

    repeat = post_report(machine, report(), picture=jpeg())

    assert (first.status_code, repeat.status_code) == (201, 200)
    assert repeat.json() == first.json()


def test_duplicates_at_the_same_time_make_one_incident(api):
    machine = api.machine()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post_report(machine, report(), picture=jpeg()), range(16)))

    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert len(answers[0].json()["evidence"]) == 1
