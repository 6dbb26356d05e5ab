"""What stands in the way of a look: a place behind a lorry or a person is neither seen nor gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import shapely
from shapely.geometry.base import BaseGeometry

from detector.detection import Box, box_of


@dataclass(frozen=True, slots=True)
class Obstacles:
    """The people and vehicles of one picture.

    Parameters
    ----------
    boxes
        Normalised 0..1 of the view.
    hides
        A place covered by at least this share cannot be seen.
    """

    boxes: tuple[Box, ...] = ()
    hides: float = 0.5

    def hide(self, place: Box) -> bool:
        """Return whether a finding's place (normalised 0..1) cannot be seen for what stands before it.

        Before it stands what reaches at least as far down in the picture: on level ground that is nearer to the
        camera. A car parked behind a heap covers its box too, but hides nothing.

        >>> Obstacles(((0.2, 0.2, 0.6, 0.7),)).hide((0.3, 0.5, 0.5, 0.6))
        True
        >>> Obstacles(((0.2, 0.2, 0.6, 0.58),)).hide((0.3, 0.5, 0.5, 0.6))
        False
        """
        before = tuple(box for box in self.boxes if box[3] >= place[3])
        return bool(before) and Obstacles(before).share_of(shapely.box(*place)) >= self.hides

    def share_of(self, area: BaseGeometry) -> float:
        """Return which share (0..1) of an area of the view they cover together; 0 where it has no size."""
        whole = float(shapely.area(area))
        if not self.boxes or whole <= 0:
            return 0.0
        covered = shapely.union_all([shapely.box(*box) for box in self.boxes])
        return float(shapely.area(shapely.intersection(covered, area))) / whole

    def as_record(self) -> dict[str, Any]:
        """Return the obstacles as plain JSON values; ``from_record`` is the way back."""
        return {"boxes": self.boxes, "hides": self.hides}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return what ``as_record`` wrote; what is none of it raises KeyError, TypeError or ValueError."""
        return cls(tuple(map(box_of, record["boxes"])), float(record["hides"]))
