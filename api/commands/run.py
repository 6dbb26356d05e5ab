"""``gridpatrol run``: everything on one machine."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import httpx
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from api.check import check as check_configuration
from api.commands.console import DEMO, USAGE, ConfigOption, err, fail
from api.commands.opening import Opened, open_configuration
from api.datafolder import DataFolderError
from api.demo.prepare import prepare
from api.errors import StoreError
from api.supervisor import Child, Supervisor
from api.wiring.accounts import FIRST_USER, ready_accounts
from api.wiring.lock import Locked, sole_user

_SILENT_LIMIT_S = 60.0
_READY_WITHIN_S = 60.0


def run(config: ConfigOption = DEMO) -> None:
    """Start patrol, case API and console, all in one process tree, and keep them running until Ctrl-C."""
    opened = open_configuration(config)
    try:
        opened.folder.prepare()
        with sole_user(opened.folder.path):
            _start(opened, config)
    except (DataFolderError, Locked, StoreError) as error:
        fail(str(error))


def _start(opened: Opened, config: Path) -> None:
    if opened.settings.demo:
        _prepare_demo(opened)
    _refuse_mistakes(config)
    _refuse_taken_port(opened)
    password = ready_accounts(opened.settings, opened.folder)
    supervisor = Supervisor(_children(config, opened.settings.patrol.processes))
    signal.signal(signal.SIGINT, supervisor.interrupt)
    signal.signal(signal.SIGTERM, supervisor.interrupt)
    threading.Thread(target=_announce, args=(opened, password), daemon=True).start()
    supervisor.run()
    err.print("stopped")


def _children(config: Path, patrols: int) -> list[Child]:
    us = [sys.executable, "-m", "api"]
    return [
        Child("api", [*us, "serve-api", "--config", str(config), "--supervised"]),
        *(
            Child(
                "patrol" if number == 1 else f"patrol-{number}",
                [*us, "patrol", "--config", str(config), "--supervised"],
                beats=True,
                silent_limit_s=_SILENT_LIMIT_S,
            )
            for number in range(1, patrols + 1)
        ),
    ]


def _prepare_demo(opened: Opened) -> None:
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=err, transient=True
    ) as bars:
        tasks = {}

        def progress(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(f"fetching {file}", total=total)
            bars.update(tasks[file], completed=done)

        prepare(
            opened.configuration.directory,
            opened.folder.path,
            environ=os.environ,
            progress=progress,
            say=lambda sentence: err.print(sentence, markup=False),
        )


def _refuse_mistakes(config: Path) -> None:
    report = check_configuration(config, environ=os.environ)
    if report.mistakes:
        for mistake in report.mistakes:
            err.print(str(mistake), markup=False)
        fail(f"{len(report.mistakes)} mistakes in {config}; nothing was started", USAGE)


def _refuse_taken_port(opened: Opened) -> None:
    http = opened.settings.http
    with socket.socket(socket.AF_INET6 if ":" in http.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((http.host, http.port))
        except OSError as error:
            fail(
                f"cannot listen on {http.host}:{http.port} ({error.strerror}); stop the program that uses it, "
                "or set http.port in gridpatrol.yaml to another port"
            )


def _announce(opened: Opened, password: str | None) -> None:
    """Say where the console is once it answers."""
    address = opened.settings.http.address
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{address}/readyz", timeout=2, trust_env=False).is_success:
                break
        except httpx.HTTPError:
            time.sleep(0.2)
    else:
        err.print(f"the API does not answer at {address} yet; see the lines above", markup=False)
    err.print(f"\ngridpatrol is at {address}", markup=False)
    if password is not None:
        err.print(f"user {FIRST_USER}, one-time password {password} (choose your own after logging in)", markup=False)
    err.print("Ctrl-C stops it\n", markup=False)
