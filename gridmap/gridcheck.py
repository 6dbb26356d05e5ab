"""What is wrong with a grid: ids, rings, overlaps and gaps, each with where it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from gridmap.cell import Cell
from gridmap.coordinates import LocalMetres, local_metres

TOLERANCE_M2 = 1.0
"""Overlaps and gaps under this area are drawing noise and are not reported."""
SLIVER_M = 1.0
"""A gap that is open to the outside is reported where it is narrower than this."""

_ID = re.compile(r"[0-9]{15}")
_Shapes = NDArray[Any]


class Fault(StrEnum):
    """What kind of fault."""

    BAD_ID = "bad_id"
    DUPLICATE_ID = "duplicate_id"
    INVALID_RING = "invalid_ring"
    OVERLAP = "overlap"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault.

    Parameters
    ----------
    fault
        Its kind.
    cells
        Ids of the cells it concerns; for a gap the cells around it.
    what
        One sentence without a full stop.
    where
        A point in it, lon lat WGS-84; None for an id.
    area_m2
        Of an overlap or gap.
    """

    fault: Fault
    cells: tuple[str, ...]
    what: str
    where: tuple[float, float] | None = None
    area_m2: float | None = None


@dataclass(frozen=True, slots=True)
class GridReport:
    """What a check found.

    Parameters
    ----------
    cells, ids
        How many cells, and how many different ids.
    area_m2
        Of all cells together; overlaps count twice.
    findings
        Every fault: by kind, and within it the largest first.
    """

    cells: int
    ids: int
    area_m2: float
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {**asdict(self), "ok": self.ok}

    def lines(self) -> list[str]:
        """Return the report for people, the summary last."""
        counts = Counter(finding.fault for finding in self.findings)
        faults = ", ".join(f"{counts[fault]} {fault.replace('_', ' ')}" for fault in Fault if counts[fault])
        summary = f"{self.cells} cells, {self.ids} ids, {self.area_m2 / 1e6:.3f} km²: {faults or 'no faults'}"
        return [*(_line(finding) for finding in self.findings), summary]


def check_grid(cells: Iterable[Cell], *, tolerance_m2: float = TOLERANCE_M2) -> GridReport:
    """Return every fault of a grid.

    An id is 15 digits: district 6, street 3, community 3, sequence 3. Rings must be valid; an invalid one is mended
    (``make_valid``) before overlaps and gaps are looked for. A gap is a hole in the union of all cells, or a slit
    between cells that opens to the outside and is under ``SLIVER_M`` wide.

    Parameters
    ----------
    cells
        WGS-84.
    tolerance_m2
        Smaller overlaps and gaps are not reported.
    """
    cells = tuple(cells)
    if not cells:
        return GridReport(0, 0, 0.0)
    given = np.array([cell.polygon for cell in cells], dtype=object)
    west, south, east, north = np.asarray(shapely.total_bounds(given)).tolist()
    plane = local_metres((west + east) / 2, (south + north) / 2)
    valid = np.asarray(shapely.is_valid(given))
    shapes = np.asarray(
        shapely.transform(
            np.where(valid, given, shapely.make_valid(given, method="structure", keep_collapsed=False)), plane.forward
        )
    )
    ids = [cell.id for cell in cells]
    findings = (
        *_ids(ids),
        *_rings(ids, given, valid),
        *_largest_first(_overlaps(ids, shapes, plane, tolerance_m2)),
        *_largest_first(_gaps(ids, shapes, plane, tolerance_m2)),
    )
    return GridReport(len(cells), len(set(ids)), sum(cell.area_m2 for cell in cells), findings)


def _ids(ids: Sequence[str]) -> Iterator[Finding]:
    for cell_id in dict.fromkeys(ids):
        if not _ID.fullmatch(cell_id):
            yield Finding(
                Fault.BAD_ID,
                (cell_id,),
                f"{cell_id!r} is not 15 digits (district 6, street 3, community 3, sequence 3)",
            )
    for cell_id, times in Counter(ids).items():
        if times > 1:
            yield Finding(Fault.DUPLICATE_ID, (cell_id,), f"{cell_id} is used {times} times")


def _rings(ids: Sequence[str], given: _Shapes, valid: NDArray[np.bool_]) -> Iterator[Finding]:
    for index in np.flatnonzero(~valid).tolist():
        reason, _, place = shapely.is_valid_reason(given[index]).partition("[")
        lon, _, lat = place.rstrip("]").partition(" ")
        where = (round(float(lon), 7), round(float(lat), 7)) if lat else None
        yield Finding(Fault.INVALID_RING, (ids[index],), f"{ids[index]} has an invalid ring: {reason.strip()}", where)


def _overlaps(ids: Sequence[str], shapes: _Shapes, plane: LocalMetres, tolerance_m2: float) -> Iterator[Finding]:
    first, second = STRtree(shapes).query(shapes, predicate="intersects")
    first, second = first[first < second], second[first < second]
    areal = shapely.relate_pattern(shapes[first], shapes[second], "2********")
    first, second = first[areal], second[areal]
    shared = np.asarray(shapely.intersection(shapes[first], shapes[second]))
    for one, other, shape in zip(first, second, shared, strict=True):
        if shape.area >= tolerance_m2:
            pair = (ids[one], ids[other])
            yield _areal(Fault.OVERLAP, pair, f"{pair[0]} and {pair[1]} overlap", shape, plane)


def _gaps(ids: Sequence[str], shapes: _Shapes, plane: LocalMetres, tolerance_m2: float) -> Iterator[Finding]:
    union = shapely.union_all(shapes)
    outside = shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(union)])
    tree = STRtree(shapes)
    for gaps, least_cells in ((outside.difference(union), 1), (_slits(outside), 2)):
        for gap in (part for part in shapely.get_parts(gaps) if part.area >= tolerance_m2):
            around = tuple(
                sorted({ids[index] for index in tree.query(gap, predicate="dwithin", distance=0.01).tolist()})
            )
            if len(around) >= least_cells:
                yield _areal(Fault.GAP, around, f"a gap at {_listed(around)}", gap, plane)


def _slits(outside: BaseGeometry) -> BaseGeometry:
    """Return what fills when the outline is widened and narrowed again: slits between cells, notches of one."""
    closed = outside.buffer(SLIVER_M / 2, join_style="mitre").buffer(-SLIVER_M / 2, join_style="mitre")
    return closed.difference(outside)


def _areal(fault: Fault, cells: tuple[str, ...], what: str, shape: BaseGeometry, plane: LocalMetres) -> Finding:
    point = shape.representative_point()
    lon, lat = plane.inverse((point.x, point.y)).round(7).tolist()
    return Finding(fault, cells, what, (lon, lat), round(float(shape.area), 2))


def _largest_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: -(finding.area_m2 or 0))


def _listed(cells: Sequence[str]) -> str:
    shown = ", ".join(cells[:4])
    return shown if len(cells) <= 4 else f"{shown} and {len(cells) - 4} more"


def _line(finding: Finding) -> str:
    area = f", {finding.area_m2:g} m²" if finding.area_m2 is not None else ""
    where = f", at lon {finding.where[0]} lat {finding.where[1]}" if finding.where else ""
    return f"{finding.fault.replace('_', ' ')}: {finding.what}{area}{where}"
