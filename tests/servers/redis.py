"""A private Redis server for tests: its own folder, a free port, and nothing of it left behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis


class RedisServer:
    """A running server. ``kill`` and ``start`` again keep its port and folder."""

    def __init__(self, *options: str, persistent: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gridpatrol-redis-"))
        self.port = _free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = [
            *(_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)),
            *("--save", "", "--logfile", str(self.folder / "log"), "--appendfsync", "always", *options),
        ]
        self.start(persistent=persistent)

    def start(self, *, persistent: bool = False) -> None:
        command = [*self._command, "--appendonly", "yes" if persistent else "no"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        with self.client() as client:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                with suppress(redis.RedisError):
                    client.ping()
                    return
                assert self.process.poll() is None, (self.folder / "log").read_text()
        raise AssertionError("the Redis server did not answer within 20 s")

    @contextmanager
    def client(self) -> Iterator[redis.Redis]:
        with redis.Redis.from_url(self.url, socket_timeout=5, protocol=2) as client:
            yield client

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        """Keep it from answering; connections stay."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def empty(self) -> None:
        with self.client() as client:
            client.flushall()

    def close(self) -> None:
        if self.process.poll() is None:
            self.go_on()
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _binary() -> str:
    """Return the server's program. Skips where Redis is not installed, and fails so in CI."""
    found = shutil.which("redis-server")
    if found is None:
        message = "Redis is not installed: apt-get install redis-server"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return str(found)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
