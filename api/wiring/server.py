"""The API process: casework over its store, the HTTP application, and the server that runs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

import structlog
import uvicorn
from fastapi import FastAPI

from api.accounts import Accounts
from api.casework import Casework
from api.coverages import LAST_DAY, Coverages
from api.datafolder import DataFolder
from api.demo.prepare import adapted
from api.http.app import create_app
from api.http.deps import Deps
from api.retention import Retention
from api.wiring.evidence import open_evidence
from api.wiring.grid import open_grid
from api.wiring.store import open_cases
from configs.loading import Configuration
from detector.coveragereport import coverage_of

CONSOLE = Path(__file__).parents[1] / "web" / "dist"
_CLOSE_WITHIN_S = 5
_SWEEP_EVERY_S = 1800.0
_COVER_EVERY_S, _COVER_SHARE = 60.0, 30.0
_events = structlog.get_logger()


def _now() -> datetime:
    return datetime.now(UTC)


def build_deps(configuration: Configuration, folder: DataFolder) -> Deps:
    """Put together what the application needs.

    Raises
    ------
    api.errors.StoreError, api.errors.EvidenceUnfit, gridmap.errors.GridError
        When the database, the evidence store or the grid cannot be used.
    """
    settings = adapted(configuration.settings, folder.path)
    store = open_cases(settings, folder)
    evidence = open_evidence(settings.evidence, folder)
    grid = open_grid(configuration)
    zone = ZoneInfo(settings.city.timezone)
    casework = Casework(store, evidence, configuration.catalogue, zone, _now, settings.mute)
    return Deps(
        casework=casework,
        accounts=Accounts(store, now=_now),
        city=settings.city,
        cells=grid.cells_geojson() if grid else None,
        secure_cookie=settings.http.secure_cookie,
        map_tiles=settings.http.map_tiles,
        web_dist=CONSOLE if (CONSOLE / "index.html").is_file() else None,
        coverages=Coverages(partial(coverage_of, folder.log), zone, now=_now),
    )


def serve(
    configuration: Configuration, folder: DataFolder, *, on_start: Callable[[Callable[[], None]], None] | None = None
) -> None:
    """Serve until asked to stop.

    Parameters
    ----------
    on_start
        Given a function that stops the server, for whoever supervises it.
    """
    deps = build_deps(configuration, folder)
    retention = Retention(deps.store, deps.casework.evidence, configuration.settings.evidence)
    stopped = threading.Event()
    threading.Thread(target=_keep_sweeping, args=(retention, stopped.wait), name="retention", daemon=True).start()
    threading.Thread(target=_keep_covered, args=(deps.coverages, stopped.wait), name="coverage", daemon=True).start()
    http = configuration.settings.http
    server = _Server(create_app(deps), deps, host=http.host, port=http.port)
    if on_start is not None:
        on_start(server.stop)
    try:
        server.run()
    finally:
        stopped.set()
        deps.store.close()


def _keep_sweeping(retention: Retention, wait: Callable[[float], bool]) -> None:
    """Sweep now and then; ``sweep`` itself lets nothing out that could end the thread."""
    while not wait(_SWEEP_EVERY_S):
        swept = retention.sweep(_now())
        _events.info("swept", pictures=swept.pictures, orphans=swept.orphans)


def _keep_covered(coverages: Coverages, wait: Callable[[float], bool]) -> None:
    """Keep the metrics' report fresh, at no more than a thirtieth of one core."""
    pause_s = 1.0
    while not wait(pause_s):
        begun_s = time.monotonic()
        try:
            coverages.answer(LAST_DAY)
        except OSError as error:
            _events.warning("coverage_not_read", reason=str(error))
        pause_s = max(_COVER_EVERY_S, _COVER_SHARE * (time.monotonic() - begun_s))


class _Server(uvicorn.Server):
    """Uvicorn, which first ends the open event streams when it is asked to stop: they would hold it up."""

    def __init__(self, app: FastAPI, deps: Deps, *, host: str, port: int) -> None:
        self._deps = deps
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=_CLOSE_WITHIN_S,
            )
        )

    def stop(self) -> None:
        """Stop serving; requests under way are finished."""
        self._deps.events.close()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Stop on a signal, from a thread: the interrupted code may hold the lock that ``stop`` needs."""
        threading.Thread(target=self.stop).start()
