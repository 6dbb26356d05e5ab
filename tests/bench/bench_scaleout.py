"""What more patrol processes bring: 1, 2 and 4 over Redis, with inference replaced by a fixed time.

There is always more due than can be made. Cameras and case API run in this process, whose CPU is told apart, as is
Redis's. ``overhead`` is what a visit costs in CPU beyond the one process without a bus.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import psutil
from ruamel.yaml import YAML

from tests.servers.patrols import Patrols, eventually
from tests.servers.redis import RedisServer

CAMERAS, TAKES_MS, WORKERS, MEASURED_S = 200, 200, 4, 15.0


def measured(processes: int, *, bus: bool) -> dict[str, float]:
    """Run so many processes and return visits a second and CPU ms a visit."""
    with tempfile.TemporaryDirectory() as folder:
        redis = RedisServer()
        city = Patrols(Path(folder, "city"), redis, cameras=CAMERAS, found=(), takes_ms=TAKES_MS)
        if not bus:
            settings = Path(folder, "city", "gridpatrol.yaml")
            written = YAML(typ="safe").load(settings)
            del written["bus"]
            YAML(typ="safe").dump(written, settings)
        try:
            for _ in range(processes):
                city.start()
            eventually(lambda: (city.members() >= processes or not bus) and _visits(city) > CAMERAS, within_s=120)
            return _over(city, psutil.Process(redis.process.pid))
        finally:
            city.close()
            redis.close()


def _over(city: Patrols, redis: psutil.Process) -> dict[str, float]:
    patrols = [psutil.Process(process.pid) for process in city.alive]
    before = _visits(city), _cpu_s(patrols), _cpu_s([redis]), time.process_time(), time.monotonic()
    threading.Event().wait(MEASURED_S)
    after = _visits(city), _cpu_s(patrols), _cpu_s([redis]), time.process_time(), time.monotonic()
    visits, patrol_s, redis_s, ours_s, took_s = (new - old for new, old in zip(after, before, strict=True))
    return {
        "visits_per_s": round(visits / took_s, 1),
        "patrol_cpu_ms_per_visit": round(patrol_s / visits * 1e3, 2),
        "redis_cpu_ms_per_visit": round(redis_s / visits * 1e3, 2),
        "cameras_cpu_ms_per_visit": round(ours_s / visits * 1e3, 2),
    }


def _visits(city: Patrols) -> int:
    return sum(map(len, city.street.visits.values()))


def _cpu_s(processes: list[psutil.Process]) -> float:
    """Return CPU seconds of processes and the children that they still have."""
    everyone = [one for process in processes for one in (process, *process.children(recursive=True))]
    return sum(sum(one.cpu_times()[:2]) for one in everyone)


def main() -> None:
    figures = {"1 process, no bus": measured(1, bus=False)}
    for processes in (1, 2, 4):
        figures[f"{processes} over Redis"] = measured(processes, bus=True)
    alone = figures["1 process, no bus"]["patrol_cpu_ms_per_visit"]
    print(f"{CAMERAS} cameras, {TAKES_MS} ms a look, {WORKERS} visits at once a process")
    for name, figure in figures.items():
        figure["overhead_ms"] = round(figure["patrol_cpu_ms_per_visit"] - alone, 2)
        print(f"{name:18} " + "  ".join(f"{key} {value:.2f}" for key, value in figure.items()))
    out = Path("var/bench")
    out.mkdir(parents=True, exist_ok=True)
    (out / "scaleout.json").write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
