"""A city: feeds with distinct addresses on many hosts, one in ten bad, visited by the real ``gridpatrol run``.

    .venv/bin/python tests/bench/bench_city.py [--feeds 300] [--minutes 2] [--interval 60]     the short run
    .venv/bin/python tests/bench/bench_city.py --feeds 10000 --minutes 15 --interval 300       the whole city
    .venv/bin/python tests/bench/bench_city.py --fit --minutes 15 --interval 300               the largest that fits

Three quarters are RTSP (704×576 and 1080p, H.264 and H.265), the rest snapshots; 3 % see a finding. Bad are 10 %, in
all ways: refused, silent, without pictures, wrong password, a page instead of a picture, cut, frozen, old, dark.
Measured after one whole round: how many of the healthy feeds' turns were seen within a tenth of the interval, how
late, processor time of patrol, API and cameras apart, memory, and how long a finding takes from picture to queue.

A size that does not fit says so in its figures. With ``--fit`` a first run gives the cost of a visit, and cities are
tried from there down or up until the largest with 99.5 % on time is found. What 10,000 feeds would need is arithmetic
on the measured cost of a visit, and is called so.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from api.bench.cameras import Cameras
from api.bench.material import KINDS, prepare
from api.bench.patrolling import Patrolling, camera
from api.bench.record import Made, outcomes
from api.bench.views import views
from tests.bench.results import write

WHOLE_CITY, WHOLE_INTERVAL_S = 10_000, 300.0
ON_TIME_SHARE, GOAL_PERCENT = 0.1, 99.5
PER_HOST = 16
MIX = (*["rtsp_704x576_h264"] * 10, *["rtsp_1080p_h264"] * 3, *["rtsp_1080p_h265"] * 2, *["snapshot_1080p"] * 5)
BAD = {
    "rtsp": ("refused", "silent", "mute", "unauthorised", "frozen"),
    "snapshot": ("refused", "silent", "unauthorised", "html", "truncated", "frozen", "stale", "dark"),
}
VIEWS = 3
WITH_FINDING = 33
_SAMPLE_S = 5.0


@dataclass(frozen=True)
class City:
    """The feeds, and which of them are healthy."""

    feeds: list[dict[str, Any]]
    healthy: frozenset[str]


@dataclass
class Samples:
    """Memory over time, megabytes; seconds from the measured time's begin."""

    at_s: list[float] = field(default_factory=list)
    patrol_mb: list[float] = field(default_factory=list)
    api_mb: list[float] = field(default_factory=list)

    def take(self, patrol: Patrolling, at_s: float) -> None:
        self.at_s.append(at_s)
        self.patrol_mb.append(patrol.memory_mb("patrol"))
        self.api_mb.append(patrol.memory_mb("serve-api"))


def city(count: int, cameras: dict[str, Cameras], closed_port: int) -> City:
    """Build a city of so many feeds: every tenth bad, kinds and ways in turn, 16 cameras on each host."""
    feeds, healthy = [], set()
    for number in range(count):
        kind = KINDS[MIX[number * 7 % len(MIX)]]
        ways = BAD[kind.protocol]
        bad = number % 10 == 3
        way = ways[number // 10 % len(ways)] if bad else "ok"
        name, host = f"cam-{number:05}", f"127.{1 + number // PER_HOST // 250}.{number // PER_HOST % 250}.1"
        view = 0 if number % WITH_FINDING == 0 else 1 + number % (VIEWS - 1)
        serving = cameras[kind.protocol]
        url = serving.url(way, kind.name, name, view=view, host=host)
        if way == "refused":
            url = url.replace(f":{serving.port}/", f":{closed_port}/")
        place = (106.54 + 0.03 * (number % 100) / 100, 29.55 + 0.01 * (number // 100 % 100) / 100)
        feeds.append(camera(name, url, place=place))
        if not bad:
            healthy.add(name)
    return City(feeds, frozenset(healthy))


def on_time(made: Sequence[Made], healthy: frozenset[str], *, turns: int, interval_s: float) -> dict[str, Any]:
    """Judge the healthy feeds' turns; one that never came is not on time."""
    turns_seen = [visit for visit in made if visit.feed_id in healthy and visit.outcome == "ok"]
    late_s = [visit.late_s for visit in turns_seen if visit.kind == "rotation"]
    due = len(healthy) * turns
    punctual = sum(late <= ON_TIME_SHARE * interval_s for late in late_s)
    p50, p95, worst = np.percentile(late_s, (50, 95, 100)) if late_s else (None, None, None)
    return {
        "on_time_percent": round(100 * min(1.0, punctual / due), 2) if due else None,
        "late_p50_s": _rounded(p50),
        "late_p95_s": _rounded(p95),
        "late_most_s": _rounded(worst),
    }


def growth_percent(at_s: Sequence[float], mb: Sequence[float]) -> float | None:
    """Return by how many per cent memory grows in 30 minutes, by a straight line through the samples."""
    if len(at_s) < 3:
        return None
    slope = np.polyfit(at_s, mb, 1)[0]
    return round(100 * float(slope) * 1800 / float(np.mean(mb)), 1)


def to_queue_s(patrol: Patrolling, address: str) -> list[float]:
    """Return seconds from picture to queue of the newest findings, as the API tells them."""
    password = re.findall(r"one-time password (\S+)", patrol.messages)[-1]
    base, header = f"{address}/api/v1", {"X-Requested-With": "gridpatrol"}
    with httpx.Client(base_url=base, headers=header, timeout=30, trust_env=False) as client:
        client.post("/session", json={"username": "operator", "password": password}).raise_for_status()
        found = client.get("/incidents", params={"limit": 200}).raise_for_status().json()["items"]
    return [_waited_s(each) for each in found if each["evidence"]]


def _waited_s(incident: dict[str, Any]) -> float:
    taken = min(datetime.fromisoformat(picture["captured_at"]) for picture in incident["evidence"])
    return (datetime.fromisoformat(incident["received_at"]) - taken).total_seconds()


def measure(count: int, material: Path, folder: Path, *, minutes: float, interval_s: float) -> dict[str, Any]:
    """Run a city and return what was seen of it."""
    turns = max(1, round(minutes * 60 / interval_s))
    with ExitStack() as stack:
        cameras = {name: stack.enter_context(Cameras(name, material)) for name in ("rtsp", "snapshot")}
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))  # bound but not listening: refused
        town = city(count, cameras, closed.getsockname()[1])
        settings = {"patrol": {"interval_s": interval_s}}
        patrol = stack.enter_context(Patrolling(folder, town.feeds, settings, whole=True))
        _wait(interval_s, "the first round")
        began_s, samples = time.time(), Samples()
        before = _spent(patrol, cameras)
        while (gone_s := time.time() - began_s) < turns * interval_s:
            samples.take(patrol, gone_s)
            time.sleep(_SAMPLE_S)
        ended_s, spent = time.time(), _spent(patrol, cameras)
        _wait(ON_TIME_SHARE * interval_s, "the last visits")
        queue_s = to_queue_s(patrol, patrol.address)
        every = patrol.stop()
    due = [visit for visit in every if began_s <= visit.due_s < began_s + turns * interval_s]
    made = [visit for visit in every if began_s <= visit.finished_s < ended_s]
    used = {name: spent[name] - before[name] for name in spent}
    return {
        "feeds": count,
        "bad": count - len(town.healthy),
        "interval_s": interval_s,
        "turns": turns,
        "visits": len(made),
        "visits_per_s": round(len(made) / (ended_s - began_s), 2),
        **on_time(due, town.healthy, turns=turns, interval_s=interval_s),
        "patrol_cpu_ms_per_visit": _rounded(used["patrol"] / max(1, len(made)) * 1000),
        "patrol_cores": _rounded(used["patrol"] / (ended_s - began_s)),
        "api_cores": _rounded(used["api"] / (ended_s - began_s)),
        "cameras_cores": _rounded(used["cameras"] / (ended_s - began_s)),
        "patrol_mb": _rounded(samples.patrol_mb[-1]),
        "patrol_growth_percent_30min": growth_percent(samples.at_s, samples.patrol_mb),
        "api_mb": _rounded(samples.api_mb[-1]),
        "api_growth_percent_30min": growth_percent(samples.at_s, samples.api_mb),
        "to_queue_p50_s": _rounded(np.percentile(queue_s, 50)) if queue_s else None,
        "to_queue_p95_s": _rounded(np.percentile(queue_s, 95)) if queue_s else None,
        "findings": len(queue_s),
        "outcomes": outcomes(made),
        "outcomes_of_healthy": outcomes(visit for visit in due if visit.feed_id in town.healthy),
        "arithmetic": {"for_10000": _arithmetic(used, len(made))},
        "memory": {"at_s": samples.at_s, "patrol_mb": samples.patrol_mb, "api_mb": samples.api_mb},
    }


def _spent(patrol: Patrolling, cameras: dict[str, Cameras]) -> dict[str, float]:
    serving = sum(each.cpu_s for each in cameras.values())
    return {"patrol": patrol.cpu_s("patrol"), "api": patrol.cpu_s("serve-api"), "cameras": serving}


def _arithmetic(used: dict[str, float], visits: int) -> str:
    """Say what the whole city would need if a visit cost there what it cost here; nobody measured that."""
    per_s = WHOLE_CITY / WHOLE_INTERVAL_S
    needed = {name: seconds / max(1, visits) * per_s for name, seconds in used.items()}
    return (
        f"not measured: {WHOLE_CITY} feeds every {WHOLE_INTERVAL_S:g} s are {per_s:.1f} visits/s, at this cost "
        f"{needed['patrol']:.2f} cores for the patrol, {needed['api']:.2f} for the API, {needed['cameras']:.2f} for "
        "the cameras"
    )


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 2)


def _wait(seconds: float, what: str) -> None:
    sys.stderr.write(f"waiting {seconds:.0f} s for {what}\n")
    time.sleep(seconds)


def fitting(material: Path, folder: Path, *, minutes: float, interval_s: float) -> Iterator[dict[str, Any]]:
    """Yield the runs on the way to the largest city that fits: it grows while on time, and shrinks until it is."""
    probe = measure(100, material, folder / "probe", minutes=interval_s / 60, interval_s=interval_s)
    yield probe
    cores_per_feed = sum(probe[name] for name in ("patrol_cores", "api_cores", "cameras_cores")) / 100
    count = int((os.cpu_count() or 1) * 0.85 / cores_per_feed)
    fits = 0
    for attempt in range(4):
        row = measure(count, material, folder / f"fit-{attempt}", minutes=minutes, interval_s=interval_s)
        yield row
        good = (row["on_time_percent"] or 0) >= GOAL_PERCENT
        if good:
            fits = count
        elif fits:
            return
        count = int(count * (1.15 if good else 0.8))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--interval", type=float, default=60)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sys.stderr.write("encoding what the cameras show\n")
        prepare(folder, views(os.environ, VIEWS), list(KINDS.values()), frames_per_key=2)
        if told.fit:
            rows = list(fitting(folder, folder, minutes=told.minutes, interval_s=told.interval))
        else:
            run = folder / "city"
            rows = [measure(told.feeds, folder, run, minutes=told.minutes, interval_s=told.interval)]
    write("city", {"rows": rows}, as_json=told.json)
    if not told.json:
        print(rows[-1]["arithmetic"]["for_10000"])


if __name__ == "__main__":
    main()
