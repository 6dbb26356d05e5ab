"""``gridpatrol bus``: what people see of the bus, and what they can do about dead letters, on a real Redis."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.visited import Visited, VisitedWire
from gridmap.look import Look
from streams.bus.offer import Offer
from streams.bus.redisbus import RedisBus
from streams.due import Due
from streams.visit import Outcome, Visit
from tests.servers.redis import RedisServer

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def redis():
    server = RedisServer()
    yield server
    server.close()


@pytest.fixture
def bus(redis):
    redis.empty()
    bus = RedisBus(redis.url, VisitedWire(), name="one-1-ab")
    bus.lead()
    bus.hold(4)
    yield bus
    bus.close()


@pytest.fixture
def gridpatrol(redis, tmp_path):
    """A function that runs ``gridpatrol bus …`` with this bus and returns exit code and output."""
    (tmp_path / "gridpatrol.yaml").write_text(f"bus: {redis.url}\n")

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["bus", *arguments, "--config", str(tmp_path)])
        return done.exit_code, done.output

    return run


@pytest.fixture
def unmakeable(bus):
    """Two visits that were given up."""
    bus.offer([Offer(f"t{number}", Due(f"cam{number}", NOON), {"memory": {}}) for number in (1, 2)])
    for lease in bus.lease(2, wait_s=1):
        visit = Visit(lease.offer.feed_id, NOON, NOON, NOON, Outcome.UNREACHABLE, "not made")
        told = Visited(visit, visit.outcome, visit.detail, "Gate", Look(visit.feed_id, NOON, seeing=False))
        bus.set_aside(lease, "leased 3 times, and each time the process that had it went silent", told)
    return [letter.key for letter in bus.dead_letters()]


def test_status_names_the_processes_and_the_leader(bus, gridpatrol):
    bus.offer([Offer("t1", Due("cam1", NOON)), Offer("t2", Due("cam2", NOON))])
    bus.lease(1, wait_s=1)

    code, text = gridpatrol("status")

    assert code == 0
    assert text.splitlines() == [
        "one-1-ab  1 of 4 visits under way  leads",
        "1 processes; 1 visits wait for one, 1 are being made",
        "0 results wait to be remembered; 0 dead letters",
    ]
    assert json.loads(gridpatrol("status", "--json")[1])["members"][0]["leads"] is True


def test_dead_letters_are_listed_with_their_reason_and_shown_whole(unmakeable, gridpatrol):
    listed = gridpatrol("dead", "list")[1].splitlines()
    shown = json.loads(gridpatrol("dead", "show", unmakeable[0], "--json")[1])

    assert listed[-1] == "2 dead letters"
    assert listed[0].startswith(unmakeable[0])
    assert listed[0].endswith("offer   cam1  leased 3 times, and each time the process that had it went silent")
    assert (shown["ticket"], json.loads(shown["content"])["due"]["feed_id"]) == ("t1", "cam1")
    assert [one["feed_id"] for one in json.loads(gridpatrol("dead", "list", "--json")[1])] == ["cam1", "cam2"]


def test_one_is_put_back_and_the_rest_dropped(bus, unmakeable, gridpatrol):
    assert gridpatrol("dead", "requeue", unmakeable[0]) == (0, "1 put back\n")
    assert [lease.offer.ticket for lease in bus.lease(5, wait_s=1)] == ["t1"]
    assert gridpatrol("dead", "drop", "--all") == (0, "1 dropped\n")
    assert bus.dead_letters() == []


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["dead", "requeue"], 2, "name the dead letters, or say --all"),
        (["dead", "drop", "9-9"], 1, "there is no dead letter 9-9"),
        (["dead", "show", "9-9"], 1, "there is no dead letter 9-9"),
    ],
)
def test_what_cannot_be_done_is_said(unmakeable, gridpatrol, arguments, code, says):
    done, text = gridpatrol(*arguments)

    assert done == code
    assert says in text


def test_a_bus_that_is_away_or_not_named_is_said(gridpatrol, tmp_path):
    (tmp_path / "gridpatrol.yaml").write_text("bus: redis://:secret@127.0.0.1:1/0\n")
    code, text = gridpatrol("status")
    assert (code, "secret" in text) == (1, False)
    assert "redis://***@127.0.0.1:1/0 does not answer" in text

    (tmp_path / "gridpatrol.yaml").write_text("version: 1\n")
    assert "no bus is named" in gridpatrol("status")[1]
