"""Shadow mode: a candidate model looks at some of the pictures beside the serving one, and nothing comes of it.

What it finds goes to the log and nowhere else: no incident, no case, no view. It gets a picture after the visit is
done with, and whatever happens to it, the patrol goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import Protocol

import structlog

from api.http.feedshapes import ShadowStatus
from detector.detection import Detection
from detector.errors import ModelError
from detector.model import Image, ModelCard
from detector.shadow import ShadowLook, chosen
from detector.tiling import Tiling
from gridmap.view import View
from streams.frame import Frame

_WAITING = 2
"""So many pictures may wait for the candidate; further ones are skipped."""
_MOST_FAILURES = 5
"""A candidate that failed so often since the start is looked into, not tried again."""
_TIMED_EVERY = 10
"""At each tenth look both models look again, one after the other in the candidate's process, so that their CPU can be
compared: in the patrol's own process nobody can tell whose threads the time was spent in."""
_CLOSE_WITHIN_S = 2.0
_events = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CandidateLook:
    """What a candidate answers: findings, and when asked for the CPU in ms of its look and of the serving model's."""

    found: tuple[Detection, ...]
    shadow_ms: float | None = None
    serving_ms: float | None = None


class CandidateFailed(Exception):
    """The candidate crashed, hung or raised. ``str(error)`` says which."""


class Candidate(Protocol):
    """A loaded candidate. Any call may raise ``CandidateFailed``; it is then closed and opened anew."""

    @property
    def card(self) -> ModelCard:
        """What is known of its weights."""
        ...

    def look(self, image: Image, tiling: Tiling, *, timed: bool) -> CandidateLook:
        """Look at one picture, ``(H, W, 3) uint8`` BGR, in the same tiles as the serving model did.

        With ``timed`` measure what a look costs, too.
        """
        ...

    def close(self) -> None:
        """End it at once, from any thread."""
        ...


@dataclass(frozen=True, slots=True)
class _Offered:
    view: View
    frame: Frame
    found: tuple[Detection, ...]


class Shadow:
    """Hands pictures to a candidate and what it says to the log.

    Parameters
    ----------
    name
        The candidate, as the settings name it.
    open_candidate
        Loads it; raises ``ModelError`` when its files cannot be used, ``CandidateFailed`` when it crashes.
    serving_id
        Id of the model that acts.
    share
        Share of the pictures it looks at too, over 0 and up to 1.
    log
        Remembers a look.
    tell
        Puts a trouble on the board.
    """

    def __init__(
        self,
        name: str,
        open_candidate: Callable[[], Candidate],
        *,
        serving_id: str,
        share: float,
        log: Callable[[ShadowLook], None],
        tell: Callable[[str], None],
    ) -> None:
        self._name = name
        self._open = open_candidate
        self._serving_id = serving_id
        self._share = share
        self._log = log
        self._tell = tell
        self._candidate: Candidate | None = None
        self._offered: Queue[_Offered | None] = Queue(_WAITING)
        self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
        self._looks = self._skipped = self._failures = 0
        self._off = False
        self._closing = False

    def status(self) -> ShadowStatus:
        """Return what it has done since the start."""
        return ShadowStatus(
            model=self._candidate.card.id if self._candidate else self._name,
            share=self._share,
            looks=self._looks,
            skipped=self._skipped,
            failures=self._failures,
            on=not self._off,
        )

    def start(self) -> None:
        """Begin: the candidate is loaded in the background."""
        self._thread.start()

    def offer(self, view: View, frame: Frame, found: tuple[Detection, ...]) -> None:
        """Let the candidate look too, if it is this picture's turn. Never waits; when behind, the picture is skipped.

        Parameters
        ----------
        view, frame
            Where the picture is from, and the picture.
        found
            What the serving model found.
        """
        if self._off or not chosen(view.feed_id, frame.captured_at, self._share):
            return
        try:
            self._offered.put_nowait(_Offered(view, frame, found))
        except Full:
            self._skipped += 1

    def close(self) -> None:
        """End the candidate; what it was looking at is given up."""
        self._closing = self._off = True
        if self._candidate is not None:
            self._candidate.close()
        while self._thread.is_alive():
            try:
                self._offered.put(None, timeout=0.1)
                break
            except Full:
                self._drain()
        self._thread.join(_CLOSE_WITHIN_S)

    def _drain(self) -> None:
        try:
            self._offered.get_nowait()
        except Empty:
            return

    def _work(self) -> None:
        self._guarded(self._ready)
        while not self._off and (offered := self._offered.get()) is not None:
            self._guarded(self._take, offered)

    def _guarded(self, step: Callable[..., object], *arguments: object) -> None:
        try:
            step(*arguments)
        except ModelError as error:
            self._switch_off(str(error))
        except Exception as error:  # noqa: BLE001 - the worker's boundary: a candidate must not end the patrol
            self._failed(error)

    def _ready(self) -> Candidate:
        if self._candidate is None:
            self._candidate = self._open()
        return self._candidate

    def _take(self, offered: _Offered) -> None:
        candidate, view, frame = self._ready(), offered.view, offered.frame
        seen = candidate.look(frame.image, view.tiling, timed=(self._looks + 1) % _TIMED_EVERY == 0)
        self._log(
            ShadowLook(
                feed_id=view.feed_id,
                captured_at=frame.captured_at,
                width=frame.width,
                height=frame.height,
                serving_id=self._serving_id,
                shadow_id=candidate.card.id,
                serving=offered.found,
                shadow=seen.found,
                shadow_ms=seen.shadow_ms,
                serving_ms=seen.serving_ms,
            )
        )
        self._looks += 1

    def _failed(self, error: Exception) -> None:
        if self._closing:
            return
        self._failures += 1
        _events.warning("shadow_failed", model=self._name, reason=f"{type(error).__name__}: {error}")
        if self._candidate is not None:
            self._candidate.close()
            self._candidate = None
        if self._failures >= _MOST_FAILURES:
            self._switch_off(f"it failed {self._failures} times, the last time because {error}")

    def _switch_off(self, reason: str) -> None:
        self._off = True
        if self._candidate is not None:
            self._candidate.close()
        sentence = f"the shadow model {self._name} looks no more until the next start: {reason}"
        _events.error("shadow_off", model=self._name, reason=reason)
        self._tell(sentence)
