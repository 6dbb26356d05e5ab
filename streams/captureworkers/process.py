"""One capture process, from the patrol's side."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from streams.captureworkers.arena import Arena, Shape
from streams.captureworkers.messages import Alive, Ask, Looked
from streams.feed import Feed
from streams.frame import Frame
from streams.looking import Answer
from streams.source import Limits

_START_WITHIN_S = 60.0
_MOST_SILENCES = 3
_THRIFTY = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "67108864",
}
"""Libraries start no threads beside the looks. The C library keeps no heap with its largest picture for each thread,
but in each heap what a few pictures took: to be given zeroed pages for every picture costs more than reading it. What
was not needed again is given back now and then (``streams.heap``)."""
_COPY_FROM = 0.75
"""With this share of the slots held, a picture is copied out: somebody keeps pictures, and looks must not wait."""


class Gone(Exception):
    """The process is no longer there. The text is how it ended, such as ``signal 6``."""


class Retired(Exception):
    """The process takes no more looks."""


class Late(Exception):
    """The look was not back in time; what it brings later is dropped."""


class WorkerProcess:
    """A capture process and its arena.

    Parameters
    ----------
    shape
        Of the arena.
    opener
        ``module:function`` that opens feeds there.
    silent_s
        When it says nothing for so long while looks are under way, nothing runs in it any more: it is killed.
    """

    def __init__(self, shape: Shape, opener: str, *, silent_s: float) -> None:
        self._arena = Arena(shape)
        self._silent_s = silent_s
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._numbers = count()
        self._waiting: dict[int, queue.SimpleQueue[Looked | None]] = {}
        self._left_behind: dict[int, tuple[str, float]] = {}
        """Looks not back in time: by number the feed, and the time from which they hang for good."""
        self._retired = False
        self._ended = ""
        self.heard = threading.Event()
        """Set when it has started, or ended without."""
        self._silences, self._cpu_ticks = 0, 0
        self.visits = 0
        self.own_mb = 0.0
        self._connection, theirs = Pipe()
        self._process = _started(theirs, self._arena, opener)
        theirs.close()
        self._listener = threading.Thread(target=self._listen, name=f"capture-{self._process.pid}", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def look(self, feed: Feed, limits: Limits, *, within_s: float) -> Answer:
        """Look once and wait for the answer.

        Raises
        ------
        Gone
            It ended before the answer came.
        Late
            The answer did not come in time.
        Retired
            It takes no more looks; ask another.
        """
        number, answers = self._enter()
        try:
            self._send(Ask(number, feed, limits))
            looked = answers.get(timeout=within_s)
        except queue.Empty:
            self._leave_behind(number, feed, within_s)
            raise Late from None
        finally:
            self._leave(number)
        if looked is None:
            raise Gone(self._ended)
        return self._answer(looked)

    def hangs_at(self, feed: Feed) -> bool:
        """Return whether an earlier look at ``feed`` has still not come back."""
        with self._lock:
            return any(feed_id == feed.id for feed_id, _ in self._left_behind.values())

    @property
    def hangs(self) -> bool:
        """Whether a look has not come back in twice its time. On a machine that is overloaded looks are late, too."""
        with self._lock:
            return any(time.monotonic() > for_good_at for _, for_good_at in self._left_behind.values())

    def retire(self) -> None:
        """Take no more looks, and end when those under way have ended."""
        with self._lock:
            self._retired = True
            is_idle = not self._waiting
        if is_idle:
            self.kill()

    def kill(self) -> None:
        """End it at once; looks under way get ``Gone``."""
        self._process.kill()

    def close(self) -> None:
        """End it at once and wait until it is gone."""
        self.retire()
        self.kill()
        self._listener.join()

    def _enter(self) -> tuple[int, queue.SimpleQueue[Looked | None]]:
        with self._lock:
            if self._retired:
                raise Retired
            if self._ended:
                raise Gone(self._ended)
            number, answers = next(self._numbers), queue.SimpleQueue[Looked | None]()
            self._waiting[number] = answers
            return number, answers

    def _leave_behind(self, number: int, feed: Feed, within_s: float) -> None:
        with self._lock:
            self._left_behind[number] = (feed.id, time.monotonic() + within_s)

    def _leave(self, number: int) -> None:
        with self._lock:
            self._waiting.pop(number, None)
            is_done = self._retired and not self._waiting
        if is_done:
            self.kill()

    def _send(self, ask: Ask) -> None:
        try:
            with self._sending:
                self._connection.send(ask)
        except OSError:
            self.kill()  # the listener then says how it ended

    def _answer(self, looked: Looked) -> Answer:
        return Answer(self._frame(looked), looked.error, looked.cpu_ms, looked.defect)

    def _frame(self, looked: Looked) -> Frame | None:
        placed = looked.placed
        if placed is None:
            return None
        taken = self._arena.taken(placed.slot, placed.length)
        image = taken[: placed.pixel_bytes].reshape(*placed.size, 3)
        encoded = None if placed.encoded_bytes is None else taken[placed.pixel_bytes :].tobytes()
        if self._arena.held > self._arena.shape.slots * _COPY_FROM:
            image = image.copy()
        return Frame(image, placed.captured_at, placed.digest, name=placed.name, index=placed.index, encoded=encoded)

    def _listen(self) -> None:
        """Pass answers on until the process has ended, then say how to all who wait."""
        try:
            self._hear(_START_WITHIN_S)
            while True:
                self._hear(self._silent_s)
        except (EOFError, OSError):
            self.kill()
        self.heard.set()
        code = self._process.wait()
        self._connection.close()
        with self._lock:
            self._ended = self._ended or (f"signal {-code}" if code < 0 else f"exit code {code}")
            waiting = list(self._waiting.values())
        for answers in waiting:
            answers.put(None)

    def _hear(self, within_s: float) -> None:
        if not self._connection.poll(within_s):
            self._check_runs(within_s)
            return
        self._silences = 0
        self.heard.set()
        message: Looked | Alive = self._connection.recv()
        self.own_mb = message.own_mb
        if isinstance(message, Looked):
            self._pass_on(message)

    def _check_runs(self, silent_s: float) -> None:
        """Raise when nothing runs in the process any more. Silent, but using the processor, it may be overloaded."""
        self._silences += 1
        before, self._cpu_ticks = self._cpu_ticks, _cpu_ticks(self.pid)
        is_running = self._cpu_ticks > before and self._silences < _MOST_SILENCES
        if self._is_busy() and not is_running:
            self._ended = f"nothing ran in it for {self._silences * silent_s:g} s"
            raise EOFError

    def _is_busy(self) -> bool:
        with self._lock:
            return bool(self._waiting)

    def _pass_on(self, looked: Looked) -> None:
        with self._lock:
            self.visits += 1
            answers = self._waiting.get(looked.number)
            self._left_behind.pop(looked.number, None)
        if answers is not None:
            answers.put(looked)
        elif looked.placed is not None:
            self._arena.release(looked.placed.slot, looked.placed.length)


def _cpu_ticks(pid: int) -> int:
    """Return how much processor time a process has had, in the kernel's ticks; proc(5), utime and stime."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def _started(theirs: Connection[Any, Any], arena: Arena, opener: str) -> subprocess.Popen[bytes]:
    fds = (theirs.fileno(), arena.memory_fd, arena.free_fd)
    shape = (arena.shape.slots, arena.shape.slot_bytes)
    command = [sys.executable, "-m", "streams.captureworkers.worker", *map(str, (fds[0], *shape, *fds[1:])), opener]
    # What this process can import, that one can.
    surroundings = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | _THRIFTY
    return subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=subprocess.DEVNULL, pass_fds=fds, env=surroundings
    )
