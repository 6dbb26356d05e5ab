"""How closer looks come out over all feeds, and what people are told of main streams that fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.closer import NO_CLOSER_LOOK, CloserTold
from api.closertally import CloserTally

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)
CONFIRMED = CloserTold(confirmed=1, opens=1)


def failed(why: str = "refused") -> CloserTold:
    return CloserTold(failed=1, opens=1, why=why)


def test_all_that_was_asked_is_counted():
    tally = CloserTally()
    for told in (CONFIRMED, NO_CLOSER_LOOK, CloserTold(refuted=2, opens=1), failed()):
        tally.note("cam-1", told, at=NOON)

    assert tally.status().model_dump() == {"confirmed": 1, "refuted": 2, "failed": 1, "opens": 3, "failing": 1}


def test_who_fails_is_named_with_the_latest_reason_until_a_closer_look_succeeds():
    told: list[str | None] = []
    tally = CloserTally(tell=told.append)
    for number in range(7):
        tally.note(f"cam-{number}", failed(f"refused {number}"), at=NOON)
    assert told[-1] == "no closer look at cam-6, cam-5, cam-4, cam-3, cam-2 and 2 more: refused 6"

    for number in range(7):
        tally.note(f"cam-{number}", CONFIRMED, at=NOON)
    assert told[-1] is None


def test_a_visit_without_a_suspect_says_nothing_of_the_main_stream():
    told: list[str | None] = []
    tally = CloserTally(tell=told.append)
    tally.note("cam-1", failed(), at=NOON)
    tally.note("cam-1", NO_CLOSER_LOOK, at=NOON + timedelta(hours=1))

    assert told == ["no closer look at cam-1: refused"]
    assert tally.status().failing == 1


def test_a_failure_is_no_trouble_for_ever():
    """Where nothing small was seen for a day, nobody knows any more whether the main stream works."""
    told: list[str | None] = []
    tally = CloserTally(tell=told.append)
    tally.note("cam-1", failed(), at=NOON)
    tally.note("cam-2", NO_CLOSER_LOOK, at=NOON + timedelta(hours=25))

    assert told[-1] is None
    assert tally.status().model_dump()["failing"] == 0
