"""A real RTSP server around a test, or around a whole session of tests."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import pytest

_PYTHON = "/usr/bin/python3"
_PACKAGES = "gir1.2-gst-rtsp-server-1.0 python3-gi " + " ".join(
    f"gstreamer1.0-plugins-{kind}" for kind in ("good", "bad", "ugly")
)
_CHECK = """
import gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
raise SystemExit(not all(map(Gst.ElementFactory.find, ("x264enc", "x265enc", "qroverlay", "rtph264pay", "jpegdec"))))
"""

USER, PASSWORD = "patrol", "p@ss/w:rd?1"
MOUNTS = ("h264", "h264_1080p", "h265", "slices", "frozen", "dark", "stops", "no_key", "silent", "audio")


class RtspServer:
    """GStreamer's RTSP server on a free port of 127.0.0.1, as a process of its own.

    Mounts: ``h264`` (704×576), ``h264_1080p``, ``h265``, ``slices`` (key frames in several packets), ``frozen``
    (never changes), ``dark``, ``stops`` (after 1.5 s), ``no_key`` (never a key frame), ``silent`` (nothing after the
    first packet), ``audio`` (no video). One second from key frame to key frame, 10 frames a second.

    Use it as a context manager. Where GStreamer is missing the test is skipped, and fails when CI is set.

    Parameters
    ----------
    cameras
        Fixed cameras: mount name → folder of JPEG files, of which the first by name is in view until ``show``.
    """

    def __init__(self, cameras: Mapping[str, Path] | None = None) -> None:
        self._cameras = dict(cameras or {})
        self._process: subprocess.Popen[str] | None = None
        self.port = self.guarded_port = 0

    def url(self, mount: str) -> str:
        """Return the address of a mount that everybody may see."""
        return f"rtsp://127.0.0.1:{self.port}/{mount}"

    def guarded_url(self, mount: str, user: str = USER, password: str = PASSWORD) -> str:
        """Return the address of the same mount on the port that asks for USER and PASSWORD (digest)."""
        return f"rtsp://{quote(user, safe='')}:{quote(password, safe='')}@127.0.0.1:{self.guarded_port}/{mount}"

    def show(self, camera: str, picture: int) -> None:
        """Turn a fixed camera to its picture number ``picture`` (0-based, round and round)."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{camera}={picture}\n")
        self._process.stdin.flush()
        self._answer()

    def stop(self) -> None:
        """Stop serving; connections break off."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Self:
        _require_gstreamer()
        mounts = [part for name, folder in self._cameras.items() for part in ("--mount", f"{name}={folder}")]
        self._process = subprocess.Popen(
            [
                _PYTHON,
                str(Path(__file__).with_name("rtsp_server.py")),
                "--user",
                USER,
                "--password",
                PASSWORD,
                *mounts,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        ports = self._answer()
        self.port, self.guarded_port = ports["port"], ports["guarded_port"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _answer(self) -> dict[str, int]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the RTSP server ended with {self._process.wait()}")
        answer: dict[str, int] = json.loads(line)
        return answer


def _require_gstreamer() -> None:
    try:
        missing = subprocess.run([_PYTHON, "-c", _CHECK], capture_output=True, check=False).returncode != 0
    except FileNotFoundError:
        missing = True
    if missing:
        reason = f"GStreamer's RTSP server is missing: apt-get install {_PACKAGES}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
