"""What ``gridpatrol detect`` was asked to look at, as a source of frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import ceil
from pathlib import Path

from api.album import Subject, unknown
from gridmap.coordinates import to_wgs84
from streams.errors import SourceError, Unreachable
from streams.feed import Feed, Protocol, TrackFile
from streams.frame import Frame
from streams.source import Limits
from streams.sources import open_source, protocol_of
from streams.sources.media import opened
from streams.sources.picture import SUFFIXES
from streams.track import Track
from streams.vehicle import VehicleRun

_DATUM = "wgs84"
_DETECT_LIMITS = Limits(open_timeout_s=10, read_timeout_s=10)
_LIVE = {Protocol.RTSP, Protocol.STREAM, Protocol.SNAPSHOT}


@dataclass(frozen=True, slots=True)
class Drive:
    """A track that was read, so that every subject is placed by it."""

    file: TrackFile
    track: Track


def drive_of(path: Path) -> Drive:
    """Read a GPX or NMEA track in WGS-84.

    Raises
    ------
    streams.errors.TrackError
        When it cannot be used.
    """
    file = TrackFile(path, _DATUM)
    track = Track.load(
        path,
        datum_to_wgs84=partial(to_wgs84, datum=file.datum),
        max_fix_age_s=file.max_fix_age_s,
        max_speed_kmh=file.max_speed_kmh,
    )
    return Drive(file, track)


def subject_of(name: str, *, drive: Drive | None = None) -> Subject:
    """Return the subject; nothing is opened before its frames are asked for."""
    try:
        protocol = protocol_of(name)
    except ValueError as error:
        return Subject(name, partial(_refuse, str(error)), moving=False)
    return Subject(
        name,
        partial(_frames, name, protocol, drive),
        moving=protocol in {Protocol.VIDEO, Protocol.RTSP, Protocol.STREAM},
        live=protocol in _LIVE,
        count=unknown if drive is not None else partial(_count, name, protocol),
    )


def _refuse(sentence: str, _every_s: float | None) -> Iterator[Frame]:
    raise Unreachable(sentence)


def _frames(name: str, protocol: Protocol, drive: Drive | None, every_s: float | None) -> Iterator[Frame]:
    def now() -> datetime:
        return datetime.now(UTC)

    track = drive.file if drive is not None else None
    feed = Feed(id="detect", name=name, url=name, protocol=protocol, vehicle=drive is not None, track=track)
    source = open_source(feed, _DETECT_LIMITS, now=now)
    run = source if drive is None else VehicleRun(feed, source, drive.track, now=now)
    yield from run.frames(every_s)


def _count(name: str, protocol: Protocol, every_s: float | None) -> int | None:
    path = Path(name)
    try:
        if protocol is Protocol.FOLDER and path.is_dir():
            return sum(each.suffix.lower() in SUFFIXES and not each.name.startswith(".") for each in path.iterdir())
        if protocol is Protocol.VIDEO and every_s is not None:
            return _steps(path, every_s)
    except (SourceError, OSError):
        # What is wrong with it is said when its frames are asked for.
        return None
    return None


def _steps(path: Path, every_s: float) -> int | None:
    with opened(f"file:{path}", options={}, limits=_DETECT_LIMITS) as media:
        return ceil(media.duration_s / every_s) or None
