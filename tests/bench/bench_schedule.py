"""What the schedule costs: decisions per CPU second, one count of who is late, and memory, by number of feeds.

    .venv/bin/python tests/bench/bench_schedule.py [--json]

Half of the feeds are in one plan, a quarter are in a second, and every twentieth visit asks to look again. Time is
moved on by hand, so that nothing waits and everything that falls due is visited. Memory is that of a new schedule and
its plans, without the feeds. The results go to var/bench/schedule.json as well.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.feed import Feed, Protocol
from streams.plan import Plan, Timetable
from streams.schedule import Schedule
from streams.visit import Outcome
from tests.bench.results import write

START = datetime(2026, 7, 1, 4, tzinfo=UTC)
SIZES = (1_000, 10_000, 100_000)
DECISIONS, STEP_S, AGAIN_IN_S = 100_000, 1.0, 60.0
FOLLOW_UPS = 20
"""One visit in so many asks for a follow-up."""


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.s = 0.0

    def running_s(self) -> float:
        return self.s

    def now(self) -> datetime:
        return START + timedelta(seconds=self.s)


def listed(count: int) -> list[Feed]:
    """Return so many feeds."""
    return [Feed(f"cam{number:06}", "", f"rtsp://10.0.0.1/{number}", Protocol.RTSP) for number in range(count)]


def scheduled(feeds: list[Feed], clock: Clock) -> Schedule:
    """Return a schedule of feeds under two plans."""
    ids = [feed.id for feed in feeds]
    plans = (
        Plan("roads", frozenset(ids[::2]), 600.0),
        Plan("markets", frozenset(ids[::4]), 300.0, weight=10.0),
    )
    return Schedule(feeds, now=clock.now, rng=random.Random(1), timetable=Timetable(plans), running_s=clock.running_s)


def visits(schedule: Schedule, clock: Clock) -> int:
    """Visit what falls due until there were enough decisions; return how many there were."""
    made = 0
    while made < DECISIONS:
        clock.s += STEP_S
        while taken := schedule.take(64):
            for due in taken:
                made += 1
                schedule.done(due.feed_id, Outcome.OK, AGAIN_IN_S if made % FOLLOW_UPS == 0 else None)
    return made


def measure(count: int) -> dict[str, float]:
    """Return the figures for so many feeds; memory is measured apart, because measuring it slows everything."""
    clock, feeds = Clock(), listed(count)
    schedule = scheduled(feeds, clock)
    began = time.process_time()
    made = visits(schedule, clock)
    took_s = time.process_time() - began
    began = time.process_time()
    schedule.late()
    late_s = time.process_time() - began
    tracemalloc.start()
    kept = scheduled(feeds, Clock())
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return {"decisions_s": round(made / took_s), "late_ms": round(late_s * 1e3, 2), "memory_mb": round(held / 1e6, 1)}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--json", action="store_true", help="print JSON instead of a table")
    wanted = asked.parse_args()
    rows = [{"feeds": count, **measure(count)} for count in SIZES]
    write("schedule", {"rows": rows}, as_json=wanted.json)


if __name__ == "__main__":
    main()
