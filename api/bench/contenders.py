"""Others doing the patrol's job: each in a process of its own, measured from outside as the patrol is.

The others live in ``tests/bench/peers`` of the source, one script each, written as their users write them. A script
gets its orders as JSON and prints a line of JSON for each look. What counts is looks that were asked for: one of each
feed in each interval.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from api.bench.patrolling import PROJECT, Patrolling, camera
from api.bench.processes import cpu_s, tree

SCRIPTS = PROJECT / "tests" / "bench" / "peers"
NAIVE = ("cv2_threads", "cv2_processes", "pyav")
STREAMING = ("loadstreams", "predict_stream", "roboflow_pipeline")
_INTERPRETERS = {"roboflow_pipeline": "PEER_ROBOFLOW_PYTHON"}
"""What wants an environment of its own, and the environment variable that names its interpreter."""
OURS, OURS_F32 = "gridpatrol", "gridpatrol_f32"
"""As it comes, and computing in the full precision of the others."""
_SAMPLE_S = 0.25
_FIRST_WITHIN_S = 90.0


@dataclass(frozen=True, slots=True)
class Job:
    """What each contender has to do: look once at each feed in each interval.

    Parameters
    ----------
    urls
        By feed id.
    healthy
        The feeds that can be seen, and so count.
    weights, input_px
        The checkpoint that the others use, and the long side of its input.
    """

    urls: Mapping[str, str]
    healthy: frozenset[str]
    interval_s: float
    seconds: float
    weights: Path
    input_px: int


@dataclass(frozen=True, slots=True)
class Score:
    """How a contender did.

    Parameters
    ----------
    looks
        Asked-for looks in the measured time: at most one of each healthy feed in each interval.
    missed
        Those that did not come.
    results
        All that came, asked for or not.
    first_result_s
        Seconds from its start to its first result; None when there was none.
    cpu_s
        Processor time in the measured time, children included; what the start took is not in it.
    died
        How it ended by itself, in its own last words.
    """

    name: str
    looks: int = 0
    missed: int = 0
    results: int = 0
    first_result_s: float | None = None
    cpu_s: float = 0.0
    died: str = ""

    @property
    def looks_per_cpu_s(self) -> float:
        """Asked-for looks per second of processor time."""
        return round(self.looks / self.cpu_s, 2) if self.cpu_s else 0.0

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self) | {"looks_per_cpu_s": self.looks_per_cpu_s}


@dataclass(slots=True)
class _Watched:
    """A process whose looks and processor time are noted as they come."""

    looks: list[tuple[float, str]] = field(default_factory=list)
    spent: list[tuple[float, float]] = field(default_factory=list)

    def sample(self, used_s: float) -> None:
        self.spent.append((time.time(), used_s))

    def score(self, name: str, job: Job, began_s: float, died: str = "") -> Score:
        """Judge the looks from the first one on, for as long as the job says."""
        seen = sorted((at, feed) for at, feed in self.looks if feed in job.healthy)
        due = len(job.healthy) * max(1, round(job.seconds / job.interval_s))
        if not seen:
            return Score(name, missed=due, died=died)
        first = seen[0][0]
        until = first + job.seconds
        within = [(at, feed) for at, feed in seen if at < until]
        asked_for = {(feed, int((at - first) / job.interval_s)) for at, feed in within}
        spent = self._at(until) - self._at(first)
        return Score(
            name, len(asked_for), due - len(asked_for), len(within), round(first - began_s, 1), round(spent, 2), died
        )

    def _at(self, moment_s: float) -> float:
        return min(self.spent, key=lambda sample: abs(sample[0] - moment_s))[1] if self.spent else 0.0


def those_here(names: Sequence[str]) -> tuple[str, ...]:
    """Return those that can run here; one that wants an environment of its own is left out until it has one."""
    return tuple(name for name in names if _INTERPRETERS.get(name, "PATH") in os.environ)


def _interpreter(name: str) -> str:
    variable = _INTERPRETERS.get(name)
    return os.environ[variable] if variable else sys.executable


def missing_library() -> str | None:
    """Return what keeps the others from running, one sentence, or None."""
    if not SCRIPTS.is_dir():
        return "the other programs to compare with are part of the source only; clone it and run the command there"
    if importlib.util.find_spec("ultralytics") is None:
        return 'the other programs to compare with need Ultralytics: pip install -e ".[ultralytics]"'
    return None


def run_other(name: str, job: Job) -> Score:
    """Run one of the others and return how it did."""
    orders = {
        "urls": dict(job.urls),
        "interval_s": job.interval_s,
        "weights": str(job.weights),
        "input_px": job.input_px,
    }
    watched, began_s = _Watched(), time.time()
    with subprocess.Popen(  # noqa: S603 - our own command
        [_interpreter(name), str(SCRIPTS / f"{name}.py"), json.dumps(orders)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false"},
    ) as process:
        words: list[str] = []
        readers = [
            threading.Thread(target=_read_looks, args=(process.stdout, watched)),
            threading.Thread(target=_read_words, args=(process.stderr, words)),
        ]
        for reader in readers:
            reader.start()
        _watch(process, watched, job, began_s)
        died = "" if process.poll() is None else f"ended with {process.returncode}: {_last(words)}"
        _end(process)
        for reader in readers:
            reader.join()
    return watched.score(name, job, began_s, died)


def run_ours(name: str, job: Job, folder: Path) -> Score:
    """Run the patrol on the same job."""
    settings: dict[str, Any] = {"patrol": {"interval_s": job.interval_s}}
    settings |= {"model": {"precision": "f32"}} if name == OURS_F32 else {}
    hosts = {feed: f"127.0.1.{1 + number % 250}" for number, feed in enumerate(job.urls)}
    feeds = [camera(feed, url.replace("127.0.0.1", hosts[feed])) for feed, url in job.urls.items()]
    watched, began_s = _Watched(), time.time()
    with Patrolling(folder, feeds, settings) as patrol:
        started_s = time.time()
        while time.time() < started_s + job.seconds + 2 * job.interval_s:
            watched.sample(patrol.cpu_s())
            time.sleep(_SAMPLE_S)
        watched.looks += [(visit.finished_s, visit.feed_id) for visit in patrol.stop() if visit.outcome == "ok"]
    # Its first round is spread over the interval; it is measured when it has come round.
    first_s = watched.looks[0][0] - began_s if watched.looks else None
    watched.looks = [(at, feed) for at, feed in watched.looks if at >= started_s + job.interval_s]
    score = watched.score(name, job, began_s)
    return Score(**(asdict(score) | {"first_result_s": first_s and round(first_s, 1)}))


def _watch(process: subprocess.Popen[str], watched: _Watched, job: Job, began_s: float) -> None:
    until = began_s + _FIRST_WITHIN_S
    while process.poll() is None and time.time() < until:
        watched.sample(cpu_s(process.pid))
        if watched.looks:
            until = watched.looks[0][0] + job.seconds + 2 * _SAMPLE_S
        time.sleep(_SAMPLE_S)


def _read_looks(lines: Any, watched: _Watched) -> None:
    for line in lines:
        try:
            watched.looks.append((time.time(), json.loads(line)["feed"]))
        except (ValueError, KeyError, TypeError):
            continue  # libraries speak on standard output, too


def _read_words(lines: Any, words: list[str]) -> None:
    for line in lines:
        words.append(line.strip())
        del words[:-50]


def _last(words: list[str]) -> str:
    return next((word for word in reversed(words) if word), "no words")[:300]


def _end(process: subprocess.Popen[str]) -> None:
    for pid in [*tree(process.pid)]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()
