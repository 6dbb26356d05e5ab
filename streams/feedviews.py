"""Feed views: what is known of every fixed feed's view from one look to the next, whichever process makes it.

Kept by the one who leads. What a look must know of a view goes along with its offer, and what has changed comes back
with its result (see ``streams.viewguard``), so that several processes learn one view together.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from streams.viewguard import Record, ViewRules

_NAMED = 5


@dataclass(slots=True)
class _Kept:
    """A feed's record, what in it is worth writing down, and whether that waits to be written."""

    record: Record
    gist: tuple[object, ...]
    waits: bool


class FeedViews:
    """Every fixed feed's view, by feed id. Any thread may call.

    Parameters
    ----------
    rules
        When a view counts as changed.
    tell
        Told one sentence while feeds do not show their view, and None when all do.
    """

    def __init__(
        self, rules: ViewRules | None = None, *, tell: Callable[[str | None], None] = lambda _: None
    ) -> None:
        self._turned_after = (rules or ViewRules()).turned_after
        self._tell = tell
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._accepted: dict[str, str] = {}
        """When people last accepted what a feed shows (ISO 8601, UTC)."""
        self._strangers: set[str] = set()

    def accept(self, feed_id: str, *, at: datetime) -> None:
        """Take what a feed shows from its next look on for its view, once per ``at`` (aware)."""
        with self._lock:
            self._accepted[feed_id] = max(at.astimezone(UTC).isoformat(), self._accepted.get(feed_id, ""))

    def memory(self, feed_id: str) -> dict[str, Any]:
        """Return what the next look at a feed is told; see ``streams.sight.Sight.recall``."""
        with self._lock:
            kept, accepted_at = self._kept.get(feed_id), self._accepted.get(feed_id, "")
        told: dict[str, Any] = {"view": kept.record} if kept else {}
        news = accepted_at > (kept.record["accepted_at"] if kept else "")
        return told | {"view_accepted_at": accepted_at} if news else told

    def note(self, feed_id: str, record: Record) -> bool:
        """Keep what a look has left, and return whether the feed's view is another one than before it.

        A look that was made before the view was accepted, and comes after, changes nothing.
        """
        with self._lock:
            kept = self._kept.get(feed_id)
            before = kept.record["accepted_at"] if kept else ""
            if record["accepted_at"] < before:
                return False
            gist = _gist(record)
            waits = kept is None or kept.waits or gist != kept.gist
            self._kept[feed_id] = _Kept(record, gist, waits)
            news = self._news(feed_id, record)
        if news:
            self._tell(self.sentence())
        return bool(record["accepted_at"] != before)

    def since(self, feed_id: str) -> datetime | None:
        """Return when what a feed shows was accepted in place of another view (aware UTC); None when it never was."""
        with self._lock:
            kept = self._kept.get(feed_id)
        accepted_at = kept.record["accepted_at"] if kept else ""
        return datetime.fromisoformat(accepted_at) if accepted_at else None

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
            "where the new view is to stay, draw its zones anew and accept it on the page of feeds or by "
            "gridpatrol feeds accept-view"
        )

    def text(self, feed_id: str) -> str:
        """Return what is to be remembered of a feed, as JSON; from now on it no longer waits to be written."""
        with self._lock:
            kept = self._kept[feed_id]
            kept.waits = False
            return json.dumps(kept.record)

    def changes(self) -> dict[str, str]:
        """Return what is to be remembered of each feed whose view changed since it was last asked for, as JSON."""
        with self._lock:
            waiting = [feed_id for feed_id, kept in self._kept.items() if kept.waits]
        return {feed_id: self.text(feed_id) for feed_id in waiting}

    def wait_again(self, feed_ids: Iterable[str]) -> None:
        """Be told that what ``changes`` returned of these feeds could not be written: it returns them again."""
        with self._lock:
            for feed_id in feed_ids:
                self._kept[feed_id].waits = True

    def restore(self, memory: Mapping[str, str], *, feeds: Collection[str]) -> None:
        """Go on from what ``changes`` returned, for these feeds; what cannot be read is learned anew."""
        for feed_id in memory.keys() & set(feeds):
            try:
                record = json.loads(memory[feed_id])
                kept = _Kept(record, _gist(record), waits=False)
            except (ValueError, KeyError, TypeError):
                continue
            with self._lock:
                self._kept[feed_id] = kept
                self._news(feed_id, record)
        self._tell(self.sentence())

    def _news(self, feed_id: str, record: Record) -> bool:
        """Keep who does not show its view, and return whether that changed."""
        strange = record["unlike"] >= self._turned_after
        if strange == (feed_id in self._strangers):
            return False
        (self._strangers.add if strange else self._strangers.discard)(feed_id)
        return True


def _gist(record: Record) -> tuple[object, ...]:
    """Return what is worth writing down; the order of known looks, which changes often, is not.

    Raises
    ------
    KeyError, TypeError
        The record is none of a view.
    """
    known = record["known"]
    looks = frozenset(known["looks"])
    other = record["other"]["agreeing"]
    return looks, known["half"], known["agreeing"], record["unlike"], record["like"], other, record["accepted_at"]
