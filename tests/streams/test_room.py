"""Room for visits: taken together, given back one by one, waited for when there is none."""

from __future__ import annotations

import threading
import time

from streams.room import Room


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


def test_who_waits_is_woken_by_the_first_place():
    room, took = Room(1), []
    room.take_all(wait_s=0)
    waiting = threading.Thread(target=lambda: took.append(room.take_all(wait_s=60)), daemon=True)
    waiting.start()
    time.sleep(0.2)  # by now it waits
    room.give_back()
    waiting.join(10)
    assert took == [1]
