"""A patrol of several processes for tests: cameras, Redis and the case API in this process's reach, all of them real.

Only the model is scripted: it finds one heap in every picture, so that each camera comes to one incident.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from api.datafolder import DataFolder
from gridmap.incident import Stage
from gridmap.ledgers.opening import open_ledger
from tests.servers.case_api import CaseApi, Clock, build
from tests.servers.clips import jpeg, scene
from tests.servers.redis import RedisServer

PROJECT = Path(__file__).parents[2]
HEAP = {"label": "garbage", "score": 0.9, "box": [50, 100, 150, 200]}


class WallClock(Clock):
    """The real time."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


class Street:
    """Snapshot cameras at ``/NAME.jpg``; each visit is noted with its time, and any camera can be made slow."""

    def __init__(self) -> None:
        rng, view = np.random.default_rng(3), scene(1)
        street = self

        def next_picture() -> bytes:
            """The same view, never the same picture: one that came before would be taken for an old one."""
            view[:16, :16] = rng.integers(0, 256, (16, 16, 3))
            return jpeg(view)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/").removesuffix(".jpg")
                street.visits[name].append(time.monotonic())
                street.gate.wait(street.slow_s)
                with street.lock:
                    body = next_picture()
                with suppress(OSError):
                    self.send_response(200)
                    self.send_header("Content-Type", "image/jpeg")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.visits: defaultdict[str, list[float]] = defaultdict(list)
        self.slow_s = 0.0
        self.gate, self.lock = threading.Event(), threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()


def eventually(true: Callable[[], Any], *, within_s: float = 60.0, what: str = "") -> Any:
    """Return the first true answer; other processes tell nobody when they are done, so they are asked."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    answer = None
    while time.monotonic() < deadline:
        if answer := true():
            return answer
        pause.wait(0.05)
    raise AssertionError(f"not within {within_s:g} s: {what or true}; last answer: {answer!r}")


class Patrols:
    """Patrol processes with one configuration over one bus.

    Parameters
    ----------
    folder
        For configuration, data and logs.
    redis
        The bus's server.
    cameras
        So many.
    ledger
        Address of the ledger; None is SQLite in the data folder.
    """

    def __init__(self, folder: Path, redis: RedisServer, *, cameras: int, ledger: str | None = None) -> None:
        self.folder, self.redis = folder, redis
        self.street = Street()
        (folder / "cases").mkdir(parents=True)
        # With a server of its own: the shared one answers for another test meanwhile.
        self.api: CaseApi = build(folder / "cases", clock=WallClock(), map_tiles=None)
        self.api_port = int(self.api.server.url.rpartition(":")[2])
        self.names = [f"cam{number:02}" for number in range(cameras)]
        data = DataFolder(folder / "var")
        data.prepare()
        data.write_token(self.api.machine_token)
        self._ledger = ledger or data.ledger
        self.processes: list[subprocess.Popen[bytes]] = []
        settings = {
            "version": 1,
            "data_dir": str(data.path),
            "bus": redis.url,
            **({"ledger": ledger} if ledger else {}),
            "http": {"port": self.api_port},
            "model": {"backend": "scripted", "truth": "truth.json"},
            "patrol": {
                "interval_s": 1,
                "workers": 4,
                "open_timeout_s": 2,
                "read_timeout_s": 8,
                "deadline_s": 10,
                "backoff_first_s": 1,
                "backoff_limit_s": 2,
            },
            "evidence": {"seen_every_s": 3, "min_free_mb": 1},
        }
        (folder / "truth.json").write_text(json.dumps({"*": [HEAP]}))
        YAML(typ="safe").dump(settings, folder / "gridpatrol.yaml")
        self._write_feeds()

    def _write_feeds(self) -> None:
        feeds = [{"id": name, "url": f"http://127.0.0.1:{self.street.port}/{name}.jpg"} for name in self.names]
        YAML(typ="safe").dump({"feeds": feeds}, self.folder / "feeds.yaml")

    def add_camera(self) -> str:
        """Write one more camera into the configuration that all processes read, and return its name."""
        self.names.append(f"cam{len(self.names):02}")
        self._write_feeds()
        return self.names[-1]

    def start(self, *before: str) -> subprocess.Popen[bytes]:
        """Start one more process; ``before`` goes before its command."""
        with (self.folder / f"patrol-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*before, sys.executable, "-m", "api", "patrol", "--config", str(self.folder)],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def log(self, process: subprocess.Popen[bytes]) -> str:
        return (self.folder / f"patrol-{self.processes.index(process)}.log").read_text(errors="replace")

    @property
    def alive(self) -> list[subprocess.Popen[bytes]]:
        return [process for process in self.processes if process.poll() is None]

    def leader(self) -> int | None:
        """Return the process id of the leader, as the bus knows it."""
        with suppress(Exception), self.redis.client() as client:
            held = client.get("gridpatrol:leader")
            return int(held.decode().rpartition("-")[0].rpartition("-")[2]) if held else None
        return None

    def members(self) -> int:
        """Return how many processes the bus has heard of in the last three seconds."""
        with suppress(Exception), self.redis.client() as client:
            now_ms = client.time()[0] * 1000
            heard = client.hgetall("gridpatrol:members").values()
            return sum(int(said.split()[0]) > 0 and now_ms - int(said.split()[1]) < 3000 for said in heard)
        return 0

    def ready(self, processes: int) -> None:
        """Wait until so many processes are at work, and every camera has been seen and reported."""
        eventually(lambda: self.members() >= processes and self.leader(), within_s=90, what="the processes")
        self.settled()

    def says_again(self, process: subprocess.Popen[bytes], words: str, before: int) -> None:
        """Wait until a process has said ``words`` more often than it had before."""
        eventually(lambda: self.log(process).count(words) > before, what=f"{words!r}, said again")

    def settled(self) -> None:
        """Wait until everything goes its way: all cameras are visited, all incidents reported, nothing waits."""
        since = time.monotonic()
        eventually(lambda: self.visited_since(since), within_s=60, what="a visit of each camera")
        eventually(lambda: len(self.reported()) >= len(self.names), within_s=60, what="all incidents")

    def visited_since(self, moment: float) -> bool:
        """Return whether every camera was visited after ``moment`` (monotonic)."""
        return all(self.street.visits[name] and self.street.visits[name][-1] > moment for name in self.names)

    def recovery_s(self, moment: float) -> float:
        """Return after how long since ``moment`` every camera had been visited, which is waited for."""
        eventually(lambda: self.visited_since(moment), within_s=60, what="a visit of each camera")
        firsts = [next(at for at in self.street.visits[name] if at > moment) for name in self.names]
        return max(firsts) - moment

    def reported(self) -> dict[str, list[str]]:
        """Return the incidents that the case API knows, by camera."""
        rows = self._cases("SELECT feed_id, id FROM incidents")
        known: defaultdict[str, list[str]] = defaultdict(list)
        for feed, incident in rows:
            known[feed].append(incident)
        return dict(known)

    def assert_nothing_lost_or_doubled(self) -> None:
        """Each camera has one incident, confirmed here and known there, with reports 0, 1, 2 … without a gap."""
        reported = self.reported()
        assert {name: len(ids) for name, ids in reported.items()} == dict.fromkeys(self.names, 1)
        ledger = open_ledger(self._ledger)
        try:
            confirmed = {one.feed_id: one.id for one in ledger.open_incidents() if one.stage is Stage.CONFIRMED}
        finally:
            ledger.close()
        assert confirmed == {name: ids[0] for name, ids in reported.items()}
        sequences: defaultdict[str, list[int]] = defaultdict(list)
        for (key,) in self._cases("SELECT key FROM receipts"):
            incident, _, sequence = key.partition(":")
            sequences[incident].append(int(sequence))
        assert {incident: sorted(each) == list(range(len(each))) for incident, each in sequences.items()} == (
            dict.fromkeys(confirmed.values(), True)
        )
        looks = self._cases("SELECT incident_id, captured_at FROM evidence")
        assert len(set(looks)) == len(looks)

    def trouble(self) -> list[str]:
        """Return what the patrol says is wrong, as the API knows it."""
        with self.api.deps.store.reading() as book:
            known = book.feeds.patrol()
        return list(known[0].trouble) if known else []

    def close(self) -> None:
        for process in self.alive:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
            process.kill()
            process.wait()
        self.street.close()
        self.api.close()

    def _cases(self, query: str) -> Sequence[Any]:
        with sqlite3.connect(f"file:{self.folder}/cases/cases.db?mode=ro", uri=True) as cases:
            return cases.execute(query).fetchall()
