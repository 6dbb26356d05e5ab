"""The management grid as a lookup: which cell does a place belong to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely import STRtree

from gridmap.cell import Cell
from gridmap.coordinates import LocalMetres, Points, local_metres, to_wgs84
from gridmap.errors import GridError
from gridmap.place import CellMatch, Relation

_Indices = NDArray[np.intp]

_TIE_DIGITS = 3
"""Cells whose distances agree to the millimetre are equally near."""


class Grid:
    """All cells of a city. It never changes and may be shared by threads.

    Parameters
    ----------
    cells
        At least one, ids unique, polygons valid; overlaps and gaps are allowed (``gridmap.gridcheck`` finds them).
    nearest_m
        A point outside every cell takes the nearest one within so many metres on the ground; 0 turns that off.

    Raises
    ------
    GridError
        No cells, an id used twice, or an invalid polygon.
    """

    def __init__(self, cells: Iterable[Cell], nearest_m: float = 30.0) -> None:
        self._cells = tuple(sorted(cells, key=lambda cell: cell.id))
        self._by_id = {cell.id: cell for cell in self._cells}
        self._nearest_m = nearest_m
        self._polygons = np.array([cell.polygon for cell in self._cells], dtype=object)
        _refuse_unusable(self._cells, self._polygons)
        self._tree = STRtree(self._polygons)
        self._plane = _plane_of(self._polygons)
        self._tree_m = STRtree(shapely.transform(self._polygons, self._plane.forward))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells in the order of their ids."""
        return self._cells

    def cell(self, cell_id: str) -> Cell | None:
        """Return the cell with this id, or None."""
        return self._by_id.get(cell_id)

    def locate(self, points: ArrayLike) -> list[CellMatch | None]:
        """Return each point's cell.

        Parameters
        ----------
        points
            ``(N, 2)`` WGS-84 lon lat degrees.

        Returns
        -------
        As many answers as points, in their order: ``inside`` one cell; ``border`` on a border (exactly) or in an
        overlap, the lowest id of the cells that touch the point; ``nearest`` outside every cell but within
        ``nearest_m``, with the distance, the lowest id of those equally near; None for any other.

        Raises
        ------
        DatumError
            A coordinate that is not a number or out of range.

        >>> from shapely import box
        >>> west, east = box(106.570, 29.56, 106.571, 29.561), box(106.571, 29.56, 106.572, 29.561)
        >>> grid = Grid([Cell("a", west), Cell("b", east)])
        >>> for match in grid.locate([[106.5715, 29.5605], [106.571, 29.5605], [106.5722, 29.5605], [107, 29.5605]]):
        ...     print(match and (match.cell_id, match.relation.value, round(match.distance_m, 1)))
        ('b', 'inside', 0.0)
        ('a', 'border', 0.0)
        ('b', 'nearest', 19.4)
        None
        """
        places = to_wgs84(points, "wgs84")
        matches: list[CellMatch | None] = [None] * len(places)
        self._inside(places, matches)
        left = np.flatnonzero([match is None for match in matches])
        if self._nearest_m > 0 and left.size:
            self._nearest(places, left, matches)
        return matches

    def cells_geojson(self) -> dict[str, Any]:
        """Return all cells as a GeoJSON feature collection, WGS-84."""
        return {"type": "FeatureCollection", "features": [cell.as_geojson() for cell in self._cells]}

    def _inside(self, places: Points, matches: list[CellMatch | None]) -> None:
        geometries = np.asarray(shapely.points(places))
        asked, hit = self._tree.query(geometries, predicate="intersects")
        order = np.lexsort((hit, asked))
        which, first, count = np.unique(asked[order], return_index=True, return_counts=True)
        lowest = hit[order][first]
        border = (count > 1) | ~shapely.contains_properly(self._polygons[lowest], geometries[which])
        for index, cell, on_border in zip(which.tolist(), lowest.tolist(), border.tolist(), strict=True):
            matches[index] = CellMatch(self._cells[cell].id, Relation.BORDER if on_border else Relation.INSIDE)

    def _nearest(self, places: Points, left: _Indices, matches: list[CellMatch | None]) -> None:
        geometries = np.asarray(shapely.points(self._plane.forward(places[left])))
        asked, hit = self._tree_m.query(geometries, predicate="dwithin", distance=self._nearest_m)
        distances = shapely.distance(geometries[asked], self._tree_m.geometries[hit])
        order = np.lexsort((hit, distances.round(_TIE_DIGITS), asked))
        which, first = np.unique(asked[order], return_index=True)
        for index, best in zip(left[which].tolist(), order[first].tolist(), strict=True):
            matches[index] = CellMatch(self._cells[hit[best]].id, Relation.NEAREST, float(distances[best]))


def _refuse_unusable(cells: tuple[Cell, ...], polygons: NDArray[Any]) -> None:
    if not cells:
        raise GridError("the grid holds no cells")
    (cell_id, times) = Counter(cell.id for cell in cells).most_common(1)[0]
    if times > 1:
        raise GridError(f"cell id {cell_id} is used {times} times; every cell needs its own id")
    invalid = np.flatnonzero(~shapely.is_valid(polygons) | shapely.is_empty(polygons))
    if invalid.size:
        reason = shapely.is_valid_reason(polygons[invalid[0]])
        more = f" (and {invalid.size - 1} more)" if invalid.size > 1 else ""
        raise GridError(f"cell {cells[invalid[0]].id}{more} has no valid polygon ({reason}); run the grid check")


def _plane_of(polygons: NDArray[Any]) -> LocalMetres:
    west, south, east, north = np.asarray(shapely.total_bounds(polygons)).tolist()
    return local_metres((west + east) / 2, (south + north) / 2)
