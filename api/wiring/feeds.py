"""From what is written down about a feed to the feed the patrol visits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog

from configs.feeds import FeedSettings
from configs.loading import Configuration
from gridmap.coordinates import to_wgs84
from streams.feed import Feed, TrackFile
from streams.source import Limits, Source
from streams.sources import open_source, protocol_of
from streams.track import Track
from streams.url import with_credentials
from streams.vehicle import VehicleRun

_events = structlog.get_logger()


def feed_of(written: FeedSettings, configuration: Configuration) -> Feed:
    """Return the feed, its paths made absolute and its credentials put in."""
    patrol = configuration.settings.patrol
    url = _located(written.url, written, configuration)
    return Feed(
        id=written.id,
        name=written.name or written.id,
        url=url,
        protocol=protocol_of(url, written.protocol),
        interval_s=written.interval_s or patrol.interval_s,
        max_age_s=written.max_age_s or patrol.max_age_s,
        main_url=_located(written.main_url, written, configuration) if written.main_url else None,
        transport=written.transport,
        fresh_query=written.fresh_query,
        replay=written.replay,
        vehicle=written.kind == "vehicle",
        guarded=written.kind == "camera" and written.view == "fixed",
        view_bound=bool(written.zones or written.calibration or written.footprint),
        track=_track(written, configuration),
        owner=written.owner,
        purpose=written.purpose,
        gateway=written.gateway,
    )


def _located(url: str, written: FeedSettings, configuration: Configuration) -> str:
    if "://" in url:
        return with_credentials(url, written.user, written.password)
    return str(configuration.path(url))


def _track(written: FeedSettings, configuration: Configuration) -> TrackFile | None:
    track = written.track
    if track is None:
        return None
    return TrackFile(
        path=Path(configuration.path(track.file)),
        datum=track.datum,
        every_m=track.every_m,
        max_fix_age_s=track.max_fix_age_s,
        max_speed_kmh=track.max_speed_kmh,
        clip_offset_s=track.clip_offset_s,
    )


def source_of(feed: Feed, limits: Limits, *, now: Callable[[], datetime]) -> Source:
    """Return the way to a feed's pictures; a vehicle's are taken by distance along its track.

    Raises
    ------
    streams.errors.TrackError, gridmap.errors.DatumError
        When the track cannot be used.
    """
    source = open_source(feed, limits, now=now)
    if feed.track is None:
        return source
    track = Track.load(
        feed.track.path,
        datum_to_wgs84=partial(to_wgs84, datum=feed.track.datum),
        max_fix_age_s=feed.track.max_fix_age_s,
        max_speed_kmh=feed.track.max_speed_kmh,
    )
    for note in track.notes:
        _events.warning("track_note", feed=feed.id, note=note)
    return VehicleRun(feed, source, track, now=now)
