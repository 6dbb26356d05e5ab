"""A feed whose looks run in a capture process."""

from __future__ import annotations

from collections.abc import Iterator

from streams.captureworkers.pool import CaptureWorkers
from streams.feed import Feed
from streams.frame import Frame
from streams.looking import Answer
from streams.source import Limits


class WorkerSource:
    """A ``Source`` that asks the capture processes.

    Parameters
    ----------
    feed, limits
        What is looked at, and what it may take.
    workers
        Who look.
    """

    def __init__(self, feed: Feed, limits: Limits, workers: CaptureWorkers) -> None:
        self._feed, self._limits, self._workers = feed, limits, workers

    def look_in_time(self, within_s: float | None = None) -> Answer:
        """Look once within the processes' deadline or ``within_s`` (see ``streams.looking.Bounded``)."""
        return self._workers.look(self._feed, self._limits, within_s=within_s)

    def look(self) -> Frame:
        """Take one fresh frame (see ``Source.look``)."""
        answer = self.look_in_time()
        if answer.frame is None:
            assert answer.error is not None  # noqa: S101 - an answer has one of them
            raise answer.error
        return answer.frame

    def frames(self, every_s: float | None = None) -> Iterator[Frame]:  # noqa: ARG002  pacing is the caller's
        """Yield one frame (see ``Source.frames``)."""
        yield self.look()
