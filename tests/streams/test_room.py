"""Room for visits: taken together, given back one by one, waited for when there is none."""

from __future__ import annotations

import threading
from queue import Queue

from streams.room import Room

ROUNDS = 500


def test_all_that_is_free_is_taken_at_once_and_nothing_twice():
    room = Room(5)
    assert room.take_all(wait_s=0) == 5
    assert room.take_all(wait_s=0) == 0
    room.give_back(2)
    room.give_back()
    assert room.take_all(wait_s=0) == 3


def test_giving_back_nothing_makes_no_room():
    room = Room(1)
    room.take_all(wait_s=0)
    room.give_back(0)
    assert room.take_all(wait_s=0) == 0


def test_who_waits_is_woken_by_each_place_that_is_given_back():
    room, taken = Room(0), Queue()

    def take():
        for _ in range(ROUNDS):
            taken.put(room.take_all(wait_s=60))

    threading.Thread(target=take, daemon=True).start()
    for _ in range(ROUNDS):
        room.give_back()
        assert taken.get(timeout=10) == 1
