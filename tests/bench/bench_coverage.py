"""What a coverage report costs over a day of a large city: 10,000 feeds every 5 minutes, as a patrol logs them.

    .venv/bin/python tests/bench/bench_coverage.py [--feeds 10000] [--files 1440] [--json]

Each report is made in a process of its own, so that its memory is its own. Prints a table and writes
var/bench/coverage.json.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from detector.coveragecount import By, Question
from detector.coveragereport import coverage_of
from streams.feed import share_of
from streams.roster import Enrolled, Roster, keep_roster
from tests.bench.results import write

DAY = datetime(2026, 7, 1, tzinfo=UTC)
EVERY_S, TURNS = 300, 288
REPORTS = ((By.HOUR,), (By.PLAN, By.HOUR), (By.FEED,), (By.CELL,), (By.FEED, By.HOUR))
_UTC_MS = pa.timestamp("ms", tz="UTC")
_OUTCOMES, _SHARES = ("ok", "unreachable", "dark", "frozen"), (0.9, 0.05, 0.03, 0.02)


def write_log(folder: Path, feeds: int, files: int) -> int:
    """Write a day of visits into so many files, by time; return how many visits."""
    ids = [f"cam-{number:06d}" for number in range(feeds)]
    plans = [
        {"city": float(EVERY_S)} | ({"centre": float(EVERY_S)} if number % 10 == 0 else {}) for number in range(feeds)
    ]
    enrolled = (
        Enrolled(feed, plan, feed, f"cell-{n % 416}") for n, (feed, plan) in enumerate(zip(ids, plans, strict=True))
    )
    keep_roster(folder, Roster(DAY - timedelta(days=1), tuple(enrolled)))
    rng = np.random.default_rng(1)
    feed = np.tile(np.arange(feeds), TURNS)
    place_s = np.array([share_of(feed_id) for feed_id in ids]) * EVERY_S
    due_s = DAY.timestamp() + place_s[feed] + np.repeat(np.arange(TURNS), feeds) * EVERY_S
    order = np.argsort(due_s)
    day = folder / "visits" / f"day={DAY.date()}"
    day.mkdir(parents=True)
    for number, part in enumerate(np.array_split(order, files)):
        _write_part(day / f"{number}.parquet", np.array(ids)[feed[part]], due_s[part], rng)
    return len(order)


def _write_part(path: Path, ids: np.ndarray, due_s: np.ndarray, rng: np.random.Generator) -> None:
    def at(seconds: np.ndarray) -> pa.Array:
        return pa.array((seconds * 1000).astype("datetime64[ms]"), _UTC_MS)

    started_s = due_s + rng.exponential(8, len(due_s))
    columns: dict[str, Any] = {
        "feed_id": ids,
        "due_at": at(due_s),
        "started_at": at(started_s),
        "finished_at": at(started_s + 0.3),
        "outcome": rng.choice(_OUTCOMES, len(due_s), p=_SHARES),
        "detail": [""] * len(due_s),
        "cpu_ms": rng.normal(40, 5, len(due_s)).astype(np.float32),
    }
    pq.write_table(pa.table(columns), path, compression="zstd")


def report(folder: str, by: tuple[By, ...]) -> dict[str, Any]:
    """Make one report and return its cost."""
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    question = Question(DAY, DAY + timedelta(days=1), DAY + timedelta(days=2), by, zone=ZoneInfo("Asia/Shanghai"))
    wall, cpu = time.perf_counter(), time.process_time()
    answer = coverage_of(Path(folder), question)
    return {
        "by": "+".join(by),
        "rows": len(answer.rows),
        "planned": answer.total.planned,
        "cpu_s": round(time.process_time() - cpu, 2),
        "wall_s": round(time.perf_counter() - wall, 2),
        "more_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mb),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=1440)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        visits = write_log(Path(folder), told.feeds, told.files)
        rows = []
        for by in REPORTS:
            with multiprocessing.get_context("spawn").Pool(1) as alone:
                rows.append(alone.apply(report, (folder, by)))
    write("coverage", {"visits": visits, "rows": rows}, as_json=told.json)


if __name__ == "__main__":
    main()
