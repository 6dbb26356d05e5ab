"""How feeds are looked at: cameras in capture processes, files and vehicles in threads of the patrol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

from api.http.feedshapes import CaptureStatus
from api.wiring.feeds import source_of
from configs.settings import PatrolSettings
from streams.captureworkers.pool import CaptureWorkers, Recycling
from streams.captureworkers.source import WorkerSource
from streams.feed import Feed, Protocol
from streams.source import Limits, Source
from streams.sources import open_source

_CAMERAS = {Protocol.RTSP, Protocol.STREAM, Protocol.SNAPSHOT}
"""A file's or vehicle's source remembers where it is, so it lives as long as the patrol."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Opens feeds as the settings say; ``workers`` is None when there are no capture processes."""

    patrol: PatrolSettings
    workers: CaptureWorkers | None
    now: Callable[[], datetime]

    @classmethod
    def started(cls, patrol: PatrolSettings, *, now: Callable[[], datetime]) -> Looks:
        """Start the capture processes.

        Parameters
        ----------
        patrol
            How feeds are visited.
        now
            The wall clock; aware UTC.
        """
        return cls(patrol, _workers(patrol) if patrol.capture.processes else None, now)

    def source(self, feed: Feed, *, enough_px: int | None) -> Source:
        """Return the way to a feed's pictures, which need no more than ``enough_px`` on their long side.

        Raises
        ------
        streams.errors.TrackError, gridmap.errors.DatumError
            When a vehicle's track cannot be used.
        """
        limits = Limits(
            open_timeout_s=self.patrol.open_timeout_s,
            read_timeout_s=self.patrol.read_timeout_s,
            max_bytes=int(self.patrol.max_picture_mb * 1e6),
            max_pixels=int(self.patrol.max_picture_mpx * 1e6),
            enough_px=enough_px,
        )
        if self.workers is not None and feed.track is None and feed.protocol in _CAMERAS:
            return WorkerSource(feed, limits, self.workers)
        if self.workers is not None and feed.protocol is Protocol.WVP:
            behind = partial(WorkerSource, workers=self.workers)
            return open_source(feed, limits, now=self.now, behind_gateways=behind)
        return source_of(feed, limits, now=self.now)

    def status(self) -> CaptureStatus | None:
        """Return how the capture processes are doing."""
        return CaptureStatus(**asdict(self.workers.standing())) if self.workers else None

    def wait_started(self) -> None:
        """Wait for the capture processes."""
        if self.workers is not None:
            self.workers.wait_started()

    def close(self) -> None:
        """End the capture processes."""
        if self.workers is not None:
            self.workers.close()


def _workers(patrol: PatrolSettings) -> CaptureWorkers:
    capture = patrol.capture
    return CaptureWorkers(
        capture.processes,
        deadline_s=patrol.deadline_s,
        looks=patrol.workers,
        frame_bytes=int(patrol.max_picture_mpx * 1e6) * 3 + int(patrol.max_picture_mb * 1e6),
        recycling=Recycling(after_visits=capture.recycle_after_visits, over_mb=capture.recycle_over_mb),
    )
