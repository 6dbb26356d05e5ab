"""The patrol's side of re-checks over the real case API and a real schedule: one look is asked for, made and told."""

from __future__ import annotations

import random
from datetime import timedelta

import httpx
import pytest

from api.recheckpost import RecheckPost
from api.visited import Visited
from configs.matters import Rule
from gridmap.look import Look
from gridmap.recheck import Said
from streams.feed import Feed, Protocol
from streams.schedule import Schedule
from streams.visit import Kind, Outcome, Visit
from tests.api.test_http_rechecks import asked, due, ended, filed, lines, states
from tests.servers.case_api import build

FEED = Feed("cam-1", "Gate", "http://x/a.jpg", Protocol.SNAPSHOT, interval_s=3600)


class Leader:
    """A leading patrol's schedule and re-check post, its visits made by hand; the API's clock is its own."""

    def __init__(self, api, *, client: httpx.Client | None = None, vehicle: bool = False, feeds=(FEED,)) -> None:
        self.clock = api.clock
        begin = api.clock()

        def running_s() -> float:
            return (api.clock() - begin).total_seconds()

        self.schedule = Schedule(
            feeds,
            now=api.clock,
            rng=random.Random(1),
            running_s=running_s,
        )
        self.post = RecheckPost(
            client or api.machine(),
            ask=self.schedule.ask,
            vehicle=lambda _: vehicle,
            rules={"exposed_garbage": Rule()},
            now=api.clock,
            wait=lambda _: True,
        )
        self.visits(Outcome.OK)

    def visits(self, outcome: Outcome = Outcome.OK, detail: str = "") -> list[tuple[Kind, str]]:
        """Make every visit that is due, on which nothing is seen, and return what each was made for."""
        made = []
        self.clock.forward(seconds=1)
        for one in self.schedule.take():
            now = self.clock()
            visit = Visit(one.feed_id, one.due_at, now, now, outcome, kind=one.kind, why=one.why)
            look = Look(one.feed_id, now, seeing=outcome.seeing)
            self.post.looked(Visited(visit, outcome, detail, "Gate", look), look, [])
            self.schedule.done(one.feed_id, outcome)
            made.append((one.kind, one.why))
        return made


@pytest.fixture
def api(tmp_path):
    api = build(tmp_path)
    yield api
    api.close()


@pytest.fixture
def li(api):
    return api.person("operator", "li")


def test_a_case_is_looked_at_once_for_its_own_sake_and_the_answer_reaches_it(api, li):
    case, leader = filed(api, li), Leader(api)
    ended(api)
    asked(li, case, why="handled")
    for _ in range(3):
        leader.post.sync()

    assert leader.visits() == [(Kind.FOLLOW_UP, f"{case}: its handler reports it done")]
    assert leader.visits() == []
    leader.post.sync()
    leader.post.sync()

    assert states(li, case) == ["clean"]
    assert leader.visits() == []


def test_several_cases_at_one_camera_share_one_visit(api, li):
    cases, leader = [filed(api, li, number) for number in (1, 2, 3)], Leader(api)
    for number, case in enumerate(cases, start=1):
        ended(api, number)
        asked(li, case, why="handled")
    leader.post.sync()

    assert len(leader.visits()) == 1
    leader.post.sync()

    assert [states(li, case) for case in cases] == [["clean"]] * 3


def test_a_visit_that_was_begun_before_it_was_asked_for_does_not_answer(api, li):
    case, leader = filed(api, li), Leader(api)
    before = api.clock() - timedelta(seconds=1)
    asked(li, case, why="handled")
    leader.post.sync()
    visit = Visit("cam-1", before, before, api.clock(), Outcome.OK)
    look = Look("cam-1", api.clock(), seeing=True)
    leader.post.looked(Visited(visit, Outcome.OK, "", "Gate", look), look, [])
    leader.post.sync()

    assert due(api.machine()) == [(1, 0)]
    assert len(leader.visits()) == 1


def test_a_camera_that_cannot_see_is_asked_again_by_the_apis_clock_and_says_why(api, li):
    case, leader = filed(api, li), Leader(api)
    asked(li, case, why="handled")
    leader.post.sync()
    leader.visits(Outcome.TURNED, "the camera looks elsewhere")
    leader.post.sync()
    assert li.get(f"/api/v1/cases/{case}").json()["rechecks"][0]["detail"] == "the camera looks elsewhere"
    assert leader.visits() == []

    api.clock.forward(minutes=5)
    leader.post.sync()

    assert [kind for kind, _ in leader.visits()] == [Kind.FOLLOW_UP]


def test_a_leader_that_dies_takes_no_recheck_with_it(api, li):
    case, first = filed(api, li), Leader(api)
    ended(api)
    asked(li, case, why="handled")
    first.post.sync()
    first.visits()

    second = Leader(api)
    second.post.sync()
    assert len(second.visits()) == 1
    second.post.sync()
    first.post.sync()

    assert states(li, case) == ["clean"]
    assert [kind for kind, _, _ in lines(li, case)].count("verified") == 1


def test_while_the_api_is_away_the_answer_waits(api, li):
    case, leader = filed(api, li), Leader(api)
    ended(api)
    asked(li, case, why="handled")
    leader.post.sync()
    near, leader.post._client = leader.post._client, httpx.Client(base_url="http://127.0.0.1:9", trust_env=False)
    leader.visits()
    leader.post.sync()
    leader.post._client.close()
    assert states(li, case) == ["open"]

    leader.post._client = near
    leader.post.sync()

    assert states(li, case) == ["clean"]
    assert leader.visits() == []


def test_a_vehicle_and_a_camera_that_is_not_visited_are_refused_without_a_visit(api, li):
    on_bus, removed = filed(api, li), filed(api, li, 2, feed_id="cam-2")
    asked(li, on_bus)
    bus = Leader(api, vehicle=True)
    bus.post.sync()
    bus.post.sync()
    assert (bus.visits(), states(li, on_bus)) == ([], ["person"])

    asked(li, removed)
    leader = Leader(api)
    leader.post.sync()
    leader.post.sync()
    assert (leader.visits(), states(li, removed)) == ([], ["person"])
    assert lines(li, removed)[-1] == ("unverified", "patrol", "unknown")


def test_what_is_no_longer_asked_for_is_not_answered(api, li):
    case, leader = filed(api, li), Leader(api)
    asked(li, case, why="handled")
    leader.post.sync()
    li.delete(f"/api/v1/incidents/{1:032x}/verdict")
    leader.post.sync()
    leader.visits()
    leader.post.sync()

    assert states(li, case) == ["open"]
    assert li.get(f"/api/v1/cases/{case}").json()["rechecks"][0]["looks"] == 0


def test_the_answers_of_a_long_silence_fit_into_requests(api, li):
    cases, leader = [filed(api, li, number) for number in range(1, 4)], Leader(api)
    for case in cases:
        asked(li, case, why="handled")
    leader.post.sync()
    leader.visits(Outcome.TURNED, "字" * 500)
    # As many more as a city's deadlines of one night, of re-checks that the API does not know.
    for number in range(1000, 3000):
        leader.post._answer((number, 0), Said.BLIND, at=api.clock(), detail="字" * 500)
    for _ in range(8):
        leader.post.sync()

    assert [li.get(f"/api/v1/cases/{case}").json()["rechecks"][0]["looks"] for case in cases] == [1, 1, 1]
    assert leader.post._answers == {}
