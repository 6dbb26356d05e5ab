"""What a look costs in threads of the patrol and in capture processes, and where RTSP's time goes.

Looks only: no sight, no model. Four at once, in rounds that take turns so that a machine that slows down slows all
layouts. CPU is that of this process and of the capture processes; the servers are others.

    .venv/bin/python tests/bench/bench_capture.py [--json] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import cv2
import psutil

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.capture import Capture
from streams.captureworkers.pool import CaptureWorkers
from streams.captureworkers.source import WorkerSource
from streams.feed import Feed, Protocol
from streams.source import Limits, Source
from streams.sources import open_source
from tests.e2e.patrol_city import PROJECT, still
from tests.servers.rtsp import RtspServer

LAYOUTS = (0, 1, 2, 4)
"""Capture processes; 0 is threads of the patrol."""
AT_ONCE, LOOKS = 4, 12
LIMITS = Limits(open_timeout_s=20, read_timeout_s=20, enough_px=512)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Layout:
    """So many capture processes, and what looks in them took."""

    processes: int
    pool: CaptureWorkers | None
    cpu_ms: dict[str, list[float]] = field(default_factory=dict)
    wall_ms: dict[str, list[float]] = field(default_factory=dict)

    def source(self, feed: Feed) -> Source:
        return WorkerSource(feed, LIMITS, self.pool) if self.pool else open_source(feed, LIMITS, now=now)

    def spent_s(self) -> float:
        own = psutil.Process()
        children = own.children() if self.pool else []
        mine = [each for each in children if "streams.captureworkers.worker" in each.cmdline()]
        return sum(sum(each.cpu_times()[:2]) for each in (own, *mine))


def measure(layout: Layout, kind: str, feeds: list[Feed], capture: Capture, threads: ThreadPoolExecutor) -> None:
    def look(feed: Feed, source: Source) -> float:
        began = time.perf_counter()
        visit, frame = capture.visit(feed, source, due_at=now())
        if frame is None:
            raise RuntimeError(f"{kind}: {visit.detail}")
        assert frame.image[0, 0, 0] >= 0
        return (time.perf_counter() - began) * 1000

    sources = [layout.source(feed) for feed in feeds]
    list(threads.map(look, feeds[:AT_ONCE], sources[:AT_ONCE]))
    began = layout.spent_s()
    walls = list(threads.map(look, feeds, sources))
    layout.cpu_ms.setdefault(kind, []).append((layout.spent_s() - began) * 1000 / len(feeds))
    layout.wall_ms.setdefault(kind, []).append(statistics.median(walls))


def served(folder: Path, stack: ExitStack) -> dict[str, tuple[str, Protocol]]:
    picture = folder / "1.jpg"
    cv2.imwrite(str(picture), cv2.resize(still("00481"), (1920, 1080), interpolation=cv2.INTER_CUBIC))
    rtsp = stack.enter_context(RtspServer())
    kinds = {mount: (rtsp.url(mount), Protocol.RTSP) for mount in ("h264", "h264_1080p", "h265")}
    return kinds | {"snapshot_1080p": (snapshot_server(picture, stack), Protocol.SNAPSHOT)}


def snapshot_server(picture: Path, stack: ExitStack) -> str:
    script = PROJECT / "tests" / "servers" / "still_server.py"
    server = stack.enter_context(
        subprocess.Popen([sys.executable, "-P", str(script), str(picture)], stdout=subprocess.PIPE, text=True)
    )
    stack.callback(server.kill)
    assert server.stdout is not None
    return f"http://127.0.0.1:{server.stdout.readline().strip()}/live.jpg"


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=4)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        kinds = served(Path(name), stack)
        layouts = []
        for count in LAYOUTS:
            pool = CaptureWorkers(count, deadline_s=60, looks=AT_ONCE, frame_bytes=30_000_000) if count else None
            layouts.append(Layout(count, pool))
            if pool:
                stack.callback(pool.close)
        capture = Capture(60, now=now)
        threads = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
        for _ in range(chosen.rounds):
            for kind, (url, protocol) in kinds.items():
                feeds = [Feed(f"{kind}-{number}", kind, url, protocol) for number in range(LOOKS)]
                for layout in layouts:
                    measure(layout, kind, feeds, capture, threads)
    rows = [
        {
            "source": kind,
            "processes": layout.processes,
            "cpu_ms": round(statistics.median(layout.cpu_ms[kind]), 1),
            "least_cpu_ms": round(min(layout.cpu_ms[kind]), 1),
            "wall_ms": round(statistics.median(layout.wall_ms[kind])),
        }
        for kind in kinds
        for layout in layouts
    ]
    out = PROJECT / "var" / "bench" / "capture.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"rows": rows}, indent=2))
    if chosen.json:
        json.dump({"rows": rows}, sys.stdout, indent=2)
        return
    for row in rows:
        print("  ".join(f"{name} {value!s:>8}" for name, value in row.items()))


if __name__ == "__main__":
    main()
