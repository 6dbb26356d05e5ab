"""A real patrol to be measured: ``gridpatrol patrol`` or ``gridpatrol run`` as a process, seen from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from api.bench.processes import children, command_of, cpu_s, memory_mb, tree
from api.bench.record import Made, read_visits
from api.datafolder import installed
from api.wiring.accounts import ready_accounts
from configs.loading import load_settings

PROJECT = Path(__file__).parents[2]
_GRID = PROJECT / "configs" / "grids" / "yuzhong-demo.geojson"
_START_WITHIN_S = 300.0
_STOP_WITHIN_S = 60.0
_LOOK_EVERY_S = 0.1


def camera(feed_id: str, url: str, *, place: tuple[float, float] = (106.5640, 29.5560)) -> dict[str, Any]:
    """Return a feed that stands on the demonstration's grid; degrees (lon, lat), WGS-84."""
    lon, lat = place
    return {"id": feed_id, "url": url, "place": {"lon": lon, "lat": lat, "datum": "wgs84"}}


def write_configuration(folder: Path, feeds: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> None:
    """Write a configuration folder. JSON is YAML, and ten thousand feeds are written at once."""
    own = {
        "version": 1,
        "data_dir": str(folder / "var"),
        "http": {"port": _free_port()},
        "grid": {"file": str(_GRID), "datum": "wgs84"},
        "evidence": {"min_free_mb": 1},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gridpatrol.yaml").write_text(json.dumps(own | dict(settings)))
    (folder / "feeds.yaml").write_text(json.dumps({"feeds": list(feeds)}))


class Patrolling:
    """A patrol under way. Use it as a context manager: it has started when the block begins.

    Parameters
    ----------
    folder
        Where its configuration, its data and its messages are kept.
    feeds, settings
        See ``write_configuration``.
    whole
        Run supervisor, API and patrol (``gridpatrol run``), not the patrol alone.
    """

    def __init__(
        self,
        folder: Path,
        feeds: Sequence[Mapping[str, Any]],
        settings: Mapping[str, Any],
        *,
        whole: bool = False,
    ) -> None:
        self._folder, self._feeds, self._settings, self._whole = folder, feeds, settings, whole
        self._process: subprocess.Popen[bytes] | None = None
        self.started_in_s = 0.0

    @property
    def messages(self) -> str:
        """What it has said."""
        return (self._folder / "messages.log").read_text(errors="replace")

    @property
    def address(self) -> str:
        """Where its API answers, when it has one."""
        return load_settings(self._folder, environ=os.environ).http.address

    @property
    def log(self) -> Path:
        """Its log of visits."""
        return self._folder / "var" / "log"

    def cpu_s(self, part: str = "patrol") -> float:
        """Return the processor time of ``patrol`` or ``serve-api``, children included."""
        return sum(cpu_s(pid) for pid in self._of(part))

    def memory_mb(self, part: str = "patrol") -> float:
        """Return the memory of ``patrol`` or ``serve-api``, children included."""
        return sum(memory_mb(pid) for pid in self._of(part))

    def pause(self) -> None:
        """Let somebody else have the processors."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> list[Made]:
        """Stop as Ctrl-C does and return all its visits."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_STOP_WITHIN_S)
        return read_visits(self.log)

    def __enter__(self) -> Self:
        write_configuration(self._folder, self._feeds, self._settings)
        if not self._whole:
            self._give_token()
        began = time.monotonic()
        with (self._folder / "messages.log").open("wb") as messages:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "api", "run" if self._whole else "patrol", "--config", str(self._folder)],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=messages,
            )
        self._wait_for("] leads ")  # the capture processes have started, and the first visits are offered
        if self._whole:
            self._wait_for("Ctrl-C stops it")
        self.started_in_s = time.monotonic() - began
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            for pid in [*tree(self._process.pid)]:
                os.kill(pid, signal.SIGKILL)
            self._process.wait()

    def _give_token(self) -> None:
        settings = load_settings(self._folder, environ=os.environ)
        folder = installed(settings)
        folder.prepare()
        ready_accounts(settings, folder)

    def _wait_for(self, word: str) -> None:
        deadline = time.monotonic() + _START_WITHIN_S
        while word not in self.messages:
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the patrol did not start: {self.messages.strip() or 'it said nothing'}")
            time.sleep(_LOOK_EVERY_S)

    def _of(self, part: str) -> list[int]:
        if self._process is None:
            return []
        if not self._whole:
            return [self._process.pid]
        return [pid for pid in children(self._process.pid) if part in command_of(pid)]

    def _signal(self, number: signal.Signals) -> None:
        for pid in [*tree(self._process.pid)] if self._process else ():
            os.kill(pid, number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
