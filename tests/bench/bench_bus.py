"""What the bus costs per visit: offer, lease, deliver, take, acknowledge, in one process and over a real Redis.

Everything around it (capture, model, ledger) is left out. CPU is that of this process, which is leader and worker at
once; Redis's own is told apart.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import psutil

from api.visited import Carried, Visited, VisitedWire
from detector.detection import Detection
from gridmap.look import Look
from gridmap.sighting import Sighting
from streams.bus.inprocess import InProcessBus
from streams.bus.offer import Offer
from streams.bus.port import Bus
from streams.bus.redisbus import RedisBus
from streams.due import Due
from streams.visit import Outcome, Visit
from tests.servers.redis import RedisServer

NOW = datetime(2026, 7, 1, 4, tzinfo=UTC)
VISITS, AT_ONCE = 2000, 8
BRIEF = {"memory": {"sight": ["0" * 64, 1]}, "small_wanted": False, "imprints": []}


def visited(feed_id: str, *, picture: bytes | None) -> Visited:
    """Return a visit that found nothing, or a heap with its picture."""
    heap = Sighting(Detection("garbage", 0.8, (1.0, 2.0, 30.0, 40.0), "m@1"), feed_id, "garbage", NOW, (640, 480))
    look = Look(feed_id, NOW, seeing=True, sightings=(heap,) if picture else ())
    visit = Visit(feed_id, NOW, NOW, NOW, Outcome.OK)
    return Visited(visit, Outcome.OK, "", "Gate", look, pictures=Carried(picture), memory=BRIEF["memory"])


def run(bus: Bus[Visited], picture: bytes | None) -> dict[str, float]:
    """Send visits round, and return what one costs in ms."""
    began, cpu = time.perf_counter(), time.process_time()
    for first in range(0, VISITS, AT_ONCE):
        feeds = [f"cam{number}" for number in range(first, first + AT_ONCE)]
        bus.lead()
        bus.offer([Offer(feed, Due(feed, NOW), BRIEF) for feed in feeds])
        for lease in bus.lease(AT_ONCE, wait_s=1):
            bus.deliver(lease, visited(lease.offer.feed_id, picture=picture))
        told = bus.told(AT_ONCE, wait_s=1)
        bus.remembered(told, {delivery.feed_id: json.dumps(BRIEF) for delivery in told})
    bus.resign()
    took, used = time.perf_counter() - began, time.process_time() - cpu
    return {"cpu_ms": round(used / VISITS * 1e3, 3), "wall_ms": round(took / VISITS * 1e3, 3)}


def main() -> None:
    server = RedisServer()
    redis = psutil.Process(server.process.pid)
    figures = {}
    for name, picture in (("nothing found", None), ("a heap and its 150 kB picture", bytes(150_000))):
        figures[f"in process, {name}"] = run(InProcessBus(now=lambda: NOW), picture)
        before = sum(redis.cpu_times()[:2])
        figures[f"redis, {name}"] = run(RedisBus(server.url, VisitedWire()), picture)
        used = sum(redis.cpu_times()[:2]) - before
        figures[f"redis, {name}"]["redis_cpu_ms"] = round(used / VISITS * 1e3, 3)
    server.close()
    for name, figure in figures.items():
        print(f"{name:45} " + "  ".join(f"{key} {value:7.3f}" for key, value in figure.items()))
    out = Path("var/bench")
    out.mkdir(parents=True, exist_ok=True)
    (out / "bus.json").write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
