"""Muted places: obeyed while they look the same, released when that ends, remembered over a restart."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from configs.settings import MuteSettings
from detector.detection import Detection
from gridmap.imprint import Imprint, imprint
from gridmap.muted import Looked, MutedPlace, MutedPlaces, Told
from gridmap.sighting import Sighting
from tests.servers.looks import BOX, look_of, place

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
STATUE = Looked(BOX, Imprint.of_text(look_of(1)))


def mute(key: int = 1, *looks: Looked, feed="cam", matter="garbage", days=30.0) -> MutedPlace:
    return MutedPlace(key, feed, matter, NOON + timedelta(days=days), looks or (STATUE,))


def sighting(box=BOX, *, feed="cam", matter="garbage") -> Sighting:
    x1, y1, x2, y2 = (1000 * value for value in box)
    return Sighting(Detection("garbage", 0.8, (x1, y1, x2, y2), "m@1"), feed, matter, NOON, (1000, 1000))


class Patrol:
    """Muted places, and visits that look at a drawn place."""

    def __init__(self, *mutes: MutedPlace, **settings) -> None:
        self.places = MutedPlaces(MuteSettings(**settings))
        self.places.listed(mutes)
        self.at = NOON

    def visit(self, *sightings: Sighting, kind: int = 1, light: float = 1.0) -> list[bool]:
        """Return which sightings were muted."""
        self.at += timedelta(minutes=5)
        view = place(kind, light=light, seed=self.at.minute)
        found = self.places.sorted(sightings or (sighting(),), partial(imprint, view), at=self.at)
        return [one.muted for one in found]

    @property
    def released(self) -> list[int]:
        return [place.id for place in self.places.released("cam")]


def test_only_its_matter_at_its_place_in_its_feed_is_muted():
    patrol = Patrol(mute())
    elsewhere, over = (0.6, 0.4, 0.8, 0.7), (0.31, 0.41, 0.51, 0.72)

    assert patrol.visit(
        sighting(),
        sighting(over),
        sighting(elsewhere),
        sighting(matter="ad"),
        sighting(feed="other"),
    ) == [True, True, False, False, False]


def test_light_does_not_end_a_mute_and_something_else_does_after_two_visits_in_a_row():
    patrol = Patrol(mute())

    assert [patrol.visit(light=light) for light in (1.0, 0.6, 0.8)] == [[True]] * 3
    assert [patrol.visit(kind=kind) for kind in (2, 1, 2)] == [[True]] * 3
    assert patrol.released == []
    assert patrol.visit(kind=2) == [False]

    assert patrol.released == [1]
    assert patrol.released == []
    assert patrol.visit(kind=1) == [False]
    (told,) = patrol.places.news()
    assert told.changed
    assert told.unlike > MuteSettings().look_changed_over
    assert told.held_back == 6


def test_a_place_known_by_two_looks_is_muted_under_both():
    night = Looked(BOX, Imprint.of_text(look_of(2)))
    patrol = Patrol(mute(1, STATUE, night))

    assert [patrol.visit(kind=kind) for kind in (1, 2, 2, 2, 1)] == [[True]] * 5


def test_it_ends_when_its_time_is_up_without_anybody_saying_so():
    patrol = Patrol(mute(days=0.01))

    assert [patrol.visit() for _ in range(4)] == [[True], [True], [False], [False]]
    assert patrol.released == [1]


def test_what_is_no_longer_listed_is_released_and_what_is_listed_again_is_obeyed_again():
    patrol = Patrol(mute())
    patrol.visit()

    patrol.places.listed([])
    assert (patrol.visit(), patrol.released) == ([False], [1])
    patrol.places.listed([mute()])

    assert (patrol.visit(), patrol.released) == ([True], [])


def test_one_that_ended_here_stays_ended_while_the_api_still_lists_it():
    patrol = Patrol(mute(), look_changed_visits=1)
    patrol.visit(kind=2)

    patrol.places.listed([mute()])
    assert patrol.visit() == [False]
    patrol.places.listed([])
    assert patrol.places.news() == []
    patrol.places.listed([mute()])

    assert patrol.visit() == [True]


def test_a_list_that_changes_a_mute_keeps_what_was_counted():
    patrol = Patrol(mute())
    patrol.visit()
    patrol.visit(kind=2)

    patrol.places.listed([mute(days=60)])

    assert patrol.visit(kind=2) == [False]
    assert patrol.places.news()[0].held_back == 2


def test_a_place_that_cannot_be_seen_stays_muted_and_is_not_compared():
    places = MutedPlaces(MuteSettings(look_changed_visits=1))
    places.listed([mute()])

    (found,) = places.sorted([sighting()], lambda _: None, at=NOON)

    assert found.muted
    assert places.news() == [Told(1, held_back=1, at=NOON)]


def test_without_a_finding_there_is_nothing_to_compare_or_tell():
    patrol = Patrol(mute())
    patrol.visit(sighting((0.6, 0.4, 0.8, 0.7)), kind=2)

    assert patrol.places.news() == []
    assert patrol.places.count() == 1


def test_everything_outlives_the_process():
    patrol = Patrol(mute(1), mute(2, feed="b"), mute(3, feed="c"), look_changed_visits=2)
    patrol.places.listed([mute(1), mute(2, feed="b")])
    patrol.visit(kind=2)

    later = MutedPlaces(MuteSettings())
    later.restore(patrol.places.written())

    assert later.written() == patrol.places.written()
    assert [place.id for place in later.released("c")] == [3]
    assert later.count() == 2
    found = later.sorted([sighting()], partial(imprint, place(2)), at=NOON)
    assert [one.muted for one in found] == [False]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"kept": [1], "ended": [], "released": []}'])
def test_a_memory_that_cannot_be_read_is_refused_whole(text):
    places = MutedPlaces(MuteSettings())
    places.listed([mute()])

    with pytest.raises((KeyError, TypeError, ValueError)):
        places.restore(text)

    assert places.count() == 1


def test_looks_of_another_version_are_left_out_and_a_mute_without_any_is_not_obeyed():
    record = json.loads(json.dumps(mute().as_record()))
    record["looks"][0]["look"] = "9:whatever"
    places = MutedPlaces(MuteSettings())

    places.listed([MutedPlace.from_record(record)])

    assert places.count() == 0
