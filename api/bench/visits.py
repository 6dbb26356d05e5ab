"""What a visit costs: the whole patrol's processor time against the floor, in turns, and at full speed."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from api.bench.cameras import Cameras
from api.bench.floor import Floor, decoder, patrols_model
from api.bench.material import Kind
from api.bench.patrolling import PROJECT, Patrolling, camera
from api.bench.record import Made, outcomes

_FEEDS_PER_LANE = 8
_INTERVAL_S = 0.2
"""Far less than a visit of each takes: there is always somebody due."""
_PROMISE_S = 3600.0
"""Nobody was promised that: being told of broken promises is no part of a visit."""
_SETTLED_LOOKS, _SETTLED_WITHIN_S = 4, 180.0
"""By a camera's fourth picture everything has been done that is done once: processes started, the model compiled for
this size of picture, the view remembered, the finding confirmed and written."""
_TURN_S = 2.0
_LEAST_VISITS, _MOST_TIMES = 60, 5
"""A slow machine gets up to five times the seconds to make so many visits: one more or less must not count."""
_LEAST_SEEING = 0.98
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class VisitCost:
    """What visits of one kind of feed cost.

    Parameters
    ----------
    visits
        How many were measured.
    cpu_ms_per_visit
        Processor milliseconds of the patrol's process and its children, one visit at a time.
    decode_ms, forward_ms, floor_ms
        The floor, measured in turns with the visits.
    efficiency
        Floor ÷ visit.
    visits_per_s, full_speed_cpu_ms, full_speed_floor_ms
        With the default workers on all processors.
    """

    source: str
    visits: int
    cpu_ms_per_visit: float
    floor_ms: float
    efficiency: float
    visits_per_s: float
    decode_ms: float
    forward_ms: float
    full_speed_cpu_ms: float
    full_speed_floor_ms: float
    full_speed_efficiency: float
    budget_ms: float | None

    def document(self, peers: dict[str, Any]) -> dict[str, Any]:
        """Return it as the command prints it."""
        return asdict(self) | {"peers": peers}


@dataclass(frozen=True, slots=True)
class _Phase:
    """One patrol's measured time."""

    made: int
    cpu_ms: float
    per_s: float
    decode_ms: float
    forward_ms: float

    @property
    def floor_ms(self) -> float:
        return self.decode_ms + self.forward_ms


def measure_visits(kind: Kind, material: Path, folder: Path, *, seconds: float) -> VisitCost:
    """Measure visits of a kind of feed for so many seconds, and as long at full speed.

    Parameters
    ----------
    material
        As ``api.bench.material.prepare`` left it.
    folder
        Empty; the patrols' data goes there.

    Raises
    ------
    RuntimeError
        When the patrol does not start, or does not see the cameras.
    detector.errors.ModelError
        When the weights cannot be used.
    """
    alone = _phase(kind, material, folder / "alone", seconds=seconds, lanes=1)
    busy = _phase(kind, material, folder / "busy", seconds=seconds, lanes=os.cpu_count() or 1)
    return VisitCost(
        source=kind.name,
        visits=alone.made,
        cpu_ms_per_visit=round(alone.cpu_ms, 1),
        floor_ms=round(alone.floor_ms, 1),
        efficiency=round(alone.floor_ms / alone.cpu_ms, 2),
        visits_per_s=round(busy.per_s, 1),
        decode_ms=round(alone.decode_ms, 1),
        forward_ms=round(alone.forward_ms, 1),
        full_speed_cpu_ms=round(busy.cpu_ms, 1),
        full_speed_floor_ms=round(busy.floor_ms, 1),
        full_speed_efficiency=round(busy.floor_ms / busy.cpu_ms, 2),
        budget_ms=kind.budget_ms,
    )


def _phase(kind: Kind, material: Path, folder: Path, *, seconds: float, lanes: int) -> _Phase:
    floor = Floor(decoder(material, kind), patrols_model(PROJECT, folder / "compiled"), lanes=lanes)
    workers = {"workers": 1} if lanes == 1 else {}
    settings = {"patrol": {"interval_s": _INTERVAL_S, "promise_s": _PROMISE_S} | workers}
    try:
        with Cameras(kind.protocol, material) as cameras:
            numbers = range(_FEEDS_PER_LANE * lanes)
            hosts = [f"127.0.{number}.1" for number in numbers]
            feeds = [
                camera(f"cam-{number}", cameras.url("ok", kind.name, f"cam-{number}", host=hosts[number]))
                for number in numbers
            ]
            with Patrolling(folder, feeds, settings) as patrol:
                _settle(patrol, cameras, len(feeds))
                return _in_turns(patrol, cameras, floor, seconds)
    finally:
        floor.close()


def _settle(patrol: Patrolling, cameras: Cameras, feeds: int) -> None:
    """Wait until nothing happens any more that happens but once."""
    deadline = time.monotonic() + _SETTLED_WITHIN_S
    while len(shown := cameras.shown()) < feeds or min(shown.values()) < _SETTLED_LOOKS:
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"the patrol did not come round {_SETTLED_LOOKS} times in {_SETTLED_WITHIN_S:g} s: {patrol.messages}"
            )
        time.sleep(_LOOK_EVERY_S)


def _in_turns(patrol: Patrolling, cameras: Cameras, floor: Floor, seconds: float) -> _Phase:
    """Let patrol and floor take turns, so that a machine that slows down slows both."""
    _while_paused(patrol, floor.warm_up)
    enough = sum(cameras.shown().values()) + _LEAST_VISITS
    paused_s, began_s, before_s = 0.0, time.time(), patrol.cpu_s()
    while (ran_s := time.time() - began_s - paused_s) < seconds or (
        ran_s < seconds * _MOST_TIMES and sum(cameras.shown().values()) < enough
    ):
        time.sleep(_TURN_S)
        paused_s += _while_paused(patrol, floor.turn)
    ended_s, spent_s = time.time(), patrol.cpu_s() - before_s
    made = [visit for visit in patrol.stop() if began_s <= visit.finished_s < ended_s]
    _check(made)
    return _Phase(
        len(made),
        spent_s / len(made) * 1000,
        len(made) / (ended_s - began_s - paused_s),
        floor.decode_ms,
        floor.forward_ms,
    )


def _while_paused(patrol: Patrolling, work: Any) -> float:
    """Do a work while the patrol stands still, and return how many seconds that took."""
    began = time.monotonic()
    patrol.pause()
    try:
        work()
    finally:
        patrol.resume()
    return time.monotonic() - began


def _check(made: list[Made]) -> None:
    ended = outcomes(made)
    if not made or ended.get("ok", 0) < _LEAST_SEEING * len(made):
        raise RuntimeError(f"the patrol did not see the measuring's cameras: {ended or 'no visit was made'}")
