"""A sighting: a detection that survived its zones, with its place and cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from detector.detection import Box, Detection
from gridmap.place import CellMatch, Place


@dataclass(frozen=True, slots=True)
class Sighting:
    """A detection that counts.

    Parameters
    ----------
    detection
        What the model saw; box in px of the frame.
    feed_id
        The feed it was seen in.
    matter
        Matter key.
    at
        When the frame was taken, aware UTC.
    frame_size
        ``(width, height)`` of the frame in px.
    dwell_s
        Seconds it must stay before it is believed, where a zone or the matter's rule asks for dwell; else None.
    place, cell
        Where it is on the ground, and its cell; None where not known or outside every cell.
    fixed_view
        False for a vehicle: boxes of two frames cannot be compared, only ground places.
    muted
        Whether it lies at a muted place: it begins nothing (see ``gridmap.muted``).
    """

    detection: Detection
    feed_id: str
    matter: str
    at: datetime
    frame_size: tuple[int, int]
    dwell_s: float | None = None
    place: Place | None = None
    cell: CellMatch | None = None
    fixed_view: bool = True
    muted: bool = False

    @property
    def view_box(self) -> Box:
        """The box in normalised view coordinates (0..1), which survive a change of resolution."""
        width, height = self.frame_size
        x1, y1, x2, y2 = self.detection.box
        return (x1 / width, y1 / height, x2 / width, y2 / height)

    def as_record(self) -> dict[str, Any]:
        """Return the sighting as plain JSON values; ``from_record`` is the way back."""
        return {
            "detection": self.detection.as_record(),
            "feed_id": self.feed_id,
            "matter": self.matter,
            "at": self.at.isoformat(),
            "frame_size": self.frame_size,
            "dwell_s": self.dwell_s,
            "place": self.place and self.place.as_record(),
            "cell": self.cell and self.cell.as_record(),
            "fixed_view": self.fixed_view,
            "muted": self.muted,
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return the sighting that ``as_record`` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            The record is not one of a sighting.
        """
        width, height = record["frame_size"]
        return cls(
            **{
                **record,
                "detection": Detection.from_record(record["detection"]),
                "at": datetime.fromisoformat(record["at"]),
                "frame_size": (int(width), int(height)),
                "place": record["place"] and Place.from_record(record["place"]),
                "cell": record["cell"] and CellMatch.from_record(record["cell"]),
            }
        )
