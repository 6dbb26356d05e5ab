"""Grouping: one thing is one incident, believed when it lasts, ended when seen gone, whatever the order of events."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.matters import Catalogue, Matter, Names, Rule
from detector.detection import Detection
from gridmap.grouping import IncidentBook
from gridmap.incident import Change, Stage
from gridmap.look import Look
from gridmap.place import CellMatch, Method, Place, Relation
from gridmap.sighting import Sighting

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LON, LAT = 106.5, 29.5
M_PER_DEGREE = math.radians(1) * 6_371_008.8
SEEN, CONFIRMED, ENDED, UNWATCHED = Change.SEEN, Change.CONFIRMED, Change.ENDED, Change.UNWATCHED


def matter(key: str, **rule) -> Matter:
    return Matter(key=key, names=Names(zh=key, en=key), labels=(key,), rule=Rule(**rule))


CATALOGUE = Catalogue(
    matters=(
        matter("garbage", seen=2, of=3, gone_after=3),
        matter("vending", dwell_s=180, gone_after=2),
        matter("ad", seen=1, of=1, gone_after=3),
    )
)


def new_book(first: int = 0, catalogue: Catalogue = CATALOGUE) -> IncidentBook:
    ids = count(first)
    return IncidentBook(catalogue, new_id=lambda: f"{next(ids):032x}")


def ground(north_m: float = 0.0, east_m: float = 0.0, accuracy_m: float = 3.0, method=Method.HOMOGRAPHY) -> Place:
    lon = LON + east_m / M_PER_DEGREE / math.cos(math.radians(LAT))
    return Place(lon, LAT + north_m / M_PER_DEGREE, accuracy_m, method)


def sighting(box=(10, 10, 30, 30), *, kind="garbage", feed="cam", score=0.8, place=None, dwell_s=None) -> Sighting:
    """A box in hundredths of the view."""
    return Sighting(
        detection=Detection(kind, score, box, "weights@1"),
        feed_id=feed,
        matter=kind,
        at=NOON,
        frame_size=(100, 100),
        dwell_s=dwell_s,
        place=place,
        cell=CellMatch("500103001001001", Relation.INSIDE) if place else None,
        fixed_view=not feed.startswith("car"),
    )


class Street:
    """A book, and feeds that look at it minute by minute."""

    def __init__(self, book: IncidentBook | None = None) -> None:
        self.book = book or new_book()
        self.minute = 0

    def look(self, *sightings: Sighting, feed="cam", seeing=True, at: datetime | None = None, not_sought=()):
        self.minute += 1
        at = at or NOON + timedelta(minutes=self.minute)
        fixed = not feed.startswith("car")
        return self.book.observe(
            Look(feed, at, seeing, sightings, fixed_view=fixed, not_sought=frozenset(not_sought))
        )

    def changes(self, *sightings: Sighting, **how) -> list[Change]:
        return [change for change, _, _ in self.look(*sightings, **how)]

    @property
    def open(self):
        return self.book.open_incidents()


@pytest.fixture
def street() -> Street:
    return Street()


# Believing


def test_a_thing_is_confirmed_once_when_seen_n_of_m_times_and_then_seen(street):
    assert [street.changes(sighting()) for _ in range(4)] == [[], [CONFIRMED], [SEEN], [SEEN]]


def test_a_thing_seen_every_third_time_is_never_confirmed_by_two_of_three(street):
    history = [street.changes(*([sighting()] if visit % 3 == 0 else [])) for visit in range(12)]
    assert history == [[]] * 12


def test_two_of_the_last_three_looks_are_enough_with_a_miss_between(street):
    assert [street.changes(sighting()), street.changes(), street.changes(sighting())] == [[], [], [CONFIRMED]]


def test_one_of_one_confirms_at_the_first_look(street):
    ((change, incident, seen),) = street.look(sighting(kind="ad"))
    assert change is CONFIRMED
    assert incident.confirmed_at == incident.first_seen
    assert seen.matter == "ad"


def test_dwell_confirms_by_time_not_by_count(street):
    history = [street.changes(sighting(kind="vending")) for _ in range(5)]
    assert history == [[], [], [], [CONFIRMED], [SEEN]]


def test_a_zones_dwell_goes_before_the_rule(street):
    assert [street.changes(sighting(dwell_s=120)) for _ in range(3)] == [[], [], [CONFIRMED]]


def test_a_run_of_misses_begins_dwell_anew(street):
    street.changes(sighting(kind="vending"))
    street.changes()
    street.changes()
    assert [street.changes(sighting(kind="vending")) for _ in range(3)] == [[], [], []]


def test_a_confirmed_incident_tells_when_and_how_often_it_was_seen(street):
    street.look(sighting(score=0.5))
    street.look(sighting((12, 12, 32, 32), score=0.9))
    ((_, incident, _),) = street.look(sighting((11, 11, 31, 31), score=0.6))
    assert incident.first_seen == NOON + timedelta(minutes=1)
    assert incident.confirmed_at == NOON + timedelta(minutes=2)
    assert incident.last_seen == NOON + timedelta(minutes=3)
    assert (incident.sightings, incident.score, incident.looks) == (3, 0.9, (True, True, True))
    assert incident.view_box == (0.11, 0.11, 0.31, 0.31)


# Ending


def test_gone_after_seeing_visits_without_it_it_ends_once(street):
    street.look(sighting())
    street.look(sighting())
    assert [street.changes() for _ in range(5)] == [[], [], [ENDED], [], []]


def test_a_sighting_between_begins_the_misses_anew(street):
    street.look(sighting())
    street.look(sighting())
    history = [street.changes(), street.changes(), street.changes(sighting()), street.changes(), street.changes()]
    assert history == [[], [], [SEEN], [], []]


def test_blind_visits_never_end_anything(street):
    street.look(sighting())
    street.look(sighting())
    assert [street.changes(seeing=False) for _ in range(50)] == [[]] * 50
    assert street.changes(sighting()) == [SEEN]


def test_what_is_not_looked_for_at_this_hour_does_not_end(street):
    """A zone's window closes at night: that nothing was found then says nothing."""
    street.look(sighting())
    street.look(sighting())
    key = street.open[0].matter
    assert [street.changes(not_sought=[key]) for _ in range(10)] == [[]] * 10
    assert [street.changes() for _ in range(3)] == [[], [], [ENDED]]


def test_another_cameras_visits_never_end_what_it_does_not_watch(street):
    street.look(sighting())
    street.look(sighting())
    assert [street.changes(feed="cam-2") for _ in range(50)] == [[]] * 50


def test_a_suspect_that_vanishes_is_dropped_without_a_word(street):
    street.look(sighting())
    assert [street.changes() for _ in range(3)] == [[], [], []]
    assert street.open == []
    (dropped,) = street.book.changed()
    assert (dropped.stage, dropped.confirmed_at) == (Stage.ENDED, None)


def test_what_comes_back_after_its_end_is_a_new_incident(street):
    street.look(sighting())
    ((_, first, _),) = street.look(sighting())
    for _ in range(3):
        street.look()
    street.look(sighting())
    ((change, second, _),) = street.look(sighting())
    assert change is CONFIRMED
    assert second.id != first.id


def test_what_two_cameras_watch_is_not_ended_by_the_one_with_poor_eyes():
    """The far camera saw it once and misses it each minute; the near one sees it every five."""
    street = Street()
    here = ground()
    street.look(sighting(place=here, feed="near"), feed="near")
    street.look(sighting(place=here, feed="near"), feed="near")
    street.look(sighting(place=here, feed="far"), feed="far")
    for _ in range(4):
        assert [street.changes(feed="far") for _ in range(5)] == [[]] * 5
        assert street.changes(sighting(place=here, feed="near"), feed="near") == [SEEN]


def test_what_two_cameras_watch_ends_when_both_see_it_gone():
    street = Street()
    for feed in ("near", "far"):
        street.look(sighting(place=ground(), feed=feed), feed=feed)
    assert [street.changes(feed=feed) for feed in ("near", "near", "near", "far")] == [[], [], [], [ENDED]]


def test_a_camera_that_has_fallen_silent_cannot_hold_an_incident_open_for_ever():
    street = Street()
    for feed in ("silent", "cam"):
        street.look(sighting(place=ground(), feed=feed), feed=feed)
    history = [change for _ in range(12) for change in street.changes()]
    assert history == [ENDED]
    assert street.open == []


# One thing or two: in one view


@pytest.mark.parametrize(
    ("box", "same"),
    [
        ((10, 10, 30, 30), True),
        ((15, 10, 35, 30), True),
        ((22, 10, 42, 30), False),
        ((12, 12, 22, 22), True),  # a quarter of it is left
        ((5, 5, 45, 45), True),  # it has grown
        ((12, 12, 17, 17), False),  # a sixteenth: something else in front of it
        ((0, 0, 100, 100), False),  # a box over the whole view
        ((60, 60, 80, 80), False),
        ((30, 10, 50, 30), False),  # side by side
    ],
)
def test_boxes_of_one_view_are_one_thing_when_they_overlap_or_grow_out_of_each_other(street, box, same):
    street.look(sighting())
    street.look(sighting(box))
    assert len(street.open) == (1 if same else 2)


def test_a_change_of_resolution_does_not_make_a_new_thing(street):
    street.look(sighting())
    small = sighting()
    half = Detection("garbage", 0.8, (5, 5, 15, 15), "weights@1")
    street.look(Sighting(half, "cam", "garbage", NOON, (50, 50)))
    assert len(street.open) == 1
    assert small.view_box == street.open[0].view_box


def test_another_matter_at_the_same_place_is_another_thing(street):
    street.look(sighting(), sighting(kind="vending"))
    assert sorted(incident.matter for incident in street.open) == ["garbage", "vending"]


def test_the_same_box_in_another_camera_is_another_thing(street):
    street.look(sighting())
    street.look(sighting(feed="cam-2"), feed="cam-2")
    assert len(street.open) == 2


def test_each_of_two_neighbours_keeps_its_own_incident(street):
    left, right = (10, 10, 30, 30), (24, 10, 44, 30)
    for _ in range(3):
        street.look(sighting(left), sighting(right))
    assert sorted((incident.view_box, incident.sightings) for incident in street.open) == [
        ((0.1, 0.1, 0.3, 0.3), 3),
        ((0.24, 0.1, 0.44, 0.3), 3),
    ]


def test_two_boxes_on_one_thing_are_one_incident_at_the_first_look_and_later(street):
    street.look(sighting(score=0.9), sighting((11, 11, 31, 31), score=0.5))
    street.look(sighting(score=0.5), sighting((11, 11, 31, 31), score=0.9), sighting((12, 12, 22, 22), score=0.3))
    assert [incident.sightings for incident in street.open] == [2]


def test_in_one_view_ground_places_never_merge_what_the_boxes_keep_apart(street):
    boxes = (10, 10, 30, 30), (60, 10, 80, 30)
    for _ in range(2):
        street.look(*(sighting(box, place=ground(0.5)) for box in boxes))
    assert [incident.sightings for incident in street.open] == [2, 2]


# One thing or two: on the ground


@pytest.mark.parametrize(
    ("place", "same"),
    [
        (ground(14), True),
        (ground(18), True),  # 15 m, and two errors of 3 m: 4.2 m
        (ground(20), False),
        (ground(29, accuracy_m=30), True),
        (ground(31, accuracy_m=30), False),  # never over twice match_m
        (ground(0, accuracy_m=31), False),  # too poor to say which thing it is
        (ground(0, accuracy_m=5, method=Method.POINT), False),  # where the camera stands, not the thing
        (None, False),
    ],
)
def test_between_cameras_things_are_one_by_ground_place_as_far_as_it_is_known(street, place, same):
    street.look(sighting(place=ground()))
    street.look(sighting(feed="cam-2", place=place), feed="cam-2")
    assert len(street.open) == (1 if same else 2)


def test_cameras_placed_by_fifty_metres_do_not_merge_a_street(street):
    for number in range(10):
        feed = f"cam-{number}"
        street.look(sighting(feed=feed, place=ground(number * 8, accuracy_m=50, method=Method.POINT)), feed=feed)
    assert len(street.open) == 10


def test_one_sighting_goes_to_the_nearest_incident_only(street):
    street.look(sighting((10, 10, 20, 20), place=ground(0)), sighting((70, 10, 80, 20), place=ground(12)))
    street.look(sighting(feed="cam-2", place=ground(8)), feed="cam-2")
    assert sorted((incident.place.lat > LAT, incident.sightings) for incident in street.open) == [
        (False, 1),
        (True, 2),
    ]


def test_the_best_known_place_is_kept_with_its_cell(street):
    street.look(sighting(place=ground(0, accuracy_m=9)))
    street.look(sighting(place=ground(2, accuracy_m=4)))
    street.look(sighting(place=ground(4, accuracy_m=6)))
    assert street.open[0].place == ground(2, accuracy_m=4)


# Vehicles


def test_a_vehicles_frames_past_one_thing_are_looks_at_it(street):
    frames = [
        street.changes(sighting(feed="car", place=ground(metres, accuracy_m=10)), feed="car") for metres in (0, 10)
    ]
    assert frames == [[], [CONFIRMED]]


def test_things_along_a_street_stay_several_incidents(street):
    for metres in range(0, 200, 10):
        street.look(sighting(feed="car", place=ground(metres, accuracy_m=10, method=Method.FIX)), feed="car")
    assert 4 <= len(street.open) <= 8


def test_several_findings_of_one_matter_in_one_frame_of_a_vehicle_are_one_incident(street):
    here = ground(accuracy_m=10, method=Method.FIX)
    boxes = (10, 10, 30, 30), (60, 10, 80, 30), (40, 70, 50, 80)
    for _ in range(2):
        street.look(*(sighting(box, feed="car", place=here) for box in boxes), feed="car")
    assert [incident.sightings for incident in street.open] == [2]


def test_a_later_pass_finds_the_same_incident(street):
    here = ground(accuracy_m=10)
    street.look(sighting(feed="car-1", place=here), feed="car-1")
    assert street.changes(sighting((60, 60, 90, 90), feed="car-2", place=ground(8)), feed="car-2") == [CONFIRMED]
    assert street.open[0].feeds == ("car-1", "car-2")
    assert not street.open[0].fixed_view


def test_a_vehicle_never_ends_anything(street):
    here = ground(accuracy_m=10)
    for _ in range(2):
        street.look(sighting(feed="car", place=here), feed="car")
    assert [street.changes(feed="car") for _ in range(30)] == [[]] * 30


def test_a_camera_that_has_seen_it_may_end_what_a_vehicle_found(street):
    for feed in ("car", "cam"):
        street.look(sighting(feed=feed, place=ground()), feed=feed)
    assert [street.changes() for _ in range(3)] == [[], [], [ENDED]]


def test_a_vehicles_finding_without_a_place_is_a_suspect_for_a_day(street):
    street.look(sighting(feed="car"), feed="car")
    street.look(feed="car", at=NOON + timedelta(hours=23))
    assert len(street.open) == 1
    street.look(feed="car", at=NOON + timedelta(hours=25))
    assert street.open == []


# Clocks, restarts, catalogues


@pytest.mark.parametrize("step", [timedelta(seconds=-30), timedelta(days=-3)])
def test_a_clock_that_steps_back_makes_no_negative_times(street, step):
    street.look(sighting(kind="vending"))
    street.look(sighting(kind="vending"), at=NOON + step)
    (incident,) = street.open
    assert incident.last_seen >= incident.first_seen
    ((change, confirmed, _),) = street.look(sighting(kind="vending"), at=NOON + timedelta(minutes=10))
    assert change is CONFIRMED
    street.look(at=NOON + step)
    ((_, ended, _),) = street.look(at=NOON + step)
    assert ended.ended_at >= confirmed.last_seen >= confirmed.confirmed_at >= confirmed.first_seen


def test_incidents_of_a_matter_no_longer_looked_for_stay_as_they_are(street):
    street.look(sighting())
    street.look(sighting())
    without = Catalogue(matters=CATALOGUE.matters[1:])
    later = Street(new_book(100, without))
    later.book.restore(street.open)
    assert [later.changes() for _ in range(20)] == [[]] * 20
    assert later.open == street.open


def test_changed_gives_each_incident_once_as_it_stands(street):
    street.look(sighting())
    street.look(sighting())
    assert street.book.changed() == street.open
    assert street.book.changed() == []
    street.look(seeing=False)
    assert street.book.changed() == []


def test_counts_by_stage(street):
    street.look(sighting())
    street.look(sighting(), sighting((60, 60, 80, 80)))
    assert (street.book.count(Stage.SUSPECT), street.book.count(Stage.CONFIRMED)) == (1, 1)


def test_ended_incidents_are_not_restored(street):
    street.look(sighting())
    for _ in range(3):
        street.look()
    later = new_book(100)
    later.restore(street.book.changed())
    assert later.open_incidents() == []


# Properties

FEEDS = ("cam", "cam-2", "car")
THINGS = [(x, y, kind) for x in (0, 30, 60) for y in (0, 40) for kind in ("garbage", "vending")]


def thing_seen(index: int, feed: str, wobble: int) -> Sighting:
    """One of twelve things 100 m apart, in every feed's view, its box a little off."""
    x, y, kind = THINGS[index]
    box = (x + wobble, y + wobble, x + 20 + wobble, y + 20)
    place = ground(index * 100, accuracy_m=5) if index % 3 else None
    return sighting(box, kind=kind, feed=feed, score=0.3 + index / 20, place=place)


@st.composite
def looks(draw, **kwargs):
    feed = draw(st.sampled_from(FEEDS))
    seen = draw(st.lists(st.integers(0, len(THINGS) - 1), unique=True, max_size=5))
    sightings = tuple(thing_seen(index, feed, draw(st.integers(0, 3))) for index in seen)
    seconds = draw(st.integers(-600, 600))
    return feed, seconds, draw(st.booleans() | st.just(value=True)), sightings


histories = st.lists(looks(), max_size=40)


def as_looks(history) -> list[Look]:
    at, result = NOON, []
    for feed, seconds, seeing, sightings in history:
        at += timedelta(seconds=seconds)
        result.append(Look(feed, at, seeing, sightings, fixed_view=feed != "car"))
    return result


@given(histories)
@settings(max_examples=200, deadline=None)
def test_every_incident_is_confirmed_once_then_seen_then_ended_at_most_once(history):
    book, told = new_book(), {}
    for look in as_looks(history):
        for change, incident, seen in book.observe(look):
            told.setdefault(incident.id, []).append(change)
            assert (seen is None) == (change is ENDED)
            assert incident.first_seen <= incident.confirmed_at <= incident.last_seen
            assert incident.ended_at is None or incident.ended_at >= incident.last_seen
    for changes in told.values():
        assert changes[0] is CONFIRMED
        assert ENDED not in changes[:-1]
        assert set(changes[1:-1]) <= {SEEN}
        assert changes.count(CONFIRMED) == 1


@given(histories)
@settings(max_examples=100, deadline=None)
def test_leaving_blind_looks_out_changes_nothing(history):
    all_looks = as_looks(history)
    with_blind, without = new_book(), new_book()
    told = [with_blind.observe(look) for look in all_looks]
    seeing = [without.observe(look) for look in all_looks if look.seeing]
    assert [happenings for happenings, look in zip(told, all_looks, strict=True) if look.seeing] == seeing
    assert all(not happenings for happenings, look in zip(told, all_looks, strict=True) if not look.seeing)
    assert with_blind.open_incidents() == without.open_incidents()


@given(histories, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_sightings_in_a_look_does_not_matter(history, rng):
    book, shuffled = new_book(), new_book()
    for look in as_looks(history):
        mixed = list(look.sightings)
        rng.shuffle(mixed)
        mixed_look = Look(look.feed_id, look.at, look.seeing, tuple(mixed), look.fixed_view)
        assert shuffled.observe(mixed_look) == book.observe(look)
    assert shuffled.open_incidents() == book.open_incidents()


@given(histories, st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_a_book_restored_midway_goes_on_as_one_that_ran_through(history, cut):
    all_looks = as_looks(history)
    through = new_book()
    for look in all_looks[:cut]:
        through.observe(look)
    restored = new_book(max((int(incident.id, 16) + 1 for incident in through.open_incidents()), default=0))
    restored.restore(through.open_incidents())
    same = {}
    for look in all_looks[cut:]:
        ran, began_again = through.observe(look), restored.observe(look)
        assert [change for change, _, _ in ran] == [change for change, _, _ in began_again]
        for (_, one, _), (_, other, _) in zip(ran, began_again, strict=True):
            assert same.setdefault(one.id, other.id) == other.id
    assert Counter(map(_but_id, through.open_incidents())) == Counter(map(_but_id, restored.open_incidents()))


def _but_id(incident) -> tuple:
    record = incident.as_record()
    del record["id"]
    return repr(record)


@given(histories)
@settings(max_examples=100, deadline=None)
def test_what_changed_says_all_there_is_to_keep(history):
    """Writing down ``changed`` after each look keeps exactly the open incidents."""
    book, kept = new_book(), {}
    for look in as_looks(history):
        book.observe(look)
        for incident in book.changed():
            kept[incident.id] = incident
            if incident.stage is Stage.ENDED:
                del kept[incident.id]
        assert kept == {incident.id: incident for incident in book.open_incidents()}


@given(histories)
@settings(max_examples=100, deadline=None)
def test_an_incident_survives_being_written_down(history):
    book = new_book()
    for look in as_looks(history):
        book.observe(look)
    for incident in book.open_incidents():
        assert type(incident).from_record(incident.as_record()) == incident


def test_what_only_vehicles_confirmed_is_forgotten_after_thirty_days_without_a_word():
    """The book must not grow for ever, and nobody saw that it is gone."""
    street = Street()
    here, elsewhere = ground(), ground(north_m=5000)
    for _ in range(3):
        street.look(sighting(feed="car-1", place=here), feed="car-1")
    (confirmed,) = street.open

    told = street.changes(
        sighting(feed="car-1", place=elsewhere), feed="car-1", at=confirmed.last_seen + timedelta(days=29)
    )
    assert told == []
    assert confirmed.id in {incident.id for incident in street.open}

    told = street.changes(
        sighting(feed="car-1", place=elsewhere), feed="car-1", at=confirmed.last_seen + timedelta(days=31)
    )
    assert confirmed.id not in {incident.id for incident in street.open}
    assert ENDED not in told


# Muted places


def muted(**how) -> Sighting:
    return replace(sighting(**how), muted=True)


def test_a_muted_sighting_begins_nothing_and_makes_nothing_believed(street):
    assert [street.changes(muted(kind="ad")) for _ in range(3)] == [[]] * 3
    assert street.open == []

    street.changes(sighting())
    assert [street.changes(muted()) for _ in range(4)] == [[]] * 4
    assert street.open == []


def test_what_was_confirmed_before_goes_on_under_a_mute_and_ends_when_it_is_gone(street):
    street.changes(sighting())
    street.changes(sighting())

    assert [street.changes(muted()) for _ in range(5)] == [[SEEN]] * 5
    assert [street.changes() for _ in range(3)] == [[], [], [ENDED]]
    assert street.changes(muted()) == []


def test_a_muted_sighting_keeps_nothing_alive_that_another_camera_saw(street):
    for _ in range(2):
        street.changes(sighting(place=ground()))

    assert street.changes(muted(feed="near", place=ground()), feed="near") == []
    assert [incident.feeds for incident in street.open] == [("cam",)]


def test_a_place_let_go_begins_anew_and_others_go_on(street):
    away = (60, 60, 90, 90)
    for _ in range(2):
        street.changes(sighting(), sighting(away))

    gone = street.book.let_go("cam", "garbage", here=lambda box: box[0] < 0.5, at=NOON)

    assert [change for change, _, _ in gone] == [ENDED]
    assert street.changes(sighting(), sighting(away)) == [SEEN]
    assert sorted(street.changes(sighting(), sighting(away))) == [CONFIRMED, SEEN]
    assert street.book.let_go("elsewhere", "garbage", here=lambda _: True, at=NOON) == []


def test_a_camera_that_looks_elsewhere_watches_nothing_and_nobody_says_that_it_is_gone(street):
    for _ in range(2):
        street.look(sighting())
    street.look(sighting((60, 60, 90, 90)))

    told = street.book.unwatch("cam", at=NOON)

    assert [change for change, _, _ in told] == [UNWATCHED], "the suspect is dropped without a word"
    assert street.open == street.book.watched_by("cam") == []
    assert [street.changes() for _ in range(4)] == [[]] * 4
    assert len(street.book.changed()) == 2
    assert street.book.unwatch("cam", at=NOON) == []


def test_what_another_camera_watches_too_goes_on_with_that_one(street):
    here = ground()
    for feed in ("turned", "other", "other"):
        street.look(sighting(place=here, feed=feed), feed=feed)

    assert street.book.unwatch("turned", at=NOON) == []
    assert [street.changes(feed="turned") for _ in range(4)] == [[]] * 4
    assert [street.changes(feed="other") for _ in range(3)] == [[], [], [ENDED]]


def test_what_a_process_of_another_catalogue_still_looks_for_is_passed_over():
    later = Street(new_book(catalogue=Catalogue(matters=CATALOGUE.matters[:1])))
    assert later.changes(sighting(kind="ad"), sighting((50, 50, 70, 70))) == []
    assert [incident.matter for incident in later.open] == ["garbage"]
