"""The demonstration grid: 416 invented cells over an approximate outline of Yuzhong.

    python -m gridmap.demogrid [outline.geojson] [--out grid.geojson]

Cells are the Voronoi regions of points that Lloyd's method has spread evenly (Lloyd 1982, "Least squares quantization
in PCM"), cut to the outline. Streets are real names and codes; where they lie, and all communities, are invented.
Nobody is named: ``people`` is empty.

The same outline gives the same file, byte for byte, with the same GEOS: seed, order and rounding are fixed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

from gridmap.coordinates import LocalMetres, Points, local_metres
from gridmap.errors import GridError

DISTRICT = "500103"
CELLS = 416
NOTICE = "demo, not survey"

_GRIDS = Path(__file__).resolve().parents[1] / "configs" / "grids"
_SEED = 20131206
_ROUNDS = 25
_COMMUNITY_CELLS = 10
"""A community is halved until it has at most so many cells."""
_BAND_M = 150.0
"""Cells whose middles lie in one band of this height are numbered west to east."""
_DIGITS = 7


@dataclass(frozen=True, slots=True)
class _Street:
    code: str
    name: str
    lon: float
    lat: float
    """A place in it, known roughly; WGS-84."""


_STREETS = (
    _Street("001", "七星岗", 106.5660, 29.5575),
    _Street("003", "解放碑", 106.5765, 29.5575),
    _Street("004", "两路口", 106.5480, 29.5530),
    _Street("005", "上清寺", 106.5400, 29.5610),
    _Street("007", "菜园坝", 106.5500, 29.5470),
    _Street("008", "南纪门", 106.5680, 29.5510),
    _Street("010", "朝天门", 106.5830, 29.5650),
    _Street("011", "大溪沟", 106.5560, 29.5635),
    _Street("012", "大坪", 106.5190, 29.5410),
    _Street("013", "化龙桥", 106.5230, 29.5530),
    _Street("014", "石油路", 106.5040, 29.5410),
)


def demo_grid(outline: Polygon) -> dict[str, Any]:
    """Return the grid as GeoJSON: exactly 416 cells that cover the outline without gaps or overlaps.

    Parameters
    ----------
    outline
        WGS-84 lon lat degrees, one part.
    """
    plane = local_metres(outline.centroid.x, outline.centroid.y)
    cells = _snapped(_even_cells(shapely.transform(outline, plane.forward)), plane)
    middles = np.array([plane.forward((cell.centroid.x, cell.centroid.y)) for cell in cells])
    features = []
    for street, members in _by_street(middles, plane):
        for number, community in enumerate(_communities(members, middles), start=1):
            for sequence, index in enumerate(_in_reading_order(community, middles), start=1):
                features.append(_feature(cells[index], street, number, sequence))
    return {"type": "FeatureCollection", "name": "yuzhong-demo", "notice": NOTICE, "features": features}


def read_outline(path: Path) -> Polygon:
    """Return the polygon of the first feature of a GeoJSON file.

    Raises
    ------
    GridError
        The file holds something else.
    """
    try:
        outline = shape(json.loads(path.read_text(encoding="utf-8"))["features"][0]["geometry"])
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise GridError(
            f"{path}: not a GeoJSON file with a feature; write the outline as its first feature"
        ) from error
    if not isinstance(outline, Polygon):
        raise GridError(f"{path}: the outline is a {outline.geom_type}; it must be one Polygon")
    return outline


def grid_text(grid: dict[str, Any]) -> str:
    """Return the grid as it is written: one cell a line, so that changes can be read."""
    head = json.dumps({key: value for key, value in grid.items() if key != "features"}, ensure_ascii=False)
    lines = ",\n".join(json.dumps(each, ensure_ascii=False, separators=(",", ":")) for each in grid["features"])
    return f'{head[:-1]}, "features": [\n{lines}\n]}}\n'


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the demonstration grid; the command line."""
    parser = argparse.ArgumentParser(prog="python -m gridmap.demogrid", description="Write the demonstration grid.")
    parser.add_argument("outline", nargs="?", type=Path, default=_GRIDS / "yuzhong_outline.geojson")
    parser.add_argument("--out", type=Path, default=_GRIDS / "yuzhong-demo.geojson")
    chosen = parser.parse_args(arguments)
    grid = demo_grid(read_outline(chosen.outline))
    chosen.out.write_text(grid_text(grid), encoding="utf-8")
    sys.stdout.write(f"{chosen.out}: {len(grid['features'])} cells ({NOTICE})\n")


def _even_cells(outline: Polygon) -> list[Polygon]:
    seeds = _random_points(outline)
    for _ in range(_ROUNDS):
        seeds = np.array([(cell.centroid.x, cell.centroid.y) for cell in _voronoi(seeds, outline)])
    return _voronoi(seeds, outline)


def _random_points(outline: Polygon) -> Points:
    chance = np.random.default_rng(_SEED)
    west, south, east, north = outline.bounds
    tried = chance.uniform((west, south), (east, north), size=(CELLS * 8, 2))
    return np.asarray(tried[shapely.contains_xy(outline, tried)][:CELLS])


def _voronoi(seeds: Points, outline: Polygon) -> list[Polygon]:
    """Return each seed's region inside the outline; parts cut off by a bend go to the neighbour they touch most."""
    regions = shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=outline, ordered=True)
    cut = [_parts(region.intersection(outline)) for region in regions.geoms]
    cells = [parts[0] for parts in cut]
    for orphan in (part for parts in cut for part in parts[1:]):
        shared = shapely.length(shapely.intersection(orphan.boundary, [cell.boundary for cell in cells]))
        index = int(np.argmax(shared))
        cells[index] = _parts(cells[index].union(orphan))[0]
    return cells


def _parts(region: BaseGeometry) -> list[Polygon]:
    parts = [part for part in shapely.get_parts(region) if isinstance(part, Polygon)]
    return sorted(parts, key=lambda part: -part.area)


def _snapped(cells: Sequence[Polygon], plane: LocalMetres) -> list[Polygon]:
    """Return the cells in degrees, rounded so that a corner shared before is shared after."""
    return [shapely.normalize(shapely.transform(cell, lambda xy: plane.inverse(xy).round(_DIGITS))) for cell in cells]


def _by_street(middles: Points, plane: LocalMetres) -> list[tuple[_Street, NDArray[np.intp]]]:
    places = plane.forward([(street.lon, street.lat) for street in _STREETS])
    nearest = np.argmin(np.linalg.norm(middles[:, None] - places[None], axis=2), axis=1)
    return [(street, np.flatnonzero(nearest == index)) for index, street in enumerate(_STREETS)]


def _communities(members: NDArray[np.intp], middles: Points) -> list[NDArray[np.intp]]:
    """Halve across the longer side until every community is small enough."""
    if len(members) <= _COMMUNITY_CELLS:
        return [members]
    axis = int(np.argmax(np.ptp(middles[members], axis=0)))
    ordered = members[np.argsort(middles[members, axis], kind="stable")]
    half = len(ordered) // 2
    return [*_communities(ordered[:half], middles), *_communities(ordered[half:], middles)]


def _in_reading_order(members: NDArray[np.intp], middles: Points) -> list[int]:
    """Return the members west to east, in bands from north to south."""
    east, north = middles[members].T
    band = np.floor((north.max() - north) / _BAND_M)
    return [int(index) for index in members[np.lexsort((east, band))]]


def _feature(cell: Polygon, street: _Street, community: int, sequence: int) -> dict[str, Any]:
    cell_id = f"{DISTRICT}{street.code}{community:03d}{sequence:03d}"
    properties = {
        "id": cell_id,
        "street": f"{street.name}街道",
        "community": f"{street.name}示范{community}社区",
        "name": f"{street.name}{community:02d}-{sequence:02d}",
        "people": {},
        "notice": NOTICE,
    }
    return {"type": "Feature", "id": cell_id, "properties": properties, "geometry": mapping(cell)}


if __name__ == "__main__":
    main()
