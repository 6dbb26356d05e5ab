"""The patrol process put together: schedule, capture, model, gridmap and outbox, as the settings say."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import httpx

from api.board import Board
from api.datafolder import DataFolder
from api.dataset.keeping import Keeper
from api.demo.prepare import adapted
from api.http.feedshapes import FeedReport
from api.leading import Job, Leadership
from api.led import Led
from api.lookout import Lookout
from api.patrolprocess import Memory, PatrolProcess
from api.promise import Promises
from api.reporting import place_shape
from api.shadow import Shadow
from api.wiring.bus import patrol_bus
from api.wiring.closer import closer_of
from api.wiring.enrolling import enrol, intervals, promised, roster_of
from api.wiring.feeds import feed_of
from api.wiring.grid import open_grid
from api.wiring.ledger import patrol_ledger
from api.wiring.looks import Looks
from api.wiring.models import chosen, open_candidate, open_serving
from api.wiring.plans import timetable_of
from api.wiring.succeeding import rereading, succession
from api.wiring.views import feed_views, view_guard
from configs.loading import Configuration
from configs.settings import PatrolSettings, Settings
from detector.log import ParquetLog
from detector.model import Model
from gridmap.reign import Reign
from gridmap.scene import SceneRules
from gridmap.view import View
from streams.capture import Capture
from streams.feed import Feed
from streams.pacing import Limits
from streams.plan import Timetable
from streams.schedule import Schedule
from streams.sight import Sight
from streams.worker import Worker

_HANDLING_S = 60.0
"""More than judging, detecting and remembering one picture ever takes, a locked ledger included."""


def _now() -> datetime:
    return datetime.now(UTC)


def build_patrol(
    configuration: Configuration,
    folder: DataFolder,
    *,
    token: str,
    stop: threading.Event,
    beat: Callable[[], None] = lambda: None,
) -> PatrolProcess:
    """Put a patrol together.

    Raises
    ------
    detector.errors.ModelError, gridmap.errors.GridmapError, streams.errors.TrackError
        When weights, grid, calibration, ledger or a track cannot be used.
    api.datafolder.DataFolderError
        When it cannot be read which model was promoted.
    """
    settings = adapted(configuration.settings, folder.path)
    enabled = [written for written in configuration.feeds if written.enabled]
    feeds = {written.id: feed_of(written, configuration) for written in enabled}
    model = open_serving(settings, configuration, folder)
    own, zone = model.card.thresholds, settings.city.timezone
    views = {written.id: View.of(written, configuration.catalogue, zone, own) for written in enabled}
    ledger = Reign(patrol_ledger(settings, folder))
    ledger.open_incidents()  # what cannot be read is said before anything starts
    bus = patrol_bus(settings)
    sight = _sight(settings.patrol)
    log = ParquetLog(folder.log)
    grid = open_grid(configuration)
    timetable = timetable_of(configuration, enabled, views, grid)
    board = _board(feeds, views, model, timetable)
    shadow = _shadow(settings, configuration, folder, board=board, model=model, log=log)
    keeper = _keeper(settings, configuration, folder, board)
    capture = Capture(settings.patrol.deadline_s, now=_now)
    looks = Looks.started(settings.patrol, now=_now)
    board.capture = looks.status
    scenes = SceneRules(settings)
    closer = closer_of(settings.patrol, feeds.values(), looks, capture, model=model, scenes=scenes, log=log, now=_now)
    lookout = Lookout(
        model=model,
        views=views,
        grid=grid,
        sight=sight,
        evidence=settings.evidence,
        log=log,
        scenes=scenes,
        beside=shadow.offer if shadow else None,
        keeper=keeper,
        closer=closer,
        not_sought=partial(_not_sought, timetable, frozenset(one.key for one in configuration.catalogue.matters)),
    )
    led = Led(
        bus,
        ledger,
        board,
        log,
        catalogue=configuration.catalogue,
        settings=settings,
        schedule=partial(_schedule, feeds, settings.patrol, timetable),
        client=_client(settings, token),
        views=partial(
            feed_views,
            settings.patrol.view,
            enabled,
            zone=ZoneInfo(zone),
            now=_now,
            tell=partial(board.tell, "views"),
        ),
        stop=stop,
    )
    stuck_after_s = settings.patrol.deadline_s + _HANDLING_S
    worker = Worker(
        bus,
        feeds,
        {feed.id: looks.source(feed, enough_px=_enough_px(model, views[feed.id])) for feed in feeds.values()},
        capture=capture,
        look=lookout,
        workers=settings.patrol.workers,
        stuck_after_s=stuck_after_s,
        now=_now,
        beat=lambda: beat() if led.busy_for_s() < stuck_after_s else None,
    )

    def keep_promises() -> Sequence[Job]:
        roster = roster_of(feeds.values(), views, grid, timetable=timetable, settings=settings, now=_now())
        enrol(folder.log, roster, board)
        promises = Promises(
            partial(promised, feeds.values(), settings.patrol, timetable, _now),
            board,
            ledger,
            now=_now,
            wait=stop.wait,
        )
        promises.restore()
        board.promises = lambda: promises.statuses
        return (("promises", promises.run),)

    leadership = Leadership(
        bus,
        ledger,
        begin=lambda: (*led.begin(), *keep_promises()),
        tell=partial(board.tell, "bus"),
        stop=stop,
    )
    led.deposed = leadership.depose
    keep_log = partial(log.prune, settings.evidence.keep_log_days)
    memory = Memory(ledger, led.kept, led.lost, log, prune_log=keep_log, prune_kept=keeper.prune, now=_now)
    reread = rereading(configuration, folder, board, stop)
    succeeding = succession(configuration, folder, board, stop, ready=lambda: reread.usable)
    return PatrolProcess(
        worker,
        leadership,
        led,
        memory,
        capture,
        looks,
        model,
        stop,
        len(feeds),
        succession=succeeding,
        rereading=reread,
        shadow=shadow,
    )


def _keeper(settings: Settings, configuration: Configuration, folder: DataFolder, board: Board) -> Keeper:
    return Keeper(
        folder.kept,
        settings.dataset,
        configuration.catalogue,
        min_free_bytes=int(settings.evidence.min_free_mb * 1e6),
        tell=partial(board.tell, "dataset"),
    )


def _shadow(
    settings: Settings,
    configuration: Configuration,
    folder: DataFolder,
    *,
    board: Board,
    model: Model,
    log: ParquetLog,
) -> Shadow | None:
    name = settings.model.shadow
    if name is None or model.card.synthetic or name == chosen(configuration, folder).name:
        return None
    shadow = Shadow(
        name,
        partial(open_candidate, settings, configuration, folder),
        serving_id=model.card.id,
        share=settings.model.shadow_share,
        log=log.shadow,
        tell=partial(board.tell, "shadow"),
    )
    board.shadow = shadow.status
    return shadow


def _board(feeds: dict[str, Feed], views: dict[str, View], model: Model, timetable: Timetable) -> Board:
    lines = [
        FeedReport(
            id=feed.id,
            name=feed.name,
            kind="vehicle" if feed.vehicle else "camera",
            url=feed.shown_url,
            owner=feed.owner,
            purpose=feed.purpose,
            place=place_shape(views[feed.id].place),
            every_s=dict(intervals(feed, timetable)),
        )
        for feed in feeds.values()
    ]
    card = model.card
    return Board(lines, model_id=card.id, synthetic=card.synthetic, now=_now, pid=os.getpid())


def _schedule(feeds: dict[str, Feed], patrol: PatrolSettings, timetable: Timetable) -> Schedule:
    pacing = patrol.pacing
    return Schedule(
        feeds.values(),
        now=_now,
        rng=random.Random(),  # noqa: S311 - jitter
        timetable=timetable,
        limits=Limits(pacing.total, pacing.per_host, pacing.per_gateway, pacing.opens_per_s),
        follow_up_share=patrol.follow_up_share,
        backoff_first_s=patrol.backoff_first_s,
        backoff_limit_s=patrol.backoff_limit_s,
    )


def _not_sought(timetable: Timetable, all_matters: frozenset[str], plan: tuple[str, ...]) -> frozenset[str]:
    """Return the matters that no plan of a visit looks for."""
    sought = timetable.matters(plan)
    return frozenset() if sought is None else all_matters - sought


def _sight(patrol: PatrolSettings) -> Sight:
    return Sight(
        now=_now,
        frozen_after=patrol.frozen_after,
        dark_below=patrol.dark_below,
        blocked_below=patrol.blocked_below,
        views=view_guard(patrol.view),
    )


def _enough_px(model: Model, view: View) -> int | None:
    return model.card.input_px * view.tiling.magnification or None


def _client(settings: Settings, token: str) -> httpx.Client:
    # Straight to our own API: a proxy set for the outside world has no business here.
    return httpx.Client(
        base_url=settings.http.address,
        headers={"Authorization": f"Bearer {token}"},
        timeout=httpx.Timeout(30, connect=5),
        trust_env=False,
    )
