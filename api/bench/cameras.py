"""A city's cameras in a process of their own: ``python -m api.bench.cameras rtsp|snapshot FOLDER``.

Prints its port and serves what was prepared in the folder until its standard input closes. A line on it is answered
with a line that says how often each camera has shown a picture. Any address of 127.0.0.0/8 reaches it, so that the
cameras can stand on many hosts, as they do in a city.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import cv2
import numpy as np

from api.bench.material import KINDS, VERSIONS, still_file, stream_of
from api.bench.processes import cpu_s
from api.bench.rtspserver import RtspCameras
from api.bench.stillserver import StillCameras

_BACKLOG = 4096


class _Server(Protocol):
    """Cameras of one protocol."""

    @property
    def shown(self) -> Counter[str]:
        """How often each has shown a picture, by path."""
        ...

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        ...


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

    def shown(self) -> dict[str, int]:
        """Return how often each camera has shown a picture, by path; one that never has is not in it.

        Raises
        ------
        RuntimeError
            When the cameras have ended.
        """
        return {path: int(times) for path, times in json.loads(self._ask()).items()}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "api.bench.cameras", self._protocol, str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self.port = int(self._line())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def _ask(self) -> str:
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("the cameras have not begun")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process and self._process.stdout else ""
        if not line:
            raise RuntimeError(f"the cameras ended with {self._process.wait() if self._process else None}")
        return line


def _rtsp(folder: Path, kinds: list[str], views: int) -> _Server:
    names = [(kind, view) for kind in kinds if KINDS[kind].protocol == "rtsp" for view in range(views)]
    return RtspCameras({f"{kind}-{view}": stream_of(folder, kind, view) for kind, view in names})


def _snapshot(folder: Path, kinds: list[str], views: int) -> _Server:
    names = [(kind, view) for kind in kinds if KINDS[kind].protocol == "snapshot" for view in range(views)]
    pictures = {
        f"{kind}-{view}": [still_file(folder, kind, view, version).read_bytes() for version in range(VERSIONS)]
        for kind, view in names
    }
    dark = cv2.imencode(".jpg", np.full((1080, 1920, 3), 4, np.uint8))[1].tobytes()
    return StillCameras(pictures, dark)


async def _run(cameras: _Server) -> None:
    async def serve_here(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # All of 127.0.0.0/8 can only be listened to together with the rest, so who comes from elsewhere is refused.
        if not str(writer.get_extra_info("sockname")[0]).startswith("127."):
            writer.close()
            return
        await cameras.serve(reader, writer)

    server = await asyncio.start_server(serve_here, "0.0.0.0", 0, backlog=_BACKLOG)  # noqa: S104 - see above
    _say(server.sockets[0].getsockname()[1])
    while await asyncio.to_thread(sys.stdin.readline):
        _say(cameras.shown)


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


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
