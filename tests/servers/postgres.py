"""A private PostgreSQL server for tests: its own cluster in a temporary folder, on a free port."""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from api.store.opening import open_store

_names = itertools.count(1)


class Postgres:
    """A running server; ``database()`` makes an empty database and returns its URL."""

    def __init__(self, binaries: Path) -> None:
        self._binaries = binaries
        self._user = _server_user()
        self.folder = Path(tempfile.mkdtemp(prefix="gridpatrol-pg-"))
        if self._user:
            shutil.chown(self.folder, self._user)
        self.port = _free_port()
        self._run("initdb", "-D", f"{self.folder}/data", "-U", "gridpatrol", "-A", "trust", "--no-sync", "-E", "UTF8")
        self.start()
        atexit.register(self._remove)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-o", options, "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-w", "stop")

    def database(self, *, prepared: bool = False) -> str:
        """Make an empty database, or one in which the tables are there already, which is quicker."""
        return self._create(f"test_{next(_names)}", self._prepared if prepared else "template0")

    @functools.cached_property
    def _prepared(self) -> str:
        open_store(self._create("prepared", "template0")).close()
        return "prepared"

    def _create(self, name: str, template: str) -> str:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://gridpatrol@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        as_user = ["runuser", "-u", self._user, "--"] if self._user else []
        command = [*as_user, str(self._binaries / program), *arguments]
        # Its output goes to a file: pg_ctl's child would keep a pipe open for ever.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(command, cwd=self.folder, stdout=output, stderr=output, check=False, timeout=60)
            output.seek(0)
            assert done.returncode == 0, output.read().decode()

    def _remove(self) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def postgres() -> Postgres:
    """The server that all tests of one run share. Skips where PostgreSQL is not installed, and fails so in CI."""
    binaries = _binaries()
    if binaries is None:
        message = "PostgreSQL is not installed: apt-get install postgresql"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return Postgres(binaries)


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return installed[-1].parent if installed else None


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root: some other user runs it then."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
