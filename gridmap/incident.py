"""An incident: sightings of one thing at one place over visits and feeds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from detector.detection import Box, box_of
from gridmap.place import CellMatch, Place


class Stage(StrEnum):
    """How far an incident has come."""

    SUSPECT = "suspect"
    """Seen, not yet often or long enough."""
    CONFIRMED = "confirmed"
    """Believed by its rule; reported to the case API."""
    ENDED = "ended"
    """Seen gone on k seeing visits, or no longer watched by anybody; or a suspect that was dropped (then
    ``confirmed_at`` is None)."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """A fixed camera that has seen it, and so can see it gone.

    Parameters
    ----------
    feed_id
        The camera.
    box
        Its last box there, normalised 0..1.
    missed
        The camera's seeing visits without it since any feed last saw it.
    """

    feed_id: str
    box: Box
    missed: int = 0


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
        Seeing visits without it since it was last seen, of all cameras that watch it.
    sightings
        How often it was seen.
    place, cell
        Of the best placed sighting.
    model_id
        Which weights saw it.
    feeds
        Every feed that saw it, in the order of their first sightings.
    fixed_view
        False when only vehicles saw it.
    watchers
        One for each fixed camera that saw it.
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
    watchers: tuple[Watcher, ...] = ()

    def watcher(self, feed_id: str) -> Watcher | None:
        """Return how this camera sees it, or None when it never did."""
        return next((watcher for watcher in self.watchers if watcher.feed_id == feed_id), None)

    def as_record(self) -> dict[str, Any]:
        """Return the incident as plain JSON values; ``from_record`` is the way back."""
        record = asdict(self)
        for key in _TIMES:
            record[key] = record[key] and record[key].isoformat()
        return record

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return the incident that ``as_record`` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            The record is not one of an incident.
        """
        times = {key: record[key] and datetime.fromisoformat(record[key]) for key in _TIMES}
        watchers = tuple(Watcher(one["feed_id"], box_of(one["box"]), one["missed"]) for one in record["watchers"])
        return cls(
            **{
                **record,
                **times,
                "stage": Stage(record["stage"]),
                "view_box": box_of(record["view_box"]),
                "looks": tuple(record["looks"]),
                "feeds": tuple(record["feeds"]),
                "watchers": watchers,
                "place": record["place"] and Place.from_record(record["place"]),
                "cell": record["cell"] and CellMatch.from_record(record["cell"]),
            }
        )


_TIMES = ("first_seen", "last_seen", "confirmed_at", "ended_at")


class Change(StrEnum):
    """What a look changed about an incident; each is reported in this order per incident."""

    CONFIRMED = "confirmed"
    SEEN = "seen"
    """A confirmed incident was seen again."""
    ENDED = "ended"
    UNWATCHED = "unwatched"
    """The only camera that watched it looks elsewhere now: nobody has seen it gone, and nobody can."""
