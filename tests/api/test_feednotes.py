"""Feed notes: what the next leader knows of each feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.feednotes import FeedNotes

NOON = datetime(2026, 7, 1, 4, tzinfo=UTC)


def notes(*visits: tuple[str, int]) -> FeedNotes:
    """Notes after visits of one feed: ticket and minute of each; the digest is the ticket's."""
    made = FeedNotes()
    for ticket, minute in visits:
        made.note("cam", ticket, {"sight": [f"of {ticket}", 1]}, at=NOON + timedelta(minutes=minute))
    return made


def test_the_later_note_counts_in_whatever_order_they_are_taken_up_and_all_tickets_are_known():
    early, late = notes(("a", 1)), notes(("b", 2))
    for first, second in ((early, late), (late, early)):
        made = FeedNotes()
        made.take_up({"cam": first.text("cam")})
        made.take_up({"cam": second.text("cam")})

        assert made.memory("cam") == {"sight": ["of b", 1]}
        assert made.visited_at() == {"cam": NOON + timedelta(minutes=2)}
        assert made.knows("cam", "a")
        assert made.knows("cam", "b")


def test_only_the_last_tickets_are_kept():
    made = notes(*((str(number), number) for number in range(20)))

    assert [number for number in range(20) if made.knows("cam", str(number))] == list(range(12, 20))


def test_all_notes_survive_as_one_text():
    made = FeedNotes()
    made.take_up_all(notes(("a", 1)).all())

    assert made.text("cam") == notes(("a", 1)).text("cam")


def test_a_visit_without_a_picture_keeps_the_memory_of_the_last_one_with():
    made = notes(("a", 1))
    made.note("cam", "b", {}, at=NOON + timedelta(minutes=3))

    assert made.memory("cam") == {"sight": ["of a", 1]}


def test_no_ticket_is_never_known_and_what_is_no_note_is_refused():
    assert not notes(("", 1)).knows("cam", "")
    for text in ("[]", "{}", "x"):
        with pytest.raises((KeyError, TypeError, ValueError)):
            FeedNotes().take_up({"cam": text})
