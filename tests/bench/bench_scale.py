"""Several patrol processes on a real Redis, the model replaced by a fixed wait: does twice as many do twice as much?

    .venv/bin/python tests/bench/bench_scale.py [--processes 1 2 4] [--seconds 12] [--takes-ms 400]

First one process without a bus, then the given numbers of processes over Redis, with cameras that are always due.
The scripted model waits so long for each picture and uses no processor, so a machine with few processors can show
whether leader, bus and capture keep up: while "busy" and other programs leave processors free, what is missing to
the ideal is theirs. All processor time of the patrols and of Redis is what a visit costs beside inference, and
``overhead_ms`` what of it is beyond the one process without a bus; what a process costs by the second is in it,
spread over the visits it makes. Takes two minutes where nothing else runs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest

from api.bench.cameras import Cameras
from api.bench.material import KINDS, prepare
from api.bench.patrolling import PROJECT, Patrolling, camera
from api.bench.processes import cpu_s, tree
from api.bench.record import Made, outcomes
from api.bench.views import views
from tests.bench.results import write
from tests.servers.redis import RedisServer

WORKERS = 4
FEEDS_PER_WORKER = 6
"""Each is due again every second and takes about half of that: there is always somebody due."""
WITHIN_S = 120.0
LEAST_SEEING = 0.98


@dataclass(frozen=True)
class Window:
    """A measured time; seconds since 1970, and processor seconds."""

    processes: int
    bus: str
    began_s: float
    ended_s: float
    patrols_cpu_s: float
    redis_cpu_s: float
    cameras_cpu_s: float

    @property
    def lasted_s(self) -> float:
        return self.ended_s - self.began_s


class City:
    """Cameras, and the patrol processes that visit them."""

    def __init__(self, folder: Path, cameras: Cameras, source: str, told: argparse.Namespace) -> None:
        self._folder, self._cameras, self._told = folder, cameras, told
        slots = WORKERS * max(told.processes)
        self._feeds = [
            camera(f"cam-{number:03}", cameras.url("ok", source, f"{number}", host=f"127.0.{number % 250}.1"))
            for number in range(slots * FEEDS_PER_WORKER)
        ]

    def alone(self) -> tuple[Window, list[Made]]:
        """Measure one process without a bus."""
        with Patrolling(self._folder / "alone", self._feeds, self._settings(self._folder / "alone")) as patrol:
            self._looks(2 * WORKERS)
            window = self._window(1, "in process", [patrol], None)
            return window, patrol.stop()

    def together(self, count: int, redis: RedisServer) -> tuple[Window, list[Made]]:
        """Measure so many processes, of which the first leads.

        Each number begins afresh, because a schedule that was overloaded gives stretched intervals back over minutes.
        """
        folder = self._folder / f"together-{count}"
        redis.empty()
        settings = self._settings(folder) | {"bus": redis.url}
        with Patrolling(folder, self._feeds, settings) as leader, ExitStack() as stack:
            others = [stack.enter_context(another(folder, number)) for number in range(1, count)]
            wait_for(lambda: members(redis) >= count, f"{count} processes on the bus")
            self._looks(2 * WORKERS * count)
            window = self._window(count, "redis", [leader, *others], redis)
            stack.close()  # the leader goes last: it remembers what the others have delivered
            return window, leader.stop()

    def _settings(self, folder: Path) -> dict[str, Any]:
        folder.mkdir(parents=True)
        (folder / "truth.json").write_text(json.dumps({"*": []}))
        return {
            "model": {"backend": "scripted", "truth": "truth.json", "takes_ms": self._told.takes_ms},
            "patrol": {"interval_s": 1.0, "promise_s": 3600.0, "workers": WORKERS},
        }

    def _looks(self, count: int) -> None:
        """Wait for so many more looks: then whatever happens but once has happened."""
        enough = self._shown() + count
        wait_for(lambda: self._shown() >= enough, f"{count} looks")

    def _shown(self) -> int:
        return sum(self._cameras.shown().values())

    def _window(self, count: int, bus: str, patrols: Sequence[Any], redis: RedisServer | None) -> Window:
        sys.stderr.write(f"{count} processes, {bus}\n")
        before = self._spent(patrols, redis)
        began_s = time.time()
        time.sleep(self._told.seconds)
        ended_s, after = time.time(), self._spent(patrols, redis)
        spent = [late - early for early, late in zip(before, after, strict=True)]
        return Window(count, bus, began_s, ended_s, *spent)

    def _spent(self, patrols: Sequence[Any], redis: RedisServer | None) -> tuple[float, float, float]:
        used = sum(patrol.cpu_s() for patrol in patrols)
        return used, cpu_s(redis.process.pid) if redis else 0.0, self._cameras.cpu_s


@dataclass(frozen=True)
class Another:
    """A patrol process that joins."""

    process: subprocess.Popen[bytes]

    def cpu_s(self) -> float:
        return cpu_s(self.process.pid)


@contextmanager
def another(folder: Path, number: int) -> Iterator[Another]:
    with (folder / f"patrol-{number}.log").open("wb") as messages:
        process = subprocess.Popen(
            [sys.executable, "-m", "api", "patrol", "--config", str(folder)],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=messages,
            stderr=messages,
        )
    try:
        yield Another(process)
        process.terminate()
        process.wait(60)
    finally:
        if process.poll() is None:
            for pid in [*tree(process.pid)]:
                os.kill(pid, 9)
            process.wait()


def members(redis: RedisServer) -> int:
    """Return how many processes on the bus make visits."""
    with redis.client() as client:
        return sum(int(said.split()[0]) > 0 for said in client.hgetall("gridpatrol:members").values())


def wait_for(true: Any, what: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not true():
        if time.monotonic() > deadline:
            sys.exit(f"waited {WITHIN_S:g} s in vain for {what}")
        time.sleep(0.2)


def row(window: Window, made: Sequence[Made]) -> dict[str, Any]:
    """Return what was measured in a window, before it is compared with others."""
    within = [visit for visit in made if window.began_s <= visit.finished_s < window.ended_s]
    ended = outcomes(within)
    if not within or ended.get("ok", 0) < LEAST_SEEING * len(within):
        sys.exit(f"{window.processes} processes did not see the cameras: {ended or 'no visit was made'}")
    whole_s = window.patrols_cpu_s + window.redis_cpu_s + window.cameras_cpu_s
    return {
        "processes": window.processes,
        "bus": window.bus,
        "visits": len(within),
        "visits_per_s": round(len(within) / window.lasted_s, 1),
        "patrol_cpu_ms": round(window.patrols_cpu_s / len(within) * 1000, 1),
        "redis_cpu_ms": round(window.redis_cpu_s / len(within) * 1000, 2),
        "busy_percent": round(whole_s / window.lasted_s / (os.cpu_count() or 1) * 100),
    }


def compared(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to each row what it costs beyond the process without a bus, and its ratios to the fewest over the bus."""
    alone = next(row for row in rows if row["bus"] != "redis")
    one = next(row for row in rows if row["bus"] == "redis")
    return [
        {
            **row,
            "overhead_ms": round(cpu_ms(row) - cpu_ms(alone), 1),
            "times_the_visits": round(row["visits_per_s"] / one["visits_per_s"], 2),
            "times_the_cpu": round(cpu_ms(row) / cpu_ms(one), 2),
        }
        for row in rows
    ]


def cpu_ms(row: dict[str, Any]) -> float:
    return float(row["patrol_cpu_ms"] + row["redis_cpu_ms"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, default=12)
    parser.add_argument("--takes-ms", type=float, default=400, help="how long the scripted model looks at a picture")
    parser.add_argument("--source", default="rtsp_704x576_h264", choices=list(KINDS))
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        try:
            redis = RedisServer()
        except pytest.skip.Exception as missing:
            sys.exit(str(missing))
        stack.callback(redis.close)
        folder = Path(place)
        prepare(folder, views(os.environ, 1), [KINDS[told.source]])
        cameras = stack.enter_context(Cameras(KINDS[told.source].protocol, folder))
        city = City(folder, cameras, told.source, told)
        measured = [city.alone(), *(city.together(count, redis) for count in sorted(told.processes))]
    rows = compared([row(window, made) for window, made in measured])
    settings = {"seconds": told.seconds, "takes_ms": told.takes_ms, "workers": WORKERS, "source": told.source}
    write("scale", {"settings": settings, "rows": rows}, as_json=told.json)


if __name__ == "__main__":
    main()
