"""Succession: a running patrol takes up the model that was promoted meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from api.datafolder import DataFolderError
from api.serving import Choice
from detector.errors import ModelError

_EVERY_S = 2.0
_log = structlog.get_logger()


class Succession:
    """Looks now and then whether another model is to serve, and ends the patrol's run when that one can.

    The run ends as any other does: visits under way are finished, what was found is written. The process then starts
    itself afresh with the new model, so that everything that depends on a model (input size, its id on records) is of
    one piece. A model that cannot be loaded changes nothing: the patrol goes on with the one it has and says so.

    Parameters
    ----------
    choice
        Says which model is to serve.
    serving
        Name of the model in use.
    trial
        Loads the model of a name, and gives it back; raises ``ModelError`` when it cannot.
    tell
        Puts a trouble on the board, or takes it away with None.
    stop
        Set when another model takes over; when set by others, the looking ends.
    ready
        Whether the process could start itself afresh now; a model waits until it could.
    """

    def __init__(
        self,
        choice: Choice,
        serving: str,
        *,
        trial: Callable[[str], object],
        tell: Callable[[str | None], None],
        stop: threading.Event,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._choice = choice
        self._serving = serving
        self._trial = trial
        self._tell = tell
        self._stop = stop
        self._ready = ready
        self._refused: str | None = None
        self.due = False
        """Whether the run ended for another model's sake."""

    def run(self) -> None:
        """Look until the patrol ends."""
        while not self._stop.wait(_EVERY_S):
            self.look()

    def look(self) -> None:
        """Look once."""
        try:
            name = self._choice.name
            if name == self._serving:
                self._settled()
            elif name != self._refused and self._ready():
                self._take_up(name)
        except (DataFolderError, ModelError) as error:
            self._tell(f"{error}; the patrol goes on with {self._serving}")

    def _settled(self) -> None:
        self._refused = None
        self._tell(None)

    def _take_up(self, name: str) -> None:
        self._refused = name
        self._trial(name)
        self._tell(None)
        self.due = True
        _log.info("model_changes", serving=self._serving, next=name)
        self._stop.set()
