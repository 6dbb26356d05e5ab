"""``gridpatrol serve-api`` and ``gridpatrol patrol``: the two processes of ``run``, each on its own."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Annotated

import structlog
import typer

from api.commands.console import DEMO, ConfigOption, fail
from api.commands.opening import open_configuration
from api.datafolder import DataFolderError
from api.errors import ApiError
from api.supervisor import beat_into, stop_with_parent
from api.thrift import be_thrifty
from detector.errors import ModelError
from gridmap.errors import GridmapError
from streams.errors import TrackError

_log = structlog.get_logger()
SupervisedOption = Annotated[bool, typer.Option("--supervised", help="End when standard input closes.", hidden=True)]

BeatOption = Annotated[int | None, typer.Option("--beat-fd", help="Where to beat.", hidden=True)]


def serve_api(config: ConfigOption = DEMO, supervised: SupervisedOption = False) -> None:
    """Serve the case API and the console."""
    from api.wiring.server import serve  # noqa: PLC0415 - each process imports only what it runs

    be_thrifty()
    opened = open_configuration(config)
    try:
        serve(opened.configuration, opened.folder, on_start=stop_with_parent if supervised else None)
    except (ApiError, GridmapError, OSError) as error:
        fail(str(error))


def patrol(config: ConfigOption = DEMO, supervised: SupervisedOption = False, beat_fd: BeatOption = None) -> None:
    """Visit the feeds and post what is found."""
    from api.wiring.patrol import build_patrol  # noqa: PLC0415 - each process imports only what it runs

    be_thrifty()
    opened = open_configuration(config)
    stop, asked = threading.Event(), threading.Event()

    def end() -> None:
        asked.set()
        stop.set()

    if supervised:
        stop_with_parent(end)
    else:
        _end_when_asked(end)
    try:
        token = opened.folder.read_token()
    except DataFolderError as error:
        fail(str(error))
    if token is None:
        fail(
            f"{opened.folder.token_file} is missing; issue one with `gridpatrol accounts token patrol --role machine`"
        )
    try:
        process = build_patrol(opened.configuration, opened.folder, token=token, stop=stop, beat=beat_into(beat_fd))
    except (ModelError, GridmapError, TrackError, DataFolderError) as error:
        fail(str(error))
    _log.info("patrol_started", feeds=len(opened.configuration.feeds), model=process.model.card.id, pid=os.getpid())
    try:
        process.run()
    except KeyboardInterrupt:
        end()
    _log.info("patrol_stopped")
    if process.begins_anew and not asked.is_set():
        _start_afresh()


def _end_when_asked(end: Callable[[], None]) -> None:
    """Call ``end`` at the first Ctrl-C or SIGTERM (a service manager's), so that what is under way is finished.

    An interrupt amid the loop would be raised wherever it happens to be, a lock or a half-read answer held. A second
    one is.
    """

    def asked(*_: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.default_int_handler)
        # In a thread of its own: what this signal interrupts may hold the lock of what ``end`` sets.
        threading.Thread(target=end, name="end").start()

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, asked)


def _start_afresh() -> None:
    """Become a new patrol with the same command, process id, standard input and heartbeat: nobody outside notices."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - our own command
