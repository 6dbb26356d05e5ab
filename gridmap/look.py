"""A look: what one visit saw, as the book of incidents is told it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from detector.detection import Box, box_of
from gridmap.obstacles import Obstacles
from gridmap.sighting import Sighting


@dataclass(frozen=True, slots=True)
class Look:
    """What one visit saw.

    Parameters
    ----------
    feed_id
        Who looked.
    at
        When the frame was taken, aware UTC. A clock that steps back does no harm: an incident's times never run
        backwards, its dwell stands still until the clock has caught up.
    seeing
        Whether the visit saw the street at all.
    sightings
        Of this one frame.
    fixed_view
        False for a vehicle.
    not_sought
        Matters that no zone looks for at this hour: not seeing them says nothing.
    exempt
        Matter key and box (normalised 0..1) of what is there but exempt at this hour.
    obstacles
        What stands in the way.
    """

    feed_id: str
    at: datetime
    seeing: bool
    sightings: tuple[Sighting, ...] = ()
    fixed_view: bool = True
    not_sought: frozenset[str] = frozenset()
    exempt: tuple[tuple[str, Box], ...] = ()
    obstacles: Obstacles = Obstacles()  # noqa: RUF009 - frozen

    def without(self, matters: frozenset[str]) -> Look:
        """Return the look for one that does not seek these matters: what it saw of them does not count."""
        if not matters:
            return self
        kept = tuple(sighting for sighting in self.sightings if sighting.matter not in matters)
        return replace(self, sightings=kept, not_sought=self.not_sought | matters)

    def as_record(self) -> dict[str, Any]:
        """Return the look as plain JSON values; ``from_record`` is the way back."""
        return {
            "feed_id": self.feed_id,
            "at": self.at.isoformat(),
            "seeing": self.seeing,
            "sightings": [sighting.as_record() for sighting in self.sightings],
            "fixed_view": self.fixed_view,
            "not_sought": sorted(self.not_sought),
            "exempt": self.exempt,
            "obstacles": self.obstacles.as_record(),
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return the look that ``as_record`` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            The record is not one of a look.
        """
        return cls(
            **{
                **record,
                "at": datetime.fromisoformat(record["at"]),
                "sightings": tuple(map(Sighting.from_record, record["sightings"])),
                "not_sought": frozenset(record["not_sought"]),
                "exempt": tuple((matter, box_of(box)) for matter, box in record["exempt"]),
                "obstacles": Obstacles.from_record(record["obstacles"]),
            }
        )
