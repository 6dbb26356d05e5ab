"""Several patrol processes are one patrol: whatever is killed, slow or full, visits are made and nothing is lost.

One city for all of these: three processes, ten cameras visited each second, a real Redis, the ledger in PostgreSQL
where that is installed. How long each recovery took is printed (``pytest -s``) and stands in docs/performance.md.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from itertools import pairwise

import pytest

from tests.servers.patrols import Patrols, eventually
from tests.servers.postgres import postgres
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.timeout(240)
PROCESSES = 3


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    try:
        ledger = postgres().database()
    except pytest.skip.Exception:
        ledger = None
    redis = RedisServer()
    patrols = Patrols(tmp_path_factory.mktemp("city"), redis, cameras=10, ledger=ledger)
    try:
        for _ in range(PROCESSES):
            patrols.start()
        patrols.ready(PROCESSES)
        yield patrols
    except BaseException:
        for process in patrols.processes:
            sys.stderr.write(patrols.log(process))
        raise
    finally:
        patrols.close()
        redis.close()


@pytest.fixture(autouse=True)
def whole(city):
    """Before each test everything goes its way, and after it nothing is lost or doubled."""
    while len(city.alive) < PROCESSES:
        city.start()
    city.ready(PROCESSES)
    yield
    city.settled()
    city.assert_nothing_lost_or_doubled()


def said(what: str, seconds: float) -> None:
    print(f"recovery: {what}: {seconds:.1f} s")  # noqa: T201 - measured, for docs/performance.md


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


@contextmanager
def slow_cameras(city, seconds: float):
    """Make all cameras slow, so that visits are under way whenever something happens."""
    city.street.slow_s = seconds
    try:
        yield
    finally:
        city.street.slow_s = 0.0


def test_a_worker_is_killed_and_then_the_leader_and_the_third_goes_on_with_the_same_incidents(city):
    before = city.leader()
    leader = next(process for process in city.alive if process.pid == before)
    worker = next(process for process in city.alive if process.pid != before)
    with slow_cameras(city, 0.7):
        pause(1.5)
        worker.kill()
        killed_at = time.monotonic()
    worker.wait()
    said("a worker was killed, all cameras visited again", city.recovery_s(killed_at))

    leader.kill()
    killed_at = time.monotonic()
    leader.wait()
    eventually(lambda: city.leader() not in {None, before}, within_s=30, what="another leader")
    took_s = time.monotonic() - killed_at
    said("the leader was killed, another one leads", took_s)
    assert took_s < 20, "10 s on a machine that is not busy"
    said("the leader was killed, all cameras visited again", city.recovery_s(killed_at))


def test_a_leader_that_slept_while_another_one_led_starts_afresh_and_writes_nothing(city):
    before = city.leader()
    sleeper = next(process for process in city.alive if process.pid == before)
    os.kill(before, signal.SIGSTOP)
    try:
        eventually(lambda: city.leader() not in {None, before}, within_s=30, what="another leader")
        pause(1)
    finally:
        os.kill(before, signal.SIGCONT)

    eventually(lambda: "lead_lost" in city.log(sleeper), within_s=30, what="that it notices")
    eventually(lambda: city.log(sleeper).count("patrol_started") >= 2, within_s=60, what="a fresh start")
    assert sleeper.poll() is None


@pytest.mark.parametrize("persistent", [True, False])
def test_redis_is_killed_and_comes_back_with_or_without_its_memory(city, persistent):
    with city.redis.client() as client:
        client.config_set("appendonly", "yes" if persistent else "no")
        eventually(lambda: not client.info("persistence")["aof_rewrite_in_progress"])
    with slow_cameras(city, 0.5):
        pause(1)
        city.redis.kill()
    pause(2)
    city.redis.start(persistent=persistent)
    back_at = time.monotonic()

    memory = "with" if persistent else "without"
    said(f"Redis came back {memory} its memory, all cameras visited again", city.recovery_s(back_at))


def test_redis_does_not_answer_for_a_while_and_the_patrol_says_so(city):
    before = {process: city.log(process).count("does not answer") for process in city.alive}
    city.redis.pause()
    try:
        for process, said_before in before.items():
            city.says_again(process, "does not answer", said_before)
    finally:
        city.redis.go_on()
    back_at = time.monotonic()

    said("Redis answered again, all cameras visited again", city.recovery_s(back_at))


def test_redis_is_full_for_a_while_and_the_patrol_says_so(city):
    with city.redis.client() as client:
        client.config_set("maxmemory", "1")
        try:
            eventually(lambda: any("is full" in one for one in city.trouble()), within_s=30, what="a word of it")
        finally:
            client.config_set("maxmemory", "0")
    back_at = time.monotonic()

    said("Redis had room again, all cameras visited again", city.recovery_s(back_at))
    eventually(lambda: not any("is full" in one for one in city.trouble()), what="that it is over")


def test_a_camera_is_added_to_the_configuration_and_every_process_takes_it_up(city):
    began = {process: city.log(process).count("patrol_started") for process in city.alive}
    added_at = time.monotonic()
    name = city.add_camera()

    eventually(lambda: city.street.visits[name], what="a visit of the new camera")
    said("a camera was added, it was visited", city.street.visits[name][0] - added_at)
    for process, starts in began.items():
        city.says_again(process, "patrol_started", starts)
    city.settled()
    times = sorted(at for visits in list(city.street.visits.values()) for at in list(visits) if at >= added_at)
    said("a camera was added, longest time without any look", max(b - a for a, b in pairwise(times)))


def test_a_process_that_is_asked_to_stop_hands_over_at_once(city):
    before = city.leader()
    leader = next(process for process in city.alive if process.pid == before)
    asked_at = time.monotonic()
    leader.send_signal(signal.SIGINT)
    leader.wait(30)

    eventually(lambda: city.leader() not in {None, before}, within_s=30, what="another leader")
    said("the leader was asked to stop, another one leads", time.monotonic() - asked_at)
