"""The patrol process: its parts once they are put together (``api.wiring.patrol``), and the threads that run them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from api.leading import Leadership
from api.led import Led
from api.rereading import Rereading
from api.shadow import Shadow
from api.succession import Succession
from api.visited import Visited
from api.wiring.looks import Looks
from detector.log import ParquetLog
from detector.model import Model
from gridmap.errors import LedgerError
from gridmap.ledger import FeedMemory, Ledger
from streams.capture import Capture
from streams.heap import give_back
from streams.worker import Worker

_events = structlog.get_logger()
_KEEP_EVERY_S = 60.0
_MOST_HANGING = 32
"""Looks that never came back, each a thread with a connection; more than these and than a quarter of the feeds are
not worth keeping."""
_KEEP_ENDED_DAYS = 30.0


@dataclass(frozen=True, slots=True)
class Memory:
    """What is written now and then (the log, and by the leader what the next is to know) and forgotten after days."""

    ledger: Ledger
    kept: Callable[[], list[FeedMemory]]
    lost: Callable[[list[FeedMemory]], None]
    log: ParquetLog
    prune_log: Callable[..., None]
    prune_kept: Callable[[datetime], None]
    now: Callable[[], datetime]

    def write(self, *, leads: bool) -> None:
        """Write what waits; a full disk is said and tried again next time."""
        self.log.flush()
        if leads:
            self._keep()
        self.prune_log(now=self.now())
        self.prune_kept(self.now())

    def _keep(self) -> None:
        kept = self.kept()
        try:
            self.ledger.commit((), (), kept)
        except LedgerError as error:
            self.lost(kept)
            _events.warning("memory_not_written", reason=str(error))
            return
        try:
            self.ledger.prune(self.now(), keep_days=_KEEP_ENDED_DAYS)
        except LedgerError as error:
            _events.warning("ledger_not_pruned", reason=str(error))


@dataclass(frozen=True, slots=True)
class PatrolProcess:
    """A patrol ready to run."""

    worker: Worker[Visited]
    leadership: Leadership
    led: Led
    memory: Memory
    capture: Capture
    looks: Looks
    model: Model
    stop: threading.Event
    feeds: int
    succession: Succession
    rereading: Rereading
    shadow: Shadow | None = None

    def run(self) -> None:
        """Visit, and while it leads remember and report, until ``stop`` is set; what is under way is finished."""
        jobs = {
            "lead": self.leadership.run,
            "memory": self._remember,
            "succession": self.succession.run,
            "rereading": self.rereading.run,
        }
        threads = [threading.Thread(target=self._to_the_end, args=(job,), name=name) for name, job in jobs.items()]
        if self.shadow is not None:
            self.shadow.start()
        try:
            self.looks.wait_started()
            self.leadership.step()
            for thread in threads:
                thread.start()
            self.worker.run(self.stop)
        finally:
            self.stop.set()
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
            self.leadership.end()
            if self.shadow is not None:
                self.shadow.close()
            self._finish()

    @property
    def begins_anew(self) -> bool:
        """Whether the run ended so that the process begins anew: another model, configuration or leader came."""
        return self.succession.due or self.rereading.taken_up or self.leadership.deposed

    def _finish(self) -> None:
        """Remember what came last, write everything, and leave."""
        if self.leadership.leads and not self.leadership.deposed:
            self.led.finish()
        self.memory.write(leads=self.leadership.leads)
        self.leadership.resign()
        self.led.bus.close()
        self.memory.ledger.close()
        self.model.close()
        self.looks.close()

    def _to_the_end(self, job: Callable[[], None]) -> None:
        """Run a job; one that dies takes the process with it, which the supervisor starts again."""
        try:
            job()
        finally:
            self.stop.set()

    def _remember(self) -> None:
        while not self.stop.wait(_KEEP_EVERY_S):
            self.memory.write(leads=self.leadership.leads)
            give_back()
            self._recycle_when_clogged()

    def _recycle_when_clogged(self) -> None:
        """End the process when too many looks hang for good: the supervisor starts a fresh one, which goes on."""
        if self.capture.hanging > max(_MOST_HANGING, self.feeds // 4):
            _events.error("patrol_recycled", hanging_looks=self.capture.hanging)
            self.stop.set()
