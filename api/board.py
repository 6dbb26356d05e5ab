"""The board: how each feed is doing, told to the API in one message now and then."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from api.http.feedshapes import (
    CaptureStatus,
    CloserStatus,
    FeedReport,
    HealthReport,
    PatrolStatus,
    PromiseStatus,
    ShadowStatus,
)
from streams.visit import Outcome, Visit

_PICTURE_EVERY_S, _PICTURE_PER_FEED_S = 60.0, 0.5
"""A feed's view is renewed each minute, and in a large city so much more slowly that all feeds together make two a
second."""
_MOST_PICTURES = 200
"""So many views may wait for an API that is away."""
_RATE_SPAN_S = 60.0
_LAST = {"outcome", "detail", "last_visit_at", "last_seen_at", "failures"}
"""What a line tells of the feed's last visit."""


@dataclass(slots=True)
class _Standing:
    """One feed's line on the board."""

    report: FeedReport
    changed: bool = True
    picture: bytes | None = None
    picture_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What the board cannot know itself; asked for at each report."""

    late: int
    suspects: int
    incidents: int
    outbox: int
    dead_letters: int
    muted: int = 0
    resting: Mapping[str, int] = field(default_factory=dict)
    stretch: float = 1.0


class Board:
    """Keeps each feed's state, the patrol's rate, and its troubles.

    Parameters
    ----------
    feeds
        Every feed's first line.
    model_id, synthetic
        Which weights look.
    now
        Aware UTC clock.
    pid
        Of the patrol process.
    """

    def __init__(
        self, feeds: Iterable[FeedReport], *, model_id: str, synthetic: bool, now: Callable[[], datetime], pid: int
    ) -> None:
        self._standings = {feed.id: _Standing(feed) for feed in feeds}
        self._model_id = model_id
        self._synthetic = synthetic
        self._now = now
        self._pid = pid
        self._lock = threading.Lock()
        self._started_at = now()
        self._visits = 0
        self._recent: list[datetime] = []
        self._told_all = False
        self._picture_every = timedelta(seconds=max(_PICTURE_EVERY_S, _PICTURE_PER_FEED_S * len(self._standings)))
        self._pictures = 0
        self._troubles: dict[str, str] = {}
        self.next_visit_at: Callable[[str], datetime | None] = lambda _: None
        self.shadow: Callable[[], ShadowStatus | None] = lambda: None
        self.capture: Callable[[], CaptureStatus | None] = lambda: None
        self.closer: Callable[[], CloserStatus | None] = lambda: None
        self.promises: Callable[[], list[PromiseStatus]] = list

    def tell(self, where: str, sentence: str | None) -> None:
        """Say what troubles ``where``, or with None that nothing does any more."""
        with self._lock:
            self._troubles.pop(where, None)
            if sentence:
                self._troubles[where] = sentence

    def lines(self) -> list[FeedReport]:
        """Return what is known of each feed."""
        with self._lock:
            return [standing.report for standing in self._standings.values()]

    def visited(
        self,
        feed_id: str,
        visit: Visit,
        outcome: Outcome,
        detail: str,
        *,
        small: Callable[[], bytes | None] = lambda: None,
    ) -> None:
        """Note a visit; keep the small view of it that ``small`` makes when the last one is old enough."""
        standing = self._standings[feed_id]
        picture = small() if self.wants_picture(feed_id, at=visit.finished_at) else None
        with self._lock:
            self._visits += 1
            self._recent.append(visit.finished_at)
            last = standing.report
            standing.report = last.model_copy(
                update={
                    "outcome": outcome.value,
                    "detail": detail,
                    "last_visit_at": visit.finished_at,
                    "last_seen_at": visit.finished_at if outcome.seeing else last.last_seen_at,
                    "failures": last.failures + 1 if outcome.failed else 0,
                    "visits": last.visits + 1,
                }
            )
            standing.changed = True
            if picture is not None:
                self._pictures += standing.picture is None
                standing.picture, standing.picture_at = picture, visit.finished_at

    def held_back(self, feed_id: str, findings: int) -> None:
        """Note how many findings of a feed's last visit were at muted places."""
        with self._lock:
            standing = self._standings[feed_id]
            if standing.report.muted != findings:
                standing.report = standing.report.model_copy(update={"muted": findings})

    def kept(self) -> str:
        """Return how each feed was at its last visit, as text; ``take_up`` is the way back."""
        last = {line.id: line.model_dump(mode="json", include=_LAST) for line in self.lines() if line.outcome}
        return json.dumps(last, ensure_ascii=False)

    def take_up(self, text: str) -> None:
        """Show how each feed was at its last visit, which another board told of, until it is visited here.

        Raises
        ------
        ValueError
            It is no board's text.
        """
        last = TypeAdapter(dict[str, dict[str, Any]]).validate_json(text)
        with self._lock:
            for feed_id in last.keys() & self._standings.keys():
                standing = self._standings[feed_id]
                if standing.report.outcome is None:
                    line = standing.report.model_dump() | {name: last[feed_id].get(name) for name in _LAST}
                    standing.report = FeedReport.model_validate(line)

    def knows(self, feed_id: str) -> bool:
        """Return whether the feed is on the board."""
        return feed_id in self._standings

    def is_vehicle(self, feed_id: str) -> bool:
        """Return whether the feed is a vehicle's; unknown ones are not."""
        standing = self._standings.get(feed_id)
        return standing is not None and standing.report.kind == "vehicle"

    def wants_picture(self, feed_id: str, *, at: datetime) -> bool:
        """Return whether the feed's small view is so old at ``at`` that a new one is wanted."""
        kept_at = self._standings[feed_id].picture_at
        fresh = kept_at is not None and abs(at - kept_at) < self._picture_every
        return not fresh and self._pictures < _MOST_PICTURES

    def report(self, counts: Counts, *, last_post_at: datetime | None) -> HealthReport:
        """Return what changed since the last report that was taken (see ``taken``)."""
        with self._lock:
            complete = not self._told_all
            lines = [
                standing.report.model_copy(update={"next_visit_at": self.next_visit_at(feed_id)})
                for feed_id, standing in self._standings.items()
                if complete or standing.changed
            ]
            return HealthReport(patrol=self._status(counts, last_post_at), feeds=lines, complete=complete)

    def taken(self, report: HealthReport) -> None:
        """Note that the API took ``report``; what changed meanwhile stays to be told."""
        with self._lock:
            self._told_all = True
            for line in report.feeds:
                standing = self._standings[line.id]
                if standing.report.visits == line.visits:
                    standing.changed = False

    def not_taken(self) -> None:
        """Tell everything next time: the API may have lost what it knew."""
        self._told_all = False

    def take_pictures(self) -> Mapping[str, bytes]:
        """Return the feeds' new pictures, once each."""
        with self._lock:
            pictures = {feed_id: line.picture for feed_id, line in self._standings.items() if line.picture}
            for feed_id in pictures:
                self._standings[feed_id].picture = None
            self._pictures = 0
            return pictures

    def _status(self, counts: Counts, last_post_at: datetime | None) -> PatrolStatus:
        now = self._now()
        self._recent = [at for at in self._recent if abs((now - at).total_seconds()) <= _RATE_SPAN_S]
        span_s = min(_RATE_SPAN_S, max(1.0, abs((now - self._started_at).total_seconds())))
        outcomes = Counter(standing.report.outcome or "waiting" for standing in self._standings.values())
        return PatrolStatus(
            at=now,
            started_at=self._started_at,
            pid=self._pid,
            feeds=len(self._standings),
            outcomes=dict(outcomes),
            visits=self._visits,
            visits_per_s=round(len(self._recent) / span_s, 2),
            late=counts.late,
            suspects=counts.suspects,
            incidents=counts.incidents,
            outbox=counts.outbox,
            dead_letters=counts.dead_letters,
            muted=counts.muted,
            resting=dict(counts.resting),
            stretch=round(counts.stretch, 2),
            last_post_at=last_post_at,
            trouble=sorted(set(self._troubles.values())),
            model_id=self._model_id,
            synthetic=self._synthetic,
            shadow=self.shadow(),
            capture=self.capture(),
            closer=self.closer(),
            promises=self.promises(),
        )
