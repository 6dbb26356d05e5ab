"""The guard over views: a camera that was turned, zoomed, covered or lost its focus says nothing about its street.

A look that is not of the known view never counts. Two in a row are told to people, and two that are recognised in a
row end it by themselves. A view that changed for good is accepted by people; by itself only where nothing that was
written down depends on it, because zones and calibration of the old view would go on counting for the new one.

What the last look at a feed left is handed in before the next one and taken from here after it (``streams.feedviews``
keeps it between), so that all who look at a feed in turn know one view.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.feed import Feed
from streams.fingerprint import Fingerprint, Grey
from streams.frame import Frame
from streams.knownview import SAME, KnownView, Verdict
from streams.visit import Outcome

Record = Mapping[str, Any]
"""One feed's view in plain values, fit for JSON: what one look leaves for the next. Never changed once made."""


@dataclass(frozen=True, slots=True)
class ViewRules:
    """When a view counts as changed; see ``configs.settings.ViewSettings``."""

    unlike_below: float = 0.2
    blurred_below: float = 0.45
    turned_after: int = 2
    accept_after: int = 12


@dataclass(slots=True)
class _Watched:
    """One feed's view, and what was seen of it last.

    ``unlike`` and ``like`` are looks in a row; ``other`` is the view that is seen instead of the known one;
    ``accepted_at`` is when the known one was accepted in place of another (ISO 8601, UTC).
    """

    known: KnownView = field(default_factory=KnownView)
    unlike: int = 0
    like: int = 0
    other: KnownView = field(default_factory=KnownView)
    accepted_at: str = ""
    record: Record | None = None
    """As last written, until something changes."""

    @property
    def state(self) -> tuple[object, ...]:
        """What tells whether anything has changed."""
        views = ((*view.looks, view.agreeing, view.half_known) for view in (self.known, self.other))
        return *views, self.unlike, self.like, self.accepted_at

    def written(self) -> Record:
        """Return the record."""
        if self.record is None:
            self.record = {
                "known": self.known.record(),
                "unlike": self.unlike,
                "like": self.like,
                "other": self.other.record(),
                "accepted_at": self.accepted_at,
            }
        return self.record

    def accept(self, at: str) -> bool:
        """Take what is shown from now on for the view, once per ``at``; return whether that is new."""
        if at <= self.accepted_at:
            return False
        # What the camera has shown meanwhile is known well enough to go on from.
        self.known = self.other if self.other.settled else KnownView()
        self.other, self.unlike, self.like, self.accepted_at, self.record = KnownView(), 0, 0, at, None
        return True


class ViewGuard:
    """Judges looks by every fixed feed's view. Safe to share between threads.

    Parameters
    ----------
    rules
        When a view counts as changed.
    """

    def __init__(self, rules: ViewRules) -> None:
        self._rules = rules
        self._lock = threading.Lock()
        self._views: dict[str, _Watched] = {}

    def recall(self, feed_id: str, record: Record | None, *, accepted_at: str = "") -> None:
        """Go on from where the last look at a feed has left it, whoever made it.

        Parameters
        ----------
        record
            What ``record`` returned then; one that cannot be read is learned anew. None goes on from what is known
            here.
        accepted_at
            When people last said that what the feed shows is its view from now on (ISO 8601, UTC); done once.
        """
        with self._lock:
            watched = self._views.setdefault(feed_id, _Watched())
            if record is not None and watched.record != record:
                watched = self._views[feed_id] = _of_record(record)
            watched.accept(accepted_at)

    def record(self, feed_id: str) -> Record | None:
        """Return what the next look at a feed must know; None for one never looked at."""
        with self._lock:
            watched = self._views.get(feed_id)
            return watched.written() if watched else None

    def judge(self, feed: Feed, frame: Frame, grey: Grey) -> Verdict:
        """Return the outcome and, unless it is ``ok``, one sentence; call it once for each look.

        Parameters
        ----------
        grey
            The frame's picture as ``streams.fingerprint.sampled`` made it small.
        """
        if not feed.guarded:
            return SAME
        look = Fingerprint.of(grey)
        with self._lock:
            watched = self._views.setdefault(feed.id, _Watched())
            before = watched.state
            verdict = self._judged(watched, look, grey)
            lasting = self._lasting(feed, watched, look, verdict)
            if lasting and watched.accept(frame.captured_at.isoformat()):
                verdict = SAME
            if watched.state != before:
                watched.record = None
        return verdict

    def _judged(self, watched: _Watched, look: Fingerprint, grey: Grey) -> Verdict:
        rules = self._rules
        if not watched.known.settled:
            watched.known.learn(look, unlike_below=rules.unlike_below)
            return SAME
        verdict = watched.known.verdict(
            look, grey, unlike_below=rules.unlike_below, blurred_below=rules.blurred_below
        )
        return self._in_a_row(watched, look, verdict)

    def _in_a_row(self, watched: _Watched, look: Fingerprint, verdict: Verdict) -> Verdict:
        told = watched.unlike >= self._rules.turned_after
        if not verdict[0].seeing:
            watched.unlike, watched.like = watched.unlike + 1, 0
            return verdict
        if not told:
            watched.unlike = 0
            return verdict
        if not watched.known.clearly(look):
            return Outcome.TURNED, "the known view is recognised, but not beyond doubt"
        watched.like += 1
        if watched.like < self._rules.turned_after:
            return Outcome.TURNED, "the known view is back; it counts again when the next look shows it too"
        watched.unlike, watched.other = 0, KnownView()
        return verdict

    def _lasting(self, feed: Feed, watched: _Watched, look: Fingerprint, verdict: Verdict) -> bool:
        """Learn what is seen instead, and return whether it was long enough to be the view from now on."""
        if verdict[0] is not Outcome.TURNED or watched.like:
            return False
        watched.other.learn(look, unlike_below=self._rules.unlike_below)
        after = self._rules.accept_after
        return bool(after) and watched.other.agreeing >= after and not feed.view_bound


def _of_record(record: Record) -> _Watched:
    try:
        known, other = (KnownView.of_record(record[key]) for key in ("known", "other"))
        numbers = int(record["unlike"]), int(record["like"])
        return _Watched(known, *numbers, other, str(record["accepted_at"]), record)
    except (ValueError, KeyError, TypeError):
        return _Watched()
