"""Others doing the patrol's job: one look at each feed per interval, same cameras, same weights, 1 in 10 feeds bad.

    .venv/bin/python tests/bench/bench_peers.py [--feeds 20] [--seconds 20] [--interval 10] [--only cv2_threads …]

Each contender runs twice: on healthy cameras alone, and with 5 % of them dead (half refuse, half accept and never
send) and 5 % frozen, which tells what the dead ones do to the others. Processor time is that of the contender's
process and its children, from its first result on; cameras are served by a process of their own. The defaults take
about six minutes. The longer the interval, the worse for those who decode all the time: 10 s is kind to them.
Roboflow's pipeline runs when ``PEER_ROBOFLOW_PYTHON`` names the interpreter of an environment with ``inference`` and
``ultralytics`` in it.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from api.bench.cameras import Cameras
from api.bench.contenders import NAIVE, OURS, OURS_F32, STREAMING, Job, Score, run_other, run_ours, those_here
from api.bench.material import KINDS, prepare
from api.bench.views import views
from tests.bench.results import PROJECT, write

WEIGHTS = PROJECT / "models" / "gridpatrol-city" / "model.pt"


def urls(cameras: Cameras, kind: str, feeds: int, closed_port: int, *, bad: bool) -> tuple[dict[str, str], frozenset]:
    """Return the feeds' addresses and which of them are healthy: each tenth is bad, dead and frozen by turns."""
    written, healthy = {}, set()
    ways = ("refused", "frozen", "silent", "frozen")
    for number in range(feeds):
        name = f"cam-{number:04}"
        way = ways[number // 10 % len(ways)] if bad and number % 10 == 5 else "ok"
        address = cameras.url(way, kind, name)
        written[name] = address.replace(f":{cameras.port}/", f":{closed_port}/") if way == "refused" else address
        if number % 10 != 5:  # the same ones count in both runs
            healthy.add(name)
    return written, frozenset(healthy)


def run(name: str, job: Job, folder: Path) -> Score:
    return run_ours(name, job, folder) if name in {OURS, OURS_F32} else run_other(name, job)


def times(ours: Score | None, theirs: Score) -> float | None:
    return round(ours.looks_per_cpu_s / theirs.looks_per_cpu_s, 2) if ours and theirs.looks_per_cpu_s else None


def row(well: Score, ill: Score, ours: dict[str, Score]) -> dict[str, Any]:
    return {
        "name": well.name,
        "looks_per_cpu_s": well.looks_per_cpu_s,
        "ours_to_theirs": times(ours.get(OURS), well),
        "ours_f32_to_theirs": times(ours.get(OURS_F32), well),
        "first_result_s": well.first_result_s,
        "missed": well.missed,
        "with_bad_looks_per_cpu_s": ill.looks_per_cpu_s,
        "with_bad_first_result_s": ill.first_result_s,
        "with_bad_missed": ill.missed,
        "due": well.looks + well.missed,
        "died": (ill.died or well.died)[-60:],
        "healthy": well.document(),
        "with_bad": ill.document(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--interval", type=float, default=10)
    parser.add_argument("--source", default="rtsp_704x576_h264", choices=list(KINDS))
    parser.add_argument("--only", nargs="*", help="contenders; all when left out")
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    names = [OURS, OURS_F32, *those_here((*NAIVE, *STREAMING))]
    rows: list[dict[str, Any]] = []
    ours: dict[str, Score] = {}
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        prepare(folder, views(os.environ, 1), [KINDS[told.source]])
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))  # bound but not listening: refused
        for name in told.only or names:
            scores = []
            for bad in (False, True):
                sys.stderr.write(f"{name}{' with bad feeds' if bad else ''}\n")
                # Cameras of their own: what one contender leaves open is not the next one's load.
                with Cameras(KINDS[told.source].protocol, folder) as cameras:
                    addresses, healthy = urls(cameras, told.source, told.feeds, closed.getsockname()[1], bad=bad)
                    job = Job(addresses, healthy, told.interval, told.seconds, WEIGHTS, 512)
                    scores.append(run(name, job, folder / f"{name}-{bad}"))
            ours |= {name: scores[0]} if name in {OURS, OURS_F32} else {}
            rows.append(row(scores[0], scores[1], ours))
    settings = {"feeds": told.feeds, "interval_s": told.interval, "seconds": told.seconds, "source": told.source}
    write("peers", {"settings": settings, "rows": rows}, as_json=told.json)


if __name__ == "__main__":
    main()
