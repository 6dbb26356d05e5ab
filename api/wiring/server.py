"""The API process: casework over its store, the HTTP application, and the server that runs it."""

from __future__ import annotations

import os
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
from starlette.types import Receive, Scope, Send

from api.accounts import Accounts
from api.casework import Casework
from api.coverages import LAST_DAY, Coverages
from api.datafolder import DataFolder
from api.demo.prepare import adapted
from api.http.app import create_app
from api.http.deps import Deps
from api.http.events import Broadcaster
from api.rereading import Rereading
from api.retention import Retention
from api.trouble import Trouble
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


def build_deps(configuration: Configuration, folder: DataFolder, *, before: Deps | None = None) -> Deps:
    """Put together what the application needs.

    Parameters
    ----------
    before
        What an application of another configuration went by: records, sessions and listeners stay as they are.

    Raises
    ------
    api.errors.StoreError, api.errors.EvidenceUnfit, gridmap.errors.GridError
        When the database, the evidence store or the grid cannot be used.
    """
    settings = adapted(configuration.settings, folder.path)
    evidence = open_evidence(settings.evidence, folder)
    grid = open_grid(configuration)
    zone = ZoneInfo(settings.city.timezone)
    store = before.store if before else open_cases(settings, folder)
    return Deps(
        casework=Casework(store, evidence, configuration.catalogue, zone, _now, settings.mute, settings.recheck),
        accounts=before.accounts if before else Accounts(store, now=_now),
        city=settings.city,
        cells=grid.cells_geojson() if grid else None,
        events=before.events if before else Broadcaster(),
        secure_cookie=settings.http.secure_cookie,
        map_tiles=settings.http.map_tiles,
        web_dist=CONSOLE if (CONSOLE / "index.html").is_file() else None,
        trouble=before.trouble if before else Trouble(),
        coverages=Coverages(partial(coverage_of, folder.log), zone, now=_now),
    )


class CaseApi:
    """The application over one installation; it can go over to another configuration while it serves.

    A request is answered by what was in use when it came. Raises as ``build_deps``.
    """

    def __init__(self, configuration: Configuration, folder: DataFolder) -> None:
        self._folder = folder
        self.deps = build_deps(configuration, folder)
        self.retention = self._retention(configuration)
        self._app = create_app(self.deps)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    def take_up(self, configuration: Configuration) -> None:
        """Answer by another configuration from now on; raises as ``build_deps``, and nothing has changed then."""
        deps = build_deps(configuration, self._folder, before=self.deps)
        app = create_app(deps, metrics=self._app.state.metrics)
        self.deps, self._app = deps, app
        self.retention = self._retention(configuration)

    def _retention(self, configuration: Configuration) -> Retention:
        return Retention(self.deps.store, self.deps.casework.evidence, configuration.settings.evidence)


def serve(
    configuration: Configuration, folder: DataFolder, *, on_start: Callable[[Callable[[], None]], None] | None = None
) -> None:
    """Serve until asked to stop.

    Parameters
    ----------
    on_start
        Given a function that stops the server, for whoever supervises it.
    """
    api = CaseApi(configuration, folder)
    stopped = threading.Event()
    rereading = Rereading(
        configuration,
        environ=os.environ,
        who="the case API",
        take_up=api.take_up,
        tell=partial(api.deps.trouble.tell, "configuration"),
        wait=stopped.wait,
    )
    jobs: dict[str, Callable[[], None]] = {
        "retention": partial(_keep_sweeping, api, stopped.wait),
        "coverage": partial(_keep_covered, api, stopped.wait),
        "rereading": rereading.run,
    }
    for name, job in jobs.items():
        threading.Thread(target=job, name=name, daemon=True).start()
    http = configuration.settings.http
    server = _Server(api, host=http.host, port=http.port)
    if on_start is not None:
        on_start(server.stop)
    try:
        server.run()
    finally:
        stopped.set()
        api.deps.store.close()


def _keep_sweeping(api: CaseApi, wait: Callable[[float], bool]) -> None:
    """Sweep now and then; ``sweep`` itself lets nothing out that could end the thread."""
    while not wait(_SWEEP_EVERY_S):
        swept = api.retention.sweep(_now())
        _events.info("swept", pictures=swept.pictures, orphans=swept.orphans)


def _keep_covered(api: CaseApi, wait: Callable[[float], bool]) -> None:
    """Keep the metrics' report fresh, at no more than a thirtieth of one core."""
    pause_s = 1.0
    while not wait(pause_s):
        begun_s = time.monotonic()
        coverages = api.deps.coverages
        try:
            if coverages is not None:
                coverages.answer(LAST_DAY)
        except OSError as error:
            _events.warning("coverage_not_read", reason=str(error))
        pause_s = max(_COVER_EVERY_S, _COVER_SHARE * (time.monotonic() - begun_s))


class _Server(uvicorn.Server):
    """Uvicorn, which first ends the open event streams when it is asked to stop: they would hold it up."""

    def __init__(self, api: CaseApi, *, host: str, port: int) -> None:
        self._events = api.deps.events
        super().__init__(
            uvicorn.Config(
                api,
                host=host,
                port=port,
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=_CLOSE_WITHIN_S,
            )
        )

    def stop(self) -> None:
        """Stop serving; requests under way are finished."""
        self._events.close()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Stop on a signal, from a thread: the interrupted code may hold the lock that ``stop`` needs."""
        threading.Thread(target=self.stop).start()
