"""What one look says of a thing that a case stands on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from configs.matters import Rule
from detector.detection import Detection
from gridmap.incident import Incident, Watcher
from gridmap.look import Look
from gridmap.obstacles import Obstacles
from gridmap.recheck import Said, Wanted, said_of
from gridmap.sighting import Sighting
from tests.gridmap.test_followup import AT as BEFORE
from tests.gridmap.test_followup import incident

AT = datetime(2026, 7, 1, 5, tzinfo=UTC)
BOX, ELSEWHERE = (0.1, 0.1, 0.2, 0.2), (0.7, 0.7, 0.8, 0.8)
RULES = {"exposed_garbage": Rule(), "street_vending": Rule()}
WANTED = Wanted(1, 0, "cam", "a", "exposed_garbage", BEFORE, BOX, "its handler reports it done")


def sighting(box=BOX, matter="exposed_garbage") -> Sighting:
    return Sighting(Detection("garbage", 0.8, box, "m"), "cam", matter, AT, (1, 1))


def looked(*sightings: Sighting, **changes) -> Look:
    return Look("cam", AT, **{"seeing": True, "sightings": sightings, **changes})


def said(look: Look, *watched: Incident, wanted: Wanted = WANTED) -> Said:
    return said_of(wanted, look, watched, RULES)[0]


def test_what_is_seen_where_it_was_is_there_whether_its_incident_is_open_or_ended():
    assert said(looked(sighting()), incident()) is Said.THERE
    assert said(looked(sighting())) is Said.THERE


def test_an_open_incident_says_better_where_it_is_than_the_case():
    moved = replace(incident(), watchers=(Watcher("cam", ELSEWHERE),))
    assert said(looked(sighting(ELSEWHERE)), moved) is Said.THERE
    assert said(looked(sighting(ELSEWHERE))) is Said.GONE


def test_what_is_not_seen_is_missed_while_its_incident_is_open_and_gone_when_it_is_not():
    assert said(looked(sighting(ELSEWHERE), sighting(matter="street_vending")), incident()) is Said.MISSED
    assert said(looked(), incident(key="b")) is Said.GONE


def test_where_its_place_is_unknown_anything_of_its_matter_is_it():
    anywhere = replace(WANTED, box=None)
    assert said(looked(sighting(ELSEWHERE)), wanted=anywhere) is Said.THERE
    assert said(looked(sighting(matter="street_vending")), wanted=anywhere) is Said.GONE


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (looked(seeing=False), ""),
        (looked(not_sought=frozenset({"exposed_garbage"})), "its matter is not looked for at this hour"),
        (looked(obstacles=Obstacles(((0.0, 0.0, 0.3, 0.3),))), "something stands before the place"),
        (looked(exempt=(("exposed_garbage", BOX),)), "what is there is exempt at this hour"),
    ],
)
def test_a_look_that_cannot_tell_never_says_gone(look, why):
    assert said_of(WANTED, look, [], RULES) == (Said.BLIND, why)


def test_what_was_seen_in_another_view_is_neither_there_nor_gone():
    for look in (looked(), looked(sighting())):
        assert said_of(WANTED, look, [], RULES, view_since=AT) == (Said.UNWATCHED, "")
        assert said_of(WANTED, look, [incident()], RULES, view_since=AT)[0] is not Said.UNWATCHED
    assert said_of(WANTED, looked(), [], RULES, view_since=BEFORE)[0] is Said.GONE


def test_a_matter_that_is_no_longer_in_the_catalogue_cannot_be_told():
    assert said(looked(), wanted=replace(WANTED, matter="fly_tipping")) is Said.BLIND


def test_a_wanted_look_comes_back_from_its_record():
    record = {
        "id": 1,
        "look": 0,
        "feed_id": "cam",
        "incident_id": "a",
        "matter": "exposed_garbage",
        "seen_at": BEFORE.isoformat(),
        "box": list(BOX),
        "why": WANTED.why,
    }
    assert Wanted.from_record(record) == WANTED
    assert Wanted.from_record(record | {"box": None}).box is None
    with pytest.raises((KeyError, TypeError, ValueError)):
        Wanted.from_record(record | {"box": [0.1]})
