"""A whole installation for tests: real cameras on loopback, and ``gridpatrol run`` as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import psutil
import pytest
from ruamel.yaml import YAML

from streams.frame import Image
from tests.servers.camera import Camera
from tests.servers.clips import jpeg, write_clip

PROJECT = Path(__file__).parents[2]
GRID = PROJECT / "configs" / "grids" / "yuzhong-demo.geojson"
WRITE = {"X-Requested-With": "gridpatrol"}


def stills_folder() -> Path:
    """Return the folder of real street stills, or skip: without them there is nothing real to find."""
    named = os.environ.get("GRIDPATROL_SAMPLES")
    folder = (Path(named) if named else PROJECT.parent / "shared" / "samples") / "stills"
    if not folder.is_dir():
        pytest.skip("needs the sample stills; set GRIDPATROL_SAMPLES to their folder")
    return folder


def still(name: str) -> Image:
    """Return a real street still, ``(H, W, 3) uint8`` BGR."""
    return cv2.imread(str(stills_folder() / f"street_{name}.jpg"))


class StillCamera(Camera):
    """A snapshot camera that looks at a still: the same view each time, never the same picture."""

    def __init__(self, view: Image) -> None:
        super().__init__()
        self.view = view
        self._rng = np.random.default_rng(7)

    def next_picture(self) -> bytes:
        noise = self._rng.normal(0, 2, self.view.shape)
        return jpeg(np.clip(self.view + noise, 0, 255).astype(np.uint8))


def vehicle_run(folder: Path, view: Image) -> tuple[Path, Path]:
    """Write a clip that pans over a still and the GPX track of the drive: 16 s at 8 m/s through the demo grid."""
    height, width = view.shape[:2]
    window = int(width * 0.8)
    lefts = np.linspace(0, width - window, 160).astype(int)
    pan = [np.ascontiguousarray(view[: height // 32 * 32, left : left + window // 32 * 32]) for left in lefts]
    clip = write_clip(folder / "car.mp4", pan)
    begin = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
    points = "".join(
        f'<trkpt lat="29.5500" lon="{106.5330 + second * 8 / 96_800:.7f}">'
        f"<time>{(begin + timedelta(seconds=second)).isoformat()}</time></trkpt>"
        for second in range(17)
    )
    track = folder / "car.gpx"
    track.write_text(f'<gpx version="1.1" creator="test"><trk><trkseg>{points}</trkseg></trk></gpx>')
    return clip, track


def camera(feed_id: str, url: str, **more: Any) -> dict[str, Any]:
    """Return a feed on the demonstration's grid."""
    place = {"lon": 106.5640, "lat": 29.5560, "datum": "wgs84"}
    return {"id": feed_id, "name": f"{feed_id} 路口", "url": url, "place": place, **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_config(folder: Path, feeds: list[dict[str, Any]], **more: Any) -> Path:
    """Write a configuration with these feeds, visited each second, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "version": 1,
        "data_dir": str(folder / "var"),
        "http": {"port": free_port()},
        "grid": {"file": str(GRID), "datum": "wgs84"},
        "patrol": {"interval_s": 1, "workers": 4, "backoff_first_s": 1, "backoff_limit_s": 5},
        "evidence": {"seen_every_s": 2, "min_free_mb": 1},
    }
    yaml = YAML(typ="safe")
    yaml.dump(settings | more, folder / "gridpatrol.yaml")
    yaml.dump({"feeds": feeds}, folder / "feeds.yaml")
    return folder


def eventually(true: Callable[[], Any], *, within_s: float = 60.0, what: str = "") -> Any:
    """Return the first true answer; other processes tell nobody when they are done, so they are asked."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while time.monotonic() < deadline:
        if answer := true():
            return answer
        pause.wait(0.1)
    raise AssertionError(f"not within {within_s:g} s: {what or true}; last answer: {answer!r}")


class Running:
    """``gridpatrol run`` under way."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self._log = config / f"run-{len(list(config.glob('run-*.log')))}.log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api", "run", "--config", str(config)],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        settings = YAML(typ="safe").load(config / "gridpatrol.yaml")
        self.address = f"http://127.0.0.1:{settings['http']['port']}"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_ready(self) -> Running:
        eventually(
            lambda: "Ctrl-C stops it" in self.log or self.process.poll() is not None, within_s=180, what="the start"
        )
        assert self.process.poll() is None, self.log
        return self

    @property
    def password(self) -> str:
        return re.findall(r"one-time password (\S+)", self.log)[-1]

    @contextmanager
    def operator(self) -> Iterator[httpx.Client]:
        """Log in with the printed password."""
        base = f"{self.address}/api/v1"
        with httpx.Client(base_url=base, headers=WRITE, timeout=20, trust_env=False) as client:
            login = client.post("/session", json={"username": "operator", "password": self.password})
            assert login.is_success, login.text
            yield client

    def child(self, command: str) -> int:
        """Return the process id of ``serve-api`` or ``patrol``."""
        return int(eventually(lambda: self._child(command), what=f"the process {command}"))

    def _child(self, command: str) -> int | None:
        for child in psutil.Process(self.process.pid).children():
            try:
                if command in child.cmdline():
                    return child.pid
            except psutil.Error:
                continue
        return None

    def stop(self) -> int:
        """Stop as Ctrl-C does and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(20)


@contextmanager
def running(config: Path) -> Iterator[Running]:
    """Run an installation around a test; on a failure its log is printed."""
    city = Running(config)
    try:
        yield city.wait_ready()
    except BaseException:
        sys.stderr.write(city.log)
        raise
    finally:
        if city.process.poll() is None:
            city.stop()


def incidents(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    """Return one page of incidents."""
    answer = client.get("/incidents", params={"limit": 200, **query})
    assert answer.is_success, answer.text
    return list(answer.json()["items"])
