"""A candidate model in a process of its own: it may crash, hang or take all memory, and the patrol goes on.

The process is a child of the patrol, gives way to it (nice 10) and ends with it. Pictures reach it through a socket
pair between the two and are kept nowhere.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from api.shadow import CandidateFailed, CandidateLook
from configs.settings import ModelSettings
from detector.errors import ModelError
from detector.loading import load_model
from detector.model import Image, Model, ModelCard
from detector.tiling import WHOLE, Tiling
from detector.tiling import look as look_at

_LOAD_WITHIN_S = 300.0
_LOOK_WITHIN_S = 300.0
"""A hang, not slowness: it has the lowest claim to the processor, and on a busy machine it waits."""
_NICE = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """What the process loads: candidate and serving model.

    Parameters
    ----------
    candidate, serving
        Which weights, and how they are run.
    root
        Folder that relative paths in them start from.
    cache
        Where compiled models are kept; not the patrol's own, or two processes would write the same files.
    """

    candidate: ModelSettings
    serving: ModelSettings
    root: Path
    cache: Path


class CandidateProcess:
    """A candidate that looks in a process of its own; see ``api.shadow.Candidate``.

    Raises
    ------
    ModelError
        When its files cannot be used.
    CandidateFailed
        When it crashes or hangs while it loads.
    """

    def __init__(self, pair: Pair) -> None:
        self._ours, theirs = Pipe()
        command = [sys.executable, "-m", __name__, str(theirs.fileno())]
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]
        )
        theirs.close()
        try:
            self._ours.send(pair)
            self.card: ModelCard = self._answer(_LOAD_WITHIN_S)
        except BaseException:
            self.close()
            raise

    def look(self, image: Image, tiling: Tiling = WHOLE, *, timed: bool = False) -> CandidateLook:
        """Look at one picture."""
        with self._told():
            self._ours.send((image, tiling, timed))
        look: CandidateLook = self._answer(_LOOK_WITHIN_S)
        return look

    def close(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()

    def _answer(self, within_s: float) -> Any:
        with self._told():
            if not self._ours.poll(within_s):
                raise CandidateFailed(f"it did not answer for {within_s:g} s")
            answer = self._ours.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError) as error:
            raise CandidateFailed(f"its process ended ({self._ended()})") from error

    def _ended(self) -> str:
        code = self._process.wait()
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def _serve(connection: Connection[Any, Any]) -> None:
    """Answer until the patrol is gone."""
    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pair: Pair = connection.recv()
    try:
        looker = _Looker(pair)
    except ModelError as error:
        connection.send(error)
        return
    connection.send(looker.card)
    while True:
        image, tiling, timed = connection.recv()
        try:
            connection.send(looker.look(image, tiling, timed=timed))
        except Exception as error:  # noqa: BLE001 - the process' boundary: the patrol counts it
            connection.send(CandidateFailed(f"it raised {type(error).__name__}: {error}"))


class _Looker:
    """Both models in the candidate's process; the serving one is loaded when it is first timed."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._candidate = self._load(pair.candidate)
        self._serving: Model | None = None
        self.card = self._candidate.card

    def look(self, image: Image, tiling: Tiling, *, timed: bool) -> CandidateLook:
        found = look_at(self._candidate, image, tiling)
        if not timed:
            return CandidateLook(found)
        if self._serving is None:
            self._serving = self._load(self._pair.serving)
        look_at(self._serving, image, tiling)
        return CandidateLook(found, _cpu_ms(self._candidate, image, tiling), _cpu_ms(self._serving, image, tiling))

    def _load(self, settings: ModelSettings) -> Model:
        return load_model(settings, root=self._pair.root, cache_dir=self._pair.cache)


def _cpu_ms(model: Model, image: Image, tiling: Tiling) -> float:
    """Return what a look costs that has just been made: its graph is compiled, its weights are near the processor."""
    began_s = time.process_time()
    look_at(model, image, tiling)
    return (time.process_time() - began_s) * 1000


if __name__ == "__main__":
    try:
        _serve(Connection(int(sys.argv[1])))
    except (EOFError, OSError):
        sys.exit(0)
