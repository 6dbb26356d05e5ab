"""Whether a frame sees the street. A view that cannot see says nothing about it, least of all that it is clean."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import cv2
import numpy as np

from streams.feed import Feed
from streams.fingerprint import Grey, sampled
from streams.frame import Frame
from streams.placeholder import Placeholders
from streams.viewguard import ViewGuard
from streams.visit import Outcome

_THUMBNAIL = (96, 64)
"""Each of its pixels averages 4×4 samples, which quarters noise."""
_PERCENTILES = (2, 95, 98)
_FUTURE_S = 60.0
"""A picture dated further ahead than this has a wrong clock; less is two clocks' drift."""


@dataclass(frozen=True, slots=True)
class Light:
    """What a picture's grey levels say (0..255).

    Parameters
    ----------
    bright
        95th percentile: how bright the brightest twentieth is.
    spread
        Standard deviation between the 2nd and the 98th percentile: how much there is to be seen. The ends are left
        out because a clock or a name written into the picture has contrast even on a covered lens.
    """

    bright: float
    spread: float


def light_of(grey: Grey) -> Light:
    """Measure a picture that ``sampled`` made small, on a thumbnail of it.

    Averaging while shrinking takes the sensor's noise out, which is all that a covered lens at night has.
    """
    thumbnail = cv2.resize(grey, _THUMBNAIL, interpolation=cv2.INTER_AREA)
    counts = np.bincount(thumbnail.ravel(), minlength=256)
    low, bright, high = np.searchsorted(counts.cumsum(), np.array(_PERCENTILES) / 100 * thumbnail.size)
    levels = np.arange(256).clip(low, high)
    mean = levels @ counts / thumbnail.size
    spread = np.sqrt((levels - mean) ** 2 @ counts / thumbnail.size)
    return Light(bright=float(bright), spread=float(spread))


class Sight:
    """Judges frames, feed by feed. Safe to share between threads.

    Parameters
    ----------
    frozen_after
        So many identical pictures in a row are a frozen view. Two can happen with a gateway that refreshes slowly.
    dark_below
        A 95th percentile of grey under this is dark: less than a twentieth of the view is lit. Of 925 street pictures
        the darkest has 75; the same streets at a tenth of the light have 15 to 25.
    blocked_below
        A standard deviation of grey under this is a uniform picture: covered lens, wall of fog, an encoder's grey.
        Of 925 street pictures the flattest has 15; a covered lens has 4 even with strong noise (σ 25).
    now
        The wall clock; aware UTC.
    views
        Knows what each feed's view looks like; without it every view is taken as it is.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        frozen_after: int = 3,
        dark_below: float = 18.0,
        blocked_below: float = 6.0,
        views: ViewGuard | None = None,
    ) -> None:
        self._now = now
        self._frozen_after, self._dark_below, self._blocked_below = frozen_after, dark_below, blocked_below
        self._views = views
        self._lock = threading.Lock()
        self._runs: dict[str, tuple[str, int]] = {}
        self._placeholders = Placeholders()

    def judge(self, feed: Feed, frame: Frame) -> tuple[Outcome, str]:
        """Return the outcome and, unless it is ``ok``, one sentence that says why.

        Counts the feed's run of identical pictures, so call it once for each frame a visit brings. Age is judged
        first (an old picture proves nothing, whatever it shows), then the run, then the light, then the view. A
        vehicle's frames lie on their track's time, which is past by nature, so they have no age.
        """
        run = self._count(feed.id, frame.digest)
        age_s = (self._now() - frame.captured_at).total_seconds() if feed.track is None else 0.0
        if age_s > feed.max_age_s:
            return Outcome.STALE, f"the picture is {age_s:.0f} s old, more than the {feed.max_age_s:g} s allowed"
        if age_s < -_FUTURE_S:
            return Outcome.STALE, f"the picture is dated {-age_s:.0f} s in the future; check the clocks"
        if run >= self._frozen_after:
            return Outcome.FROZEN, f"the same picture came {run} times in a row"
        if other := self._placeholders.other_feed(feed, frame.digest):
            return Outcome.STALE, (
                f"the very same picture came from feed {other}, which has the same host: "
                "a gateway's picture in place of the camera's, or one camera listed twice"
            )
        grey = sampled(frame.image)
        verdict = self._by_light(light_of(grey))
        if self._views is None or not verdict[0].seeing:
            return verdict
        return self._views.judge(feed, frame, grey)

    def _by_light(self, light: Light) -> tuple[Outcome, str]:
        if light.bright < self._dark_below:
            return Outcome.DARK, f"too dark: brightness {light.bright:.0f} is under {self._dark_below:g}"
        if light.spread < self._blocked_below:
            return Outcome.BLOCKED, f"nothing to see: contrast {light.spread:.1f} is under {self._blocked_below:g}"
        return Outcome.OK, ""

    def _count(self, feed_id: str, digest: str) -> int:
        with self._lock:
            last, run = self._runs.get(feed_id, ("", 0))
            run = run + 1 if digest == last else 1
            self._runs[feed_id] = (digest, run)
            return run

    def memory(self, feed: Feed) -> dict[str, Any]:
        """Return what the next look at a feed must know of the last one: plain values, fit for JSON.

        ``sight`` is its last digest and how often in a row that came, ``view`` what is known of its view.
        """
        with self._lock:
            run = self._runs.get(feed.id)
        view = self._views.record(feed.id) if self._views and feed.guarded else None
        return ({"sight": list(run)} if run else {}) | ({"view": view} if view else {})

    def recall(self, feed: Feed, memory: Mapping[str, Any]) -> None:
        """Go on where the last look at a feed has left it, whoever made it (see ``memory``).

        ``view_accepted_at`` is when people last said that what it shows is its view from now on.
        """
        if "sight" in memory:
            digest, times = memory["sight"]
            with self._lock:
                self._runs[feed.id] = (str(digest), int(times))
        if self._views and feed.guarded:
            self._views.recall(feed.id, memory.get("view"), accepted_at=memory.get("view_accepted_at", ""))

    def state(self) -> dict[str, tuple[str, int]]:
        """Return feed id → (last digest, times in a row); plain values, fit for JSON."""
        with self._lock:
            return dict(self._runs)

    def restore(self, state: Mapping[str, tuple[str, int] | list[str | int]]) -> None:
        """Go on where ``state`` left off; feeds not in it start anew."""
        with self._lock:
            self._runs = {feed_id: (str(digest), int(run)) for feed_id, (digest, run) in state.items()}
