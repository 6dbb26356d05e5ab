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

_FEEDS = 4
_INTERVAL_S = 0.2
"""Far less than a visit of each takes: there is always somebody due."""
_WARM_UP_S = 8.0
_TURN_S = 2.0
_LEAST_SEEING = 0.98


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
    settings = {"patrol": {"interval_s": _INTERVAL_S} | ({"workers": 1} if lanes == 1 else {})}
    try:
        with Cameras(kind.protocol, material) as cameras:
            names = [f"cam-{number}" for number in range(_FEEDS)]
            hosts = [f"127.0.{number}.1" for number in range(_FEEDS)]
            feeds = [
                camera(name, cameras.url("ok", kind.name, name, host=host))
                for name, host in zip(names, hosts, strict=True)
            ]
            with Patrolling(folder, feeds, settings) as patrol:
                return _in_turns(patrol, floor, seconds)
    finally:
        floor.close()


def _in_turns(patrol: Patrolling, floor: Floor, seconds: float) -> _Phase:
    """Let patrol and floor take turns, so that a machine that slows down slows both."""
    time.sleep(_WARM_UP_S)
    _while_paused(patrol, floor.warm_up)
    paused_s, began_s, before_s = 0.0, time.time(), patrol.cpu_s()
    while time.time() - began_s - paused_s < seconds:
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
