"""What ``gridpatrol detect`` was asked to look at, as a source of frames."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from api.album import Subject
from api.wiring.feeds import source_of
from streams.errors import Unreachable
from streams.feed import Feed, Protocol, TrackFile
from streams.frame import Frame
from streams.source import Limits
from streams.sources import protocol_of

_DATUM = "wgs84"
_DETECT_LIMITS = Limits(open_timeout_s=10, read_timeout_s=10)


def subject_of(name: str, *, track: Path | None) -> Subject:
    """Return the subject; nothing is opened before its frames are asked for."""
    try:
        protocol = protocol_of(name)
    except ValueError as error:
        return Subject(name, partial(_refuse, str(error)), moving=False)
    moving = protocol in {Protocol.VIDEO, Protocol.RTSP, Protocol.STREAM}
    return Subject(name, partial(_frames, name, protocol, track), moving)


def _refuse(sentence: str, _every_s: float | None) -> Iterator[Frame]:
    raise Unreachable(sentence)


def _frames(name: str, protocol: Protocol, track: Path | None, every_s: float | None) -> Iterator[Frame]:
    located = TrackFile(track, _DATUM) if track is not None else None
    feed = Feed(id="detect", name=name, url=name, protocol=protocol, vehicle=track is not None, track=located)
    yield from source_of(feed, _DETECT_LIMITS, now=lambda: datetime.now(UTC)).frames(every_s)
