"""The guard over views: a camera that was turned, zoomed, covered or lost its focus says nothing about its street.

A look that is not of the known view never counts. Two in a row are told to people, and two that are recognised in a
row end it by themselves. A view that changed for good is accepted by people; by itself only where nothing that was
written down depends on it, because zones and calibration of the old view would go on counting for the new one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from streams.feed import Feed
from streams.fingerprint import Fingerprint, Grey, sampled
from streams.frame import Frame
from streams.knownview import SAME, KnownView, Verdict
from streams.visit import Outcome

_NAMED = 5


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

    ``unlike`` and ``like`` are looks in a row; ``other`` is the view that is seen instead of the known one.
    """

    known: KnownView = field(default_factory=KnownView)
    unlike: int = 0
    like: int = 0
    other: KnownView = field(default_factory=KnownView)
    accepted_at: str = ""
    changed: bool = True

    @property
    def gist(self) -> tuple[object, ...]:
        """What tells whether there is something new to remember; the order of known looks is not worth writing."""
        looks = frozenset(self.known.looks), self.known.half_known
        return *looks, self.known.agreeing, self.unlike, self.like, self.other.agreeing


class ViewGuard:
    """Knows every fixed feed's view. Safe to share between threads.

    Parameters
    ----------
    rules
        When a view counts as changed.
    tell
        Told one sentence while feeds do not show their view, and None when all do.
    """

    def __init__(self, rules: ViewRules, *, tell: Callable[[str | None], None] = lambda _: None) -> None:
        self._rules = rules
        self._tell = tell
        self._lock = threading.Lock()
        self._views: dict[str, _Watched] = {}
        self._strangers: set[str] = set()

    def judge(self, feed: Feed, frame: Frame) -> Verdict:
        """Return the outcome and, unless it is ``ok``, one sentence; call it once for each look."""
        if not feed.guarded:
            return SAME
        grey = sampled(frame.image)
        look = Fingerprint.of(grey)
        with self._lock:
            watched = self._views.setdefault(feed.id, _Watched())
            before = watched.gist
            verdict = self._judged(feed, watched, look, grey)
            watched.changed |= watched.gist != before
            news = self._news(feed.id, watched)
        if news:
            self._tell(self.sentence())
        return verdict

    def _judged(self, feed: Feed, watched: _Watched, look: Fingerprint, grey: Grey) -> Verdict:
        rules = self._rules
        if not watched.known.settled:
            watched.known.learn(look, unlike_below=rules.unlike_below)
            return SAME
        verdict = watched.known.verdict(
            look, grey, unlike_below=rules.unlike_below, blurred_below=rules.blurred_below
        )
        verdict = self._in_a_row(watched, look, verdict)
        if self._accepts(feed, watched, look, verdict):
            watched.known, watched.other, watched.unlike, verdict = watched.other, KnownView(), 0, SAME
        return verdict

    def accept(self, feed_id: str, *, at: datetime) -> bool:
        """Take what a feed shows from now on for its view, once per ``at``; return whether that is new."""
        with self._lock:
            watched = self._views.setdefault(feed_id, _Watched())
            if at.isoformat() <= watched.accepted_at:
                return False
            # What the camera has shown meanwhile is known well enough to go on from.
            known = watched.other if watched.other.settled else KnownView()
            self._views[feed_id] = _Watched(known, accepted_at=at.isoformat())
            self._strangers.discard(feed_id)
        self._tell(self.sentence())
        return True

    def sentence(self) -> str | None:
        """Return what people are told, or None when every feed shows its view."""
        with self._lock:
            strangers = sorted(self._strangers)
        if not strangers:
            return None
        more = f" and {len(strangers) - _NAMED} more" if len(strangers) > _NAMED else ""
        who, show = (", ".join(strangers[:_NAMED]) + more), ("show" if len(strangers) > 1 else "shows")
        return (
            f"{who} no longer {show} the known view, so nothing is found there: turn the camera back or clean it; "
            "where the new view is to stay, draw its zones anew and write view_since: with today's date at the feed"
        )

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

    def _accepts(self, feed: Feed, watched: _Watched, look: Fingerprint, verdict: Verdict) -> bool:
        """Learn what is seen instead, and return whether it was long enough to be the view from now on."""
        if verdict[0] is not Outcome.TURNED or watched.like:
            return False
        watched.other.learn(look, unlike_below=self._rules.unlike_below)
        lasting = self._rules.accept_after and watched.other.agreeing >= self._rules.accept_after
        return bool(lasting and not feed.view_bound)

    def _news(self, feed_id: str, watched: _Watched) -> bool:
        """Keep who does not show its view, and return whether that changed."""
        strange = watched.unlike >= self._rules.turned_after
        if strange == (feed_id in self._strangers):
            return False
        (self._strangers.add if strange else self._strangers.discard)(feed_id)
        return True

    def changes(self) -> dict[str, str]:
        """Return what is to be remembered of each feed whose view changed since the last call, as JSON."""
        with self._lock:
            changed = {feed_id: one for feed_id, one in self._views.items() if one.changed}
            for one in changed.values():
                one.changed = False
            return {feed_id: json.dumps(_record(one)) for feed_id, one in changed.items()}

    def restore(self, memory: Mapping[str, str], *, feeds: Iterable[str]) -> None:
        """Go on from what ``changes`` returned; what cannot be read is learned anew."""
        for feed_id in feeds:
            text = memory.get(feed_id)
            watched = _of_record(text) if text else None
            if watched is not None:
                self._views[feed_id] = watched
                self._news(feed_id, watched)
        self._tell(self.sentence())


def _record(watched: _Watched) -> dict[str, object]:
    return {
        "known": watched.known.record(),
        "unlike": watched.unlike,
        "like": watched.like,
        "other": watched.other.record(),
        "accepted_at": watched.accepted_at,
    }


def _of_record(text: str) -> _Watched | None:
    try:
        record = json.loads(text)
        known, other = (KnownView.of_record(record[key]) for key in ("known", "other"))
        numbers = int(record["unlike"]), int(record["like"])
        return _Watched(known, *numbers, other, str(record["accepted_at"]), changed=False)
    except (ValueError, KeyError, TypeError):
        return None
