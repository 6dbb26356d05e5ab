"""Main streams: one key frame of them is taken on a visit to the sub-stream, to see something closer.

The sub-stream is closed by then, so a recorder never has more open than before. What a main stream cannot give is an
error with its reason, never a picture that might be of something else.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from streams.backoff import Backoff
from streams.capture import Capture
from streams.errors import OtherView, SourceError, Stale
from streams.feed import Feed
from streams.fingerprint import Fingerprint, sampled
from streams.frame import Frame
from streams.looking import Answer
from streams.source import Source

_SAME_FIELD = 0.75
"""Two streams of one camera agree by 0.95 and more; by 0.8 when one shows a twentieth less, by 0.7 when a tenth less,
and then a small thing is no longer found where it should be. Two cameras agree by 0.2 at most."""


@dataclass(frozen=True, slots=True)
class _Failing:
    """A main stream that is left alone until ``until_s``, after so many failures in a row."""

    failures: int
    until_s: float
    why: str


class MainStreams:
    """Looks at main streams. Safe to share between threads, as long as each feed has one visit at a time.

    One that failed is left alone for a while, longer each time: it would cost every visit its timeouts.

    Parameters
    ----------
    streams
        By id of the feed: its main stream, under an id of its own so that one that hangs does not keep the sub-stream
        from being opened, and the way to it.
    capture
        Keeps looks to their time.
    backoff
        How long one that failed is left alone.
    rng
        The chance in that.
    running_s
        A clock in seconds that only runs forward.
    """

    def __init__(
        self,
        streams: Mapping[str, tuple[Feed, Source]],
        capture: Capture,
        *,
        backoff: Backoff,
        rng: random.Random,
        running_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._streams = streams
        self._capture = capture
        self._backoff = backoff
        self._rng = rng
        self._running_s = running_s
        self._failing: dict[str, _Failing] = {}

    def __contains__(self, feed_id: str) -> bool:
        """Return whether the feed has a main stream."""
        return feed_id in self._streams

    def rests(self, feed_id: str) -> str:
        """Return why a feed's main stream is left alone for now, or nothing when it may be looked at."""
        failing = self._failing.get(feed_id)
        if failing is None or failing.until_s <= self._running_s():
            return ""
        return f"{failing.why} (not asked again for {failing.until_s - self._running_s():.0f} s)"

    def look(self, feed_id: str, beside: Frame, *, within_s: float) -> Answer:
        """Return a key frame of a feed's main stream, or why there is none; never raises.

        Parameters
        ----------
        beside
            What the sub-stream showed just now: the main stream must show the same.
        within_s
            What is left of the visit's deadline.
        """
        feed, source = self._streams[feed_id]
        answer = self._capture.look(feed, source, within_s=within_s)
        if answer.frame is not None:
            wrong = _wrong(feed, answer.frame, beside)
            answer = replace(answer, frame=None, error=wrong) if wrong else answer
        self._note(feed_id, feed, answer.error)
        return answer

    def _note(self, feed_id: str, feed: Feed, error: SourceError | None) -> None:
        if error is None:
            self._failing.pop(feed_id, None)
            return
        before = self._failing.get(feed_id)
        failures = before.failures + 1 if before else 1
        pause_s = self._backoff.pause_s(failures, interval_s=feed.interval_s, rng=self._rng)
        self._failing[feed_id] = _Failing(failures, self._running_s() + pause_s, str(error))


def _wrong(feed: Feed, frame: Frame, beside: Frame) -> SourceError | None:
    """Return why a main stream's picture does not show what the sub-stream's shows, or None when it does."""
    older_s = (beside.captured_at - frame.captured_at).total_seconds()
    if older_s > feed.max_age_s:
        return Stale(f"{feed.shown_url}: its picture is {older_s:.0f} s older than the sub-stream's")
    looks = [Fingerprint.of(sampled(each.image)) for each in (beside, frame)]
    agreement = max(0.0, looks[0].likeness(looks[1]).here)
    if agreement >= _SAME_FIELD:
        return None
    return OtherView(
        f"{feed.shown_url}: it shows another view than the sub-stream: {agreement:.0%} agree, under {_SAME_FIELD:.0%}"
    )
