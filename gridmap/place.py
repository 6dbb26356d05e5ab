"""Where something is on the ground, and how well that is known."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Method(StrEnum):
    """How a ground place was found, best first."""

    HOMOGRAPHY = "homography"
    FIX = "fix"
    FOOTPRINT = "footprint"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Place:
    """A ground place.

    Parameters
    ----------
    lon, lat
        Degrees, WGS-84.
    accuracy_m
        Radius in metres within which the true place very likely lies.
    method
        How it was found.
    """

    lon: float
    lat: float
    accuracy_m: float
    method: Method

    def as_record(self) -> dict[str, Any]:
        """Return the place as plain JSON values; ``from_record`` is the way back."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return the place that ``as_record`` wrote; what is none raises KeyError, TypeError or ValueError."""
        return cls(**{**record, "method": Method(record["method"])})


class Relation(StrEnum):
    """How a place was given its cell."""

    INSIDE = "inside"
    BORDER = "border"
    """On a border or in an overlap: the lowest cell id of those that touch it."""
    NEAREST = "nearest"
    """Outside every cell, but within the allowed distance of this one."""


@dataclass(frozen=True, slots=True)
class CellMatch:
    """The cell a place was given; ``distance_m`` is 0 unless the relation is ``nearest``."""

    cell_id: str
    relation: Relation
    distance_m: float = 0.0

    def as_record(self) -> dict[str, Any]:
        """Return the match as plain JSON values; ``from_record`` is the way back."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return the match that ``as_record`` wrote; what is none raises KeyError, TypeError or ValueError."""
        return cls(**{**record, "relation": Relation(record["relation"])})
