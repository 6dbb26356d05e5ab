"""Leading: one patrol process at a time schedules, remembers and reports; the others stand by."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from gridmap.errors import Deposed, LedgerError
from gridmap.reign import Reign
from streams.bus.port import Bus, Term
from streams.errors import BusError, NotLeading

_log = structlog.get_logger()
_EVERY_S = 1.0
Job = tuple[str, Callable[[], None]]
"""What a leader does all the time, in a thread of this name, until the process stops."""


class Leadership:
    """Seeks the lead, and has the leader's jobs done while it has it.

    A process that lost the lead knows things that are no longer so. It ends its run and starts afresh, which costs it
    a few seconds of looking and happens seldom.

    Parameters
    ----------
    bus
        Says who leads.
    ledger
        Refuses what a leader of before still wants to write.
    begin
        Takes up what the leader before left, and returns the leader's jobs. Raises ``LedgerError`` or ``BusError``
        when it cannot now; it is then tried again, perhaps by another process.
    tell
        Told one sentence while the bus is away, and None when it is not.
    stop
        Ends the process's run.
    """

    def __init__(
        self,
        bus: Bus[Any],
        ledger: Reign,
        *,
        begin: Callable[[], Sequence[Job]],
        tell: Callable[[str | None], None],
        stop: threading.Event,
    ) -> None:
        self._bus = bus
        self._ledger = ledger
        self._begin = begin
        self._tell = tell
        self._stop = stop
        self._term: Term | None = None
        self._threads: list[threading.Thread] = []
        self._trouble: str | None = None
        self.deposed = False
        """Whether the run ended because another process leads."""

    @property
    def leads(self) -> bool:
        """Whether this process leads."""
        return self._term is not None

    def run(self) -> None:
        """Seek or keep the lead until the process stops."""
        while not self._stop.wait(_EVERY_S):
            self.step()

    def step(self) -> None:
        """Seek or keep the lead, once."""
        try:
            self._hold(self._bus.lead())
            self._say(None)
        except NotLeading:
            self._say(None)
            if self.leads:
                self.depose()
        except BusError as error:
            self._say(str(error))
            self._look_whether_deposed()
        except LedgerError as error:
            self._say(str(error))
            self._bus.resign()

    def depose(self) -> None:
        """End the run, because another process leads."""
        if not self.deposed:
            _log.warning("lead_lost")
        self.deposed = True
        self._stop.set()

    def end(self) -> None:
        """Wait for the jobs, which end with the process's run."""
        for thread in self._threads:
            thread.join()

    def resign(self) -> None:
        """Make room for another leader at once."""
        if self.leads and not self.deposed:
            try:
                self._bus.resign()
            except BusError as error:
                _log.warning("lead_not_given_back", reason=str(error))

    def _hold(self, term: Term) -> None:
        if self._term is None:
            jobs = self._begin()
            self._term = term
            _log.info("leads", term=term.number)
            for name, job in jobs:
                thread = threading.Thread(target=self._to_the_end, args=(job,), name=name)
                self._threads.append(thread)
                thread.start()
        self._term = term

    def _look_whether_deposed(self) -> None:
        """Ask the ledger while the bus is away: perhaps it is away from here only, and another process leads."""
        if not self.leads:
            return
        try:
            self._ledger.commit((), ())
        except Deposed:
            self.depose()
        except LedgerError as error:
            _log.warning("ledger_not_asked", reason=str(error))

    def _to_the_end(self, job: Callable[[], None]) -> None:
        """Run a job; one that dies takes the process with it, which the supervisor starts again."""
        try:
            job()
        finally:
            self._stop.set()

    def _say(self, trouble: str | None) -> None:
        if trouble is not None and self._trouble is None:
            _log.warning("lead_not_sought", reason=trouble)
        if trouble != self._trouble:
            self._tell(trouble)
        self._trouble = trouble
