"""A server that speaks S3, in a process of its own: moto's."""

from __future__ import annotations

import atexit
import functools
import os
import socket
import subprocess
import sys
import time
from itertools import count

import httpx
import pytest

from api.s3evidence import Bucket

_names = count(1)
_KEY, _SECRET = "patrol", "made up"


class S3:
    """A running server; ``bucket()`` makes a bucket."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        atexit.register(self.stop)

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "MOTO_S3_CUSTOM_ENDPOINTS": self.endpoint},
        )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, "the S3 server did not start"
            assert self._process.poll() is None, "the S3 server ended"

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def bucket(self) -> Bucket:
        bucket = self.named(f"evidence-{next(_names)}/city")
        self._make(bucket)
        return bucket

    def empty(self, bucket: Bucket) -> None:
        """Take everything out of it, and all other buckets away."""
        httpx.post(f"{self.endpoint}/moto-api/reset").raise_for_status()
        self._make(bucket)

    def _make(self, bucket: Bucket) -> None:
        httpx.put(f"{self.endpoint}/{bucket.path.split('/')[0]}", headers=_SIGNED).raise_for_status()

    def named(self, path: str) -> Bucket:
        """Describe a bucket that need not be there."""
        return Bucket(path, endpoint=self.endpoint, access_key=_KEY, secret_key=_SECRET)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.endpoint}/moto-api/data.json", timeout=2).is_success
        except httpx.TransportError:
            return False


_SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=patrol/20260101/us-east-1/s3/aws4_request, Signature=x"}


@functools.cache
def s3() -> S3:
    """The server that all tests of one run share. Skips where moto is not installed, and fails so in CI."""
    try:
        import flask  # noqa: F401, PLC0415 - moto's server stands on it
        import moto  # noqa: F401, PLC0415
    except ModuleNotFoundError:
        message = "no S3 server is installed: pip install 's3fs' 'moto[server]'"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return S3()
