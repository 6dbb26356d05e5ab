"""A cell: one polygon of the city's management grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon, mapping

from gridmap.coordinates import local_metres

Shape = Polygon | MultiPolygon

_DIGITS = 7
"""1e-7 degrees is about 1 cm."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One polygon of the management grid.

    Parameters
    ----------
    id
        15 digits in national practice: district 6, street 3, community 3, sequence 3.
    polygon
        WGS-84 lon lat degrees; holes and several parts are allowed.
    street, community, name
        As the city writes them; empty where the file has none.
    area_m2
        Of the polygon on the ground; worked out when not given.
    people
        ``(role, who)`` pairs, such as ``("环卫", "…")``; empty where nobody is named.
    """

    id: str
    polygon: Shape
    street: str = ""
    community: str = ""
    name: str = ""
    area_m2: float = -1.0
    people: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.area_m2 < 0:
            object.__setattr__(self, "area_m2", area_m2(self.polygon))

    def as_geojson(self) -> dict[str, Any]:
        """Return the cell as a GeoJSON feature, lon lat WGS-84 rounded to 7 decimals (1 cm)."""
        rounded = shapely.transform(self.polygon, lambda points: points.round(_DIGITS))
        properties = {
            "id": self.id,
            "street": self.street,
            "community": self.community,
            "name": self.name,
            "area_m2": round(self.area_m2, 1),
            "people": dict(self.people),
        }
        return {"type": "Feature", "id": self.id, "properties": properties, "geometry": mapping(rounded)}


def area_m2(polygon: Shape) -> float:
    """Return the ground area in m² of a WGS-84 polygon, within 0.1 % for one under 10 km across; 0 when empty.

    >>> area_m2(shapely.box(106.57, 29.56, 106.571, 29.561)).__round__()
    10742
    """
    if polygon.is_empty:
        return 0.0
    west, south, east, north = polygon.bounds
    plane = local_metres((west + east) / 2, (south + north) / 2)
    return float(polygon.area * plane.east_m * plane.north_m)
