"""Named awkward geometries, once for every grid test, and a writer of grid files.

All lie near 106.57 E 29.56 N, where 0.001 degrees are 96.9 m of longitude and 110.9 m of latitude. Coordinates are
sums of binary-friendly steps, so points meant to be on an edge are on it to the last bit.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon

from gridmap.cell import Cell

LON, LAT, STEP = 106.5, 29.5, 1 / 1024
"""The corner of the block, and a step of about 95 m by 108 m."""


def square(column: float, row: float, columns: float = 1, rows: float = 1) -> Polygon:
    """Return a rectangle of the block, in steps from its south-west corner."""
    west, south = LON + column * STEP, LAT + row * STEP
    return shapely.box(west, south, west + columns * STEP, south + rows * STEP)


def at(column: float, row: float) -> tuple[float, float]:
    """Return a point of the block, in steps."""
    return (LON + column * STEP, LAT + row * STEP)


def cell(sequence: int, polygon: Polygon | MultiPolygon) -> Cell:
    """Return a cell with a well-formed id."""
    return Cell(f"500103001001{sequence:03d}", polygon, street="七星岗街道", community="示范社区")


TOUCHING = (cell(1, square(0, 0)), cell(2, square(1, 0)))
"""Two cells with one shared edge."""
FOUR_AT_A_CORNER = (cell(1, square(0, 0)), cell(2, square(1, 0)), cell(3, square(0, 1)), cell(4, square(1, 1)))
"""Four cells around the corner (1, 1)."""
OVERLAPPING = (cell(1, square(0, 0, columns=1.5)), cell(2, square(1, 0)))
"""Two cells that share a strip of half a step."""
BLOCK_WITH_A_MISSING_CELL = tuple(
    cell(3 * row + column + 1, square(column, row))
    for row in range(3)
    for column in range(3)
    if (row, column) != (1, 1)
)
"""Eight cells around a hole."""
WITH_HOLE = cell(1, Polygon(square(0, 0, 3, 3).exterior.coords, [square(1, 1).exterior.coords]))
"""A cell with an inner ring."""
TWO_PARTS = cell(1, MultiPolygon([square(0, 0), square(3, 0)]))
"""One cell in two places."""
BOWTIE = cell(1, Polygon([at(0, 0), at(1, 1), at(1, 0), at(0, 1)]))
"""A ring that crosses itself at (0.5, 0.5)."""
SLIT = (cell(1, square(0, 0, columns=0.998)), cell(2, square(1, 0)))
"""Two cells 19 cm apart: a slit of about 20 m² that opens to the outside."""
HAIRLINE = (cell(1, square(0, 0, columns=1 - 1e-5)), cell(2, square(1, 0)))
"""Two cells 1 mm apart: drawing noise."""
EMPTY = cell(1, Polygon())
POINT = Point(at(0, 0))


def write(
    path: Path,
    shapes: list[object],
    *,
    layer: str | None = None,
    crs: str | None = "EPSG:4326",
    append: bool = False,
    encoding: str | None = None,
    **columns: list[object],
) -> Path:
    """Write a vector file in the format of its suffix; columns become fields."""
    drivers = {".shp": "ESRI Shapefile", ".gpkg": "GPKG", ".geojson": "GeoJSON"}
    kinds = {shape.geom_type for shape in shapes if shape is not None}
    values = [np.array(each, dtype=None if isinstance(each[0], int | float) else object) for each in columns.values()]
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # "'crs' was not provided" is meant
        pyogrio.raw.write(
            path,
            shapely.to_wkb(np.array(shapes, dtype=object)),
            values,
            list(columns),
            driver=drivers[path.suffix],
            geometry_type=kinds.pop() if len(kinds) == 1 else "Unknown",
            crs=crs,
            layer=layer,
            append=append,
            encoding=encoding,
        )
    return path


def write_cells(path: Path, cells: tuple[Cell, ...], **options: object) -> Path:
    """Write cells with the fields the product reads."""
    return write(
        path,
        [each.polygon for each in cells],
        id=[each.id for each in cells],
        street=[each.street for each in cells],
        community=[each.community for each in cells],
        **options,
    )
