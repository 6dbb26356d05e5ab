"""Feed notes: what the patrol knows of each feed from one visit to the next, whichever process makes it.

One who looks leaves a memory for the next look (runs of identical pictures, say), and a visit that was remembered is
not remembered twice: its ticket is kept for a while. Both must outlive the process that leads. The notes lie on the
bus and, now and then and with every incident that changes, in the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_TICKETS_KEPT = 8
"""What comes twice comes soon: so many later visits of the feed, at most, are between."""


@dataclass(slots=True)
class _Note:
    at: str = ""
    memory: Mapping[str, Any] = field(default_factory=dict)
    tickets: list[str] = field(default_factory=list)


class FeedNotes:
    """Notes by feed id. For one thread at a time, but for ``memory`` and ``all``."""

    def __init__(self) -> None:
        self._notes: dict[str, _Note] = {}

    def knows(self, feed_id: str, ticket: str) -> bool:
        """Return whether the visit of this ticket was remembered already; no ticket is never known."""
        return bool(ticket) and feed_id in self._notes and ticket in self._notes[feed_id].tickets

    def note(self, feed_id: str, ticket: str, memory: Mapping[str, Any], *, at: datetime) -> None:
        """Keep what a visit that ended at ``at`` leaves for the next one."""
        known = self._notes.setdefault(feed_id, _Note())
        known.at = at.isoformat()
        known.memory = memory or known.memory
        if ticket:
            known.tickets = [*known.tickets[-_TICKETS_KEPT + 1 :], ticket]

    def memory(self, feed_id: str) -> Mapping[str, Any]:
        """Return what the last look at a feed left for the next one; nothing for a feed never looked at."""
        known = self._notes.get(feed_id)
        return known.memory if known else {}

    def visited_at(self) -> dict[str, datetime]:
        """Return when each feed was visited last."""
        return {feed_id: datetime.fromisoformat(one.at) for feed_id, one in list(self._notes.items()) if one.at}

    def text(self, feed_id: str) -> str:
        """Return a feed's note as text; ``take_up`` is the way back."""
        known = self._notes.get(feed_id, _Note())
        return json.dumps({"at": known.at, "memory": dict(known.memory), "tickets": known.tickets})

    def all(self) -> str:
        """Return all notes as one text; ``take_up_all`` is the way back."""
        return json.dumps({feed_id: self.text(feed_id) for feed_id in list(self._notes)})

    def take_up_all(self, text: str) -> None:
        """Take up what ``all`` returned; see ``take_up``."""
        self.take_up(json.loads(text))

    def take_up(self, notes: Mapping[str, str]) -> None:
        """Take up notes by feed id, each unless a later one is known already.

        Raises
        ------
        KeyError, TypeError, ValueError
            They are none.
        """
        for feed_id, text in notes.items():
            record = json.loads(text)
            known = self._notes.setdefault(feed_id, _Note())
            tickets = [one for one in record["tickets"] if one not in known.tickets]
            if record["at"] >= known.at:
                known.at, known.memory = record["at"], record["memory"]
                known.tickets = [*known.tickets, *tickets][-_TICKETS_KEPT:]
            else:
                known.tickets = [*tickets, *known.tickets][-_TICKETS_KEPT:]
