"""Closer looks: the main streams of the feeds that have one, and who looks at them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from api.closer import Closer
from api.wiring.looks import Looks
from configs.settings import PatrolSettings
from detector.log import ParquetLog
from detector.model import Model
from gridmap.scene import SceneRules
from streams.backoff import Backoff
from streams.capture import Capture
from streams.feed import Feed
from streams.mainstreams import MainStreams
from streams.sources import main_of


def closer_of(  # noqa: PLR0913 - what a closer look takes
    patrol: PatrolSettings,
    feeds: Iterable[Feed],
    looks: Looks,
    capture: Capture,
    *,
    model: Model,
    scenes: SceneRules,
    log: ParquetLog,
    now: Callable[[], datetime],
) -> Closer | None:
    """Return who looks closer, or None when the settings say that nobody does.

    Vehicles do not: by the time a second picture is taken they are elsewhere.
    """
    if not patrol.closer_look.enabled:
        return None
    # Under an id of their own: while a main stream hangs, the sub-stream is opened all the same.
    mains = {feed.id: replace(main, id=f"{feed.id}#main") for feed in feeds if (main := _main_of(feed))}
    # At full resolution: what the whole picture's look can do without is what this one is for.
    streams = {feed_id: (main, looks.source(main, enough_px=None)) for feed_id, main in mains.items()}
    return Closer(
        MainStreams(
            streams,
            capture,
            backoff=Backoff(patrol.backoff_first_s, patrol.backoff_limit_s),
            rng=random.Random(),  # noqa: S311 - jitter
        ),
        model,
        scenes,
        patrol.closer_look,
        log=log.closer,
        deadline_s=patrol.deadline_s,
        now=now,
    )


def _main_of(feed: Feed) -> Feed | None:
    return None if feed.vehicle else main_of(feed)
