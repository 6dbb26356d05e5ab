"""The capture processes of a patrol."""

from __future__ import annotations

import contextlib
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from streams.captureworkers.alone import Alone
from streams.captureworkers.arena import Shape
from streams.captureworkers.process import Gone, Late, Retired, WorkerProcess
from streams.errors import SourceError, TimedOut, Unreachable
from streams.feed import Feed
from streams.looking import Answer, failed
from streams.source import Limits

_log = structlog.get_logger()
_SPARE_SLOTS, _MOST_PICTURES = 4, 12
"""Looks wait for cameras, and few of them have a picture at any one time; one that finds no slot waits for it."""
_START_WITHIN_S = 60.0
_SILENT_S = 5.0
"""A process says something each second."""
OPENER = "streams.sources:open_source"


@dataclass(frozen=True, slots=True)
class Recycling:
    """When a capture process is replaced although nothing is wrong with it: libraries lose memory.

    Parameters
    ----------
    after_visits
        Looks it has made.
    over_mb
        Memory of its own.
    """

    after_visits: int = 10_000
    over_mb: float = 400.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How the capture processes are doing.

    Parameters
    ----------
    processes
        Running now, the one that stands by counted.
    own_mb
        Memory that they have for themselves, all together.
    recycled, crashed, hung
        Processes replaced since the start: for their age or size, because they ended by themselves, because a look
        in them did not come back.
    """

    processes: int
    own_mb: float
    recycled: int
    crashed: int
    hung: int


class CaptureWorkers:
    """Looks at feeds in processes of their own. Safe to share between threads.

    A feed always looks in the same process, which remembers its challenges and tags. One more process stands by, so
    that nobody waits for a start when one is replaced. What goes wrong there costs as
    little as can be:

    - A look that is not back in time is a ``timeout``, and its feed is not opened again while it hangs. After as long
      again its process takes no new looks, another takes its place, and it is killed when those beside have ended.
    - A process that crashes, or in which nothing runs any more, takes the looks under way with it. Each of them is
      made once more at once, alone in a process. The one that ends this one, too, is ``unreachable``; its feed looks
      alone until that goes well. So a feed that crashes FFmpeg costs its own visit, and the others some time.

    Parameters
    ----------
    processes
        How many, 1 or more.
    deadline_s
        Seconds after which a look is given up.
    looks
        Looks under way at once, all processes together.
    frame_bytes
        Most bytes of a picture, pixels and encoded.
    recycling
        When a process is replaced.
    silent_s
        A process that has looks under way, says nothing and uses no processor for so long is ended.
    opener
        ``module:function`` that opens a feed in the process; it is called like ``streams.sources.open_source``.
    """

    def __init__(  # noqa: PLR0913 - what a pool is, each passed in
        self,
        processes: int,
        *,
        deadline_s: float,
        looks: int,
        frame_bytes: int,
        recycling: Recycling | None = None,
        silent_s: float = _SILENT_S,
        opener: str = OPENER,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deadline_s, self._clock = deadline_s, clock
        self._recycling = recycling or Recycling()
        shape = Shape(min(looks + _SPARE_SLOTS, _MOST_PICTURES), frame_bytes)
        start = partial(WorkerProcess, shape, opener, silent_s=silent_s)
        self._start = start
        self._lock = threading.Lock()
        self._lanes = [start() for _ in range(processes)]
        self._spare = start()
        self._alone = Alone(start)
        self._crashing: set[str] = set()
        self._recycled = self._crashed = self._hung = 0
        self._closed = False

    def wait_started(self) -> None:
        """Wait until every process has started, a minute at most: looks asked for before spend their time waiting."""
        for process in self._lanes:
            process.heard.wait(_START_WITHIN_S)

    def look(self, feed: Feed, limits: Limits, *, within_s: float | None = None) -> Answer:
        """Look once at a feed within the deadline, or within ``within_s``; never raises."""
        allowed_s = self._deadline_s if within_s is None else within_s
        try:
            return self._looked(feed, limits, self._clock() + allowed_s)
        except Late:
            _log.warning("look_abandoned", feed=feed.id, after_s=allowed_s)
            return failed(TimedOut(f"{feed.shown_url}: given up after {allowed_s:g} s"))
        except SourceError as error:
            return failed(error)
        except OSError as error:
            return failed(Unreachable(f"{feed.shown_url}: no capture process can be started ({error.strerror})"))

    def standing(self) -> Standing:
        """Return how the processes are doing."""
        with self._lock:
            running = [*self._lanes, self._spare, *self._alone.idle]
            own_mb = sum(process.own_mb for process in running)
            return Standing(len(running), own_mb, self._recycled, self._crashed, self._hung)

    def close(self) -> None:
        """End the processes; looks under way are ``unreachable``."""
        with self._lock:
            self._closed = True
            running = [*self._lanes, self._spare]
        for process in running:
            process.close()
        self._alone.close()

    def _looked(self, feed: Feed, limits: Limits, give_up_at: float) -> Answer:
        if feed.id not in self._crashing:
            with contextlib.suppress(Gone):
                return self._look_beside_others(feed, limits, give_up_at)
        return self._look_alone(feed, limits, give_up_at)

    def _look_beside_others(self, feed: Feed, limits: Limits, give_up_at: float) -> Answer:
        lane = zlib.crc32(feed.id.encode()) % len(self._lanes)
        while True:
            process = self._lanes[lane]
            self._check_open(feed)
            if process.hangs:
                self._replace(lane, process, why="hung")
                continue
            if process.hangs_at(feed):
                raise TimedOut(f"{feed.shown_url}: an earlier look still hangs; not opened again before it ends")
            try:
                answer = process.look(feed, limits, within_s=max(0.0, give_up_at - self._clock()))
            except Retired:
                continue  # replaced a moment ago
            except Gone as death:
                self._replace(lane, process, why="crashed", feed=feed.id, ended=str(death))
                raise
            self._recycle_if_due(lane, process)
            return answer

    def _look_alone(self, feed: Feed, limits: Limits, give_up_at: float) -> Answer:
        self._check_open(feed)
        try:
            answer = self._alone.look(feed, limits, within_s=lambda: give_up_at - self._clock())
        except Gone as death:
            with self._lock:
                self._crashed += 1
                self._crashing.add(feed.id)
            raise Unreachable(
                f"{feed.shown_url}: looking at it ends the capture process ({death}); "
                "from now on it is looked at alone, until that goes well"
            ) from None
        self._crashing.discard(feed.id)
        return answer

    def _check_open(self, feed: Feed) -> None:
        if self._closed:
            raise Unreachable(f"{feed.shown_url}: the patrol is stopping")

    def _recycle_if_due(self, lane: int, process: WorkerProcess) -> None:
        rule = self._recycling
        if process.visits >= rule.after_visits or process.own_mb > rule.over_mb:
            self._replace(lane, process, why="recycled", visits=process.visits, own_mb=round(process.own_mb))

    def _replace(self, lane: int, process: WorkerProcess, *, why: str, **told: object) -> None:
        """Put a new process into the lane, unless somebody just has; the old one ends when it is done."""
        with self._lock:
            if self._lanes[lane] is not process or self._closed:
                return
            self._lanes[lane], self._spare = self._spare, self._start()
            self._recycled += why == "recycled"
            self._crashed += why == "crashed"
            self._hung += why == "hung"
        process.retire()
        _log.info("capture_process_replaced", why=why, pid=process.pid, **told)
