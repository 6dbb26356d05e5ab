"""The supervisor: starts the API and the patrol as processes of their own and keeps both running.

A child that ends is started again after a growing pause. A child whose heartbeat stops is killed first: capture
libraries can hang where no exception reaches. Ctrl-C asks both to finish; a second one ends them at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

_log = structlog.get_logger()
_TICK_S = 0.25
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0
_HEALTHY_AFTER_S = 60.0
_STOP_WITHIN_S = 10.0


@dataclass(slots=True)
class Child:
    """One process to keep running.

    Parameters
    ----------
    name
        Shown in logs.
    command
        Argument list. The child ends itself when its standard input closes, so it cannot outlive a killed parent.
    beats
        Whether it has a heartbeat: started with ``--beat-fd N``, it writes a byte there while it makes progress.
        A pipe, not a file: a full or vanished disk must not look like a hang.
    silent_limit_s
        No beat for longer than this means that it hangs.
    """

    name: str
    command: Sequence[str]
    beats: bool = False
    silent_limit_s: float = 60.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started_at: float = 0.0
    pause_s: float = _FIRST_PAUSE_S
    start_at: float = 0.0
    beat_fd: int | None = None
    last_beat_at: float = 0.0
    restarts: int = -1


class Supervisor:
    """Keeps children running until stopped.

    Parameters
    ----------
    children
        In starting order; they stop in reverse.
    clock
        Monotonic seconds.
    """

    def __init__(self, children: Sequence[Child], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._children = children
        self._clock = clock
        self._stop = threading.Event()
        self._interrupts = 0

    def interrupt(self, *_: object) -> None:
        """Stop cleanly; called a second time, at once. Fits ``signal.signal``."""
        self._interrupts += 1
        self._stop.set()
        if self._interrupts == 1:
            # Written at once and unbuffered: a logger's lock may be held by what this signal interrupted.
            os.write(2, b"stopping; press Ctrl-C again to stop at once\n")
        else:
            for child in self._children:
                _kill(child)

    def run(self) -> None:
        """Start everything and watch until interrupted, then stop everything."""
        try:
            while not self._stop.is_set():
                for child in self._children:
                    self._tend(child)
                self._stop.wait(_TICK_S)
        finally:
            self._stop_all()

    def _tend(self, child: Child) -> None:
        now = self._clock()
        if child.process is None:
            if now >= child.start_at:
                self._start(child, now)
            return
        if child.process.poll() is not None:
            self._bury(child, now)
        elif self._silent(child, now):
            _log.error("child_hangs", child=child.name, silent_for_s=child.silent_limit_s)
            _kill(child)

    def _start(self, child: Child, now: float) -> None:
        child.beat_fd, writing = os.pipe()
        os.set_blocking(child.beat_fd, False)
        os.set_blocking(writing, False)
        beat = ["--beat-fd", str(writing)] if child.beats else []
        # Its own session: the terminal's Ctrl-C reaches the supervisor alone, which asks each child in turn.
        child.process = subprocess.Popen(  # noqa: S603 - our own command
            [*child.command, *beat], stdin=subprocess.PIPE, start_new_session=True, pass_fds=[writing]
        )
        os.close(writing)
        child.started_at = child.last_beat_at = now
        child.restarts += 1

    def _bury(self, child: Child, now: float) -> None:
        assert child.process is not None  # noqa: S101 - said to the type checker; _tend looked
        code = child.process.returncode
        if now - child.started_at > _HEALTHY_AFTER_S:
            child.pause_s = _FIRST_PAUSE_S
        _log.error("child_ended", child=child.name, code=code, again_in_s=child.pause_s)
        _forget(child)
        child.start_at = now + child.pause_s
        child.pause_s = min(child.pause_s * 2, _LONGEST_PAUSE_S)

    @staticmethod
    def _silent(child: Child, now: float) -> bool:
        """Return whether no beat came for too long, by our own running clock; wall clocks may step."""
        if not child.beats or child.beat_fd is None:
            return False
        with suppress(BlockingIOError):
            if os.read(child.beat_fd, 65536):
                child.last_beat_at = now
        return now - child.last_beat_at > child.silent_limit_s

    def _stop_all(self) -> None:
        for child in reversed(self._children):
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = self._clock() + _STOP_WITHIN_S
        for child in self._children:
            _wait(child, max(0.0, deadline - self._clock()))
            _kill(child)
            _forget(child)


def _wait(child: Child, seconds: float) -> None:
    if child.process is None:
        return
    try:
        child.process.wait(seconds)
    except subprocess.TimeoutExpired:
        _log.warning("child_killed", child=child.name, waited_s=round(seconds, 1))


def _kill(child: Child) -> None:
    if child.process is not None and child.process.poll() is None:
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()


def _forget(child: Child) -> None:
    if child.process is not None and child.process.stdin is not None:
        child.process.stdin.close()
    if child.beat_fd is not None:
        os.close(child.beat_fd)
    child.process = child.beat_fd = None


def stop_with_parent(stop: Callable[[], None]) -> None:
    """Call ``stop`` when SIGTERM comes or standard input closes: a child of the supervisor ends with it."""
    signal.signal(signal.SIGTERM, lambda *_: stop())
    signal.signal(signal.SIGINT, lambda *_: stop())

    def watch() -> None:
        while os.read(0, 1024):
            pass
        stop()

    threading.Thread(target=watch, name="parent", daemon=True).start()


def beat_into(fd: int | None) -> Callable[[], None]:
    """Return what a child calls to beat; without a supervisor it does nothing."""
    if fd is None:
        return lambda: None

    def beat() -> None:
        # A supervisor that is stopped reads nothing: a full pipe holds beats enough.
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(fd, b".")

    return beat
