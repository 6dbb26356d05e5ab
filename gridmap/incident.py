"""An incident: sightings of one thing at one place over visits and feeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from detector.detection import Box
from gridmap.place import CellMatch, Place


class Stage(StrEnum):
    """How far an incident has come."""

    SUSPECT = "suspect"
    """Seen, not yet often or long enough."""
    CONFIRMED = "confirmed"
    """Believed by its rule; reported to the case API."""
    ENDED = "ended"
    """Seen gone on k seeing visits."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing at one place.

    Parameters
    ----------
    id
        Hex UUID.
    feed_id
        The feed that saw it first; ``view_box`` is in that feed's view.
    matter, label
        Matter key, and the model's class of the best sighting.
    view_box
        Last box, normalised 0..1.
    score
        Highest score so far.
    stage
        How far it has come.
    first_seen, last_seen, confirmed_at, ended_at
        Aware UTC.
    looks
        The last seeing visits of its feeds, oldest first, True where it was seen; at most m of its rule.
    misses
        Seeing visits without it since it was last seen.
    sightings
        How often it was seen.
    place, cell
        Of the best placed sighting.
    model_id
        Which weights saw it.
    fixed_view
        False when only vehicles saw it.
    """

    id: str
    feed_id: str
    matter: str
    label: str
    view_box: Box
    score: float
    stage: Stage
    first_seen: datetime
    last_seen: datetime
    model_id: str
    looks: tuple[bool, ...] = ()
    misses: int = 0
    sightings: int = 1
    place: Place | None = None
    cell: CellMatch | None = None
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    feeds: tuple[str, ...] = field(default=())
    fixed_view: bool = True


class Change(StrEnum):
    """What a look changed about an incident; each is reported in this order per incident."""

    CONFIRMED = "confirmed"
    SEEN = "seen"
    """A confirmed incident was seen again."""
    ENDED = "ended"
