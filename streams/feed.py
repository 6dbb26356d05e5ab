"""A feed: a camera view or a vehicle camera, as the patrol uses it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from streams.url import masked


class Protocol(StrEnum):
    """How a feed is reached."""

    RTSP = "rtsp"
    SNAPSHOT = "snapshot"
    STREAM = "stream"
    """HLS or HTTP-FLV."""
    WVP = "wvp"
    """A channel behind a WVP-GB28181-pro gateway."""
    VIDEO = "video"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class TrackFile:
    """A vehicle's track and how its fixes are judged (see ``configs.feeds.TrackSettings``)."""

    path: Path
    datum: str
    every_m: float = 10.0
    max_fix_age_s: float = 3.0
    max_speed_kmh: float = 150.0
    clip_offset_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Feed:
    """A camera view or a vehicle camera.

    Parameters
    ----------
    id, name
        Unique key, and the name people read.
    url
        What is opened on a visit (the sub-stream, when there is one), credentials put in. Never shown: see
        ``shown_url``.
    protocol
        How ``url`` is reached.
    interval_s
        Seconds between visits.
    max_age_s
        A picture older than this is stale.
    main_url
        The full-resolution stream, if another.
    transport
        ``tcp`` or ``udp``, for RTSP.
    fresh_query
        Name of a query parameter that gets a new value at each look, for a snapshot behind a cache.
    replay
        A file or folder is played as if live: one frame a visit, taken "now", round and round.
    vehicle
        Whether frames carry position fixes.
    guarded
        Whether the camera is meant to look the same way always, so that another view says nothing.
    view_bound
        Whether zones or ground points were written down for its view.
    track
        The vehicle's track.
    gateway
        The gateway that it comes through, if it does; what is open there at once is limited.
    """

    id: str
    name: str
    url: str = field(repr=False)
    protocol: Protocol
    interval_s: float = 300.0
    max_age_s: float = 60.0
    main_url: str | None = field(default=None, repr=False)
    transport: str = "tcp"
    fresh_query: str | None = None
    replay: bool = False
    vehicle: bool = False
    guarded: bool = False
    view_bound: bool = True
    track: TrackFile | None = None
    owner: str = ""
    purpose: str = ""
    gateway: str = ""

    @property
    def mark(self) -> str:
        """A mark of how it is reached, password included: so short that it tells nothing but a change."""
        reached = (self.url, self.main_url, self.protocol, self.transport, self.fresh_query, self.gateway)
        return hashlib.blake2b(repr(reached).encode(), digest_size=4).hexdigest()

    @property
    def shown_url(self) -> str:
        """The URL as it may be shown and logged: without credentials."""
        return masked(self.url)


def share_of(feed_id: str) -> float:
    """Return a feed's own place in any interval, 0 to under 1; the same on every machine and after every restart."""
    return int.from_bytes(hashlib.blake2b(feed_id.encode(), digest_size=6).digest()) / 2**48
