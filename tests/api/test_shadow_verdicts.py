"""A candidate against verdicts that operators gave through the real API, kept in a real store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.shadowreport import ShadowReport
from api.shadowverdicts import Judge, Standing, read_judged
from detector.detection import Detection
from detector.shadow import ShadowLook
from detector.shadowreport import compare
from tests.servers.case_api import CATALOGUE, build, incident_id, jpeg, post_report, report

SEEN_AT = datetime(2026, 7, 1, 11, 55, tzinfo=UTC)
"""Within the reports' first and last sighting."""
HEAP = (160.0, 120.0, 480.0, 360.0)
"""The reports' box in a picture of 640 × 480."""
ELSEWHERE = (0.0, 0.0, 100.0, 100.0)


@pytest.fixture
def api(tmp_path):
    made = build(tmp_path)
    yield made
    made.close()


def judged(api, number: int, kind: str, **changes) -> None:
    """Let an incident be reported and judged."""
    body = report(number, **changes)
    assert post_report(api.machine(), body, picture=jpeg(number)).is_success
    ruling = {"kind": kind} | ({"reason": "not_there"} if kind == "reject" else {})
    operator = api.person(username=f"operator{number}")
    answer = operator.post(f"/api/v1/incidents/{incident_id(number)}/verdicts", json=ruling)
    assert answer.is_success, answer.text


def look(feed: str = "cam-1", *, minutes: float = 0, candidate=HEAP, serving=HEAP, at=SEEN_AT) -> ShadowLook:
    def found(box):
        return (Detection("garbage", 0.8, box, "m"),) if box else ()

    moment = at + timedelta(minutes=minutes)
    return ShadowLook(feed, moment, 640, 480, "old@1", "new@2", found(serving), found(candidate), 20.0)


def stand(api, looks, *, vehicles=()) -> Standing:
    judge = Judge(
        serving=lambda _: 0.4,
        shadow=lambda _: 0.4,
        matter_of=lambda label: matter.key if (matter := CATALOGUE.of_label(label)) else None,
        vehicles=vehicles,
    )
    return judge.stand(list(read_judged(api.deps.store, SEEN_AT - timedelta(hours=1))), looks)


def test_confirmed_ones_it_sees_and_rejected_ones_it_does_not(api):
    judged(api, 1, "confirm", feed_id="cam-1")
    judged(api, 2, "confirm", feed_id="cam-2")
    judged(api, 3, "reject", feed_id="cam-3")
    looks = [look("cam-1"), look("cam-2", candidate=ELSEWHERE), look("cam-3", candidate=None)]

    assert stand(api, looks) == Standing(confirmed=2, confirmed_seen=1, rejected=1, rejected_seen=0)


def test_of_several_looks_half_must_show_it(api):
    judged(api, 1, "confirm")

    assert stand(api, [look(), look(minutes=1, candidate=None)]).confirmed_seen == 1
    assert stand(api, [look(), *(look(minutes=n, candidate=None) for n in (1, 2))]).confirmed_seen == 0


def test_what_nobody_looked_at_or_the_serving_model_did_not_see_then_is_left_out(api):
    judged(api, 1, "confirm")

    assert stand(api, [look(minutes=30), look("cam-9"), look(serving=None)]) == Standing()


def test_from_a_vehicle_only_the_picture_of_the_evidence_counts(api):
    judged(api, 1, "confirm", feed_id="car")
    evidence_at = datetime.fromisoformat(report(1)["captured_at"])

    assert stand(api, [look("car")], vehicles={"car"}) == Standing()
    assert stand(api, [look("car", at=evidence_at)], vehicles={"car"}).confirmed_seen == 1


def test_the_report_says_it_in_lines_and_in_plain_values():
    looks = [look(), look(minutes=1, candidate=None)]
    compared = compare(looks, serving=lambda _: 0.4, shadow=lambda _: 0.4)
    made = ShadowReport("old@1", "new@2", SEEN_AT, SEEN_AT, compared, Standing(4, 3, 2, 0), ("a note",))

    text = "\n".join(made.lines())

    assert "3 of 4 incidents (75%) it sees too" in text
    assert "2 of 2 incidents (100%) it would not have raised" in text
    assert "cam-1: 1 only serving, 0 only candidate" in text
    assert "CPU a look  not measured serving, 20.0 ms candidate" in text
    assert made.lines()[-1].startswith("NOT enough to judge by: 2 pictures of 1 feeds, 2 findings of either model")
    assert made.as_json()["total"] == {"both": 1, "only_serving": 1, "only_shadow": 0, "agreement": 0.5}
