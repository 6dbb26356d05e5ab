"""Processes are killed and come back: nothing confirmed is lost, nothing is told twice."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections import Counter, defaultdict
from pathlib import Path

import httpx
import pytest

from tests.e2e.patrol_city import (
    Running,
    StillCamera,
    camera,
    eventually,
    incidents,
    running,
    still,
    write_config,
)

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def garbage_heap():
    with StillCamera(still("00481")) as looks_at_garbage:
        yield looks_at_garbage


def confirmed_in_ledger(config: Path) -> set[str]:
    """What the patrol has promised to tell: every incident for which it ever wrote a report."""
    with sqlite3.connect(f"file:{config / 'var' / 'patrol.db'}?mode=ro", uri=True) as ledger:
        return {row[0] for row in ledger.execute("SELECT id FROM incident WHERE reports > 0")}


def assert_told_once(config: Path) -> None:
    """At rest: the API took each incident's reports 0, 1, 2 … without a gap, one picture each, and no other incident.

    A report taken twice would leave a second picture of the same look; one that was lost, a gap.
    """
    with (
        sqlite3.connect(config / "var" / "patrol.db") as ledger,
        sqlite3.connect(config / "var" / "cases.db") as cases,
    ):
        written = dict(ledger.execute("SELECT id, reports FROM incident WHERE reports > 0"))
        waiting = Counter(row[0] for row in ledger.execute("SELECT incident_id FROM report"))
        ended = {row[0] for row in cases.execute("SELECT id FROM incidents WHERE ended_at IS NOT NULL")}
        sequences, looks = defaultdict(list), defaultdict(list)
        for (key,) in cases.execute("SELECT key FROM receipts"):
            incident, _, sequence = key.partition(":")
            sequences[incident].append(int(sequence))
        for incident, at in cases.execute("SELECT incident_id, captured_at FROM evidence"):
            looks[incident].append(at)
        known = {row[0] for row in cases.execute("SELECT id FROM incidents")}

    assert known == set(sequences) <= set(written)
    for incident, taken in sequences.items():
        assert sorted(taken) == list(range(len(taken)))
        assert written[incident] - waiting[incident] <= len(taken) <= written[incident]
        assert len(set(looks[incident])) == len(looks[incident]) == len(taken) - (incident in ended)


def told(city: Running) -> list[str]:
    with city.operator() as client:
        return [incident["id"] for incident in incidents(client)]


def test_a_killed_patrol_comes_back_and_goes_on_with_the_same_incident(tmp_path, garbage_heap):
    config = write_config(tmp_path / "city", [camera("cam", garbage_heap.url("/live.jpg"))])
    with running(config) as city, city.operator() as client:
        before = eventually(lambda: incidents(client), what="an incident")
        first = city.child("patrol")

        os.kill(first, signal.SIGKILL)

        eventually(lambda: city._child("patrol") not in {None, first}, what="another patrol")
        seen = before[0]["sightings"]
        after = eventually(
            lambda: [each for each in incidents(client) if each["sightings"] > seen + 1],
            what="the same incident seen again",
        )
        assert after[0]["id"] == before[0]["id"]
        assert len(incidents(client)) == len(before)
    assert_told_once(config)


def test_reports_wait_while_the_api_is_dead_and_arrive_once(tmp_path, garbage_heap):
    """The API is stopped before anything is confirmed; when it is back everything is there, once."""
    config = write_config(tmp_path / "city", [camera("cam", garbage_heap.url("/live.jpg"))])
    with running(config) as city:
        api = city.child("serve-api")
        os.kill(api, signal.SIGSTOP)
        promised = eventually(lambda: confirmed_in_ledger(config), what="a confirmed incident")

        os.kill(api, signal.SIGKILL)

        eventually(lambda: city._child("serve-api") not in {None, api}, what="another API")
        eventually(lambda: _answers(city), what="the API's answer")
        eventually(lambda: promised <= set(told(city)), what="the report")
    assert_told_once(config)


def test_everything_killed_at_once_loses_nothing_over_a_new_start(tmp_path, garbage_heap):
    config = write_config(tmp_path / "city", [camera("cam", garbage_heap.url("/live.jpg"))])
    city = Running(config).wait_ready()
    try:
        eventually(lambda: confirmed_in_ledger(config), what="a confirmed incident")
        children = [city.child("patrol"), city.child("serve-api")]
        for pid in (city.process.pid, *children):
            os.kill(pid, signal.SIGKILL)
        city.process.wait()
        promised = confirmed_in_ledger(config)

        with running(config) as again:
            eventually(lambda: promised <= set(told(again)), what="the reports of the first run")
        assert_told_once(config)
    finally:
        if city.process.poll() is None:
            city.stop()


def _answers(city: Running) -> bool:
    try:
        return bool(told(city))
    except httpx.HTTPError:
        return False
