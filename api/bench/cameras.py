"""A city's cameras in a process of their own: ``python -m api.bench.cameras rtsp|snapshot FOLDER``.

Prints its port and serves what was prepared in the folder until its standard input closes. Any address of 127.0.0.0/8
reaches it, so that the cameras can stand on many hosts, as they do in a city.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np

from api.bench.material import KINDS, VERSIONS, still_file, stream_of
from api.bench.processes import cpu_s
from api.bench.rtspserver import RtspCameras
from api.bench.stillserver import StillCameras

_BACKLOG = 4096
_Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


class Cameras:
    """Cameras of one protocol, served by another process. Use it as a context manager.

    Parameters
    ----------
    protocol
        ``rtsp`` or ``snapshot``.
    folder
        As ``api.bench.material.prepare`` left it.
    """

    def __init__(self, protocol: str, folder: Path) -> None:
        self._protocol, self._folder = protocol, folder
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def url(self, behaviour: str, kind: str, name: str, *, view: int = 0, host: str = "127.0.0.1") -> str:
        """Return a camera's address; each name is a camera of its own."""
        scheme, ending = ("rtsp", "") if self._protocol == "rtsp" else ("http", ".jpg")
        return f"{scheme}://{host}:{self.port}/{behaviour}/{kind}-{view}/{name}{ending}"

    @property
    def cpu_s(self) -> float:
        """Processor time that serving has taken."""
        return cpu_s(self._process.pid) if self._process else 0.0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "api.bench.cameras", self._protocol, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"the cameras ended with {self._process.wait()}")
        self.port = int(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def _rtsp(folder: Path, kinds: list[str], views: int) -> _Serve:
    names = [(kind, view) for kind in kinds if KINDS[kind].protocol == "rtsp" for view in range(views)]
    return RtspCameras({f"{kind}-{view}": stream_of(folder, kind, view) for kind, view in names}).serve


def _snapshot(folder: Path, kinds: list[str], views: int) -> _Serve:
    names = [(kind, view) for kind in kinds if KINDS[kind].protocol == "snapshot" for view in range(views)]
    pictures = {
        f"{kind}-{view}": [still_file(folder, kind, view, version).read_bytes() for version in range(VERSIONS)]
        for kind, view in names
    }
    dark = cv2.imencode(".jpg", np.full((1080, 1920, 3), 4, np.uint8))[1].tobytes()
    return StillCameras(pictures, dark).serve


async def _run(serve: _Serve) -> None:
    server = await asyncio.start_server(_from_here_only(serve), "0.0.0.0", 0, backlog=_BACKLOG)  # noqa: S104 - see below
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


def _from_here_only(serve: _Serve) -> _Serve:
    """Refuse who comes from another machine: all of 127.0.0.0/8 can only be listened to together with the rest."""

    async def serve_here(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not str(writer.get_extra_info("sockname")[0]).startswith("127."):
            writer.close()
            return
        await serve(reader, writer)

    return serve_here


def main() -> None:
    """Serve until standard input closes."""
    protocol, folder = sys.argv[1], Path(sys.argv[2])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    prepared = json.loads((folder / "material.json").read_text())
    make = _rtsp if protocol == "rtsp" else _snapshot
    try:
        asyncio.run(_run(make(folder, prepared["kinds"], prepared["views"])))
    finally:
        os._exit(0)  # connections that will never end are nobody's loss


if __name__ == "__main__":
    main()
