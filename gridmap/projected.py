"""Projected datums (``epsg:NNNN``, Gauss-Kruger) through pyproj; nothing else imports pyproj.

CGCS2000 and WGS-84 differ by centimetres to decimetres, less than anything this product places, and PROJ itself has
only an identity between them, so they are treated as one. A datum whose difference is not public (Beijing 1954,
Xi'an 1980, a city's own system) is refused instead of being wrong by tens of metres.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from gridmap.errors import DatumError

_SAME_AS_WGS84 = ("World Geodetic System 1984", "World Geodetic System 1984 ensemble", "China 2000", "D_China_2000")
_MARGIN_DEG = 3.0
"""Cities lie across zone borders (Yuzhong does) and use one zone for all of their land."""
_ROUNDING_DEG = 1e-6
"""What was let out on the very edge must be let in again."""

Points = NDArray[np.float64]
_Way = Literal["FORWARD", "INVERSE"]


def lonlat_from_projected(points: Points, datum: str) -> Points:
    """Return lon lat degrees of ``(N, 2)`` easting northing metres.

    Raises
    ------
    DatumError
        For a code that is not a projection on CGCS2000 or WGS-84, and for points outside its area.
    """
    lonlat = _convert(points, datum, "FORWARD")
    outside = ~_in_area(lonlat, datum, _MARGIN_DEG + _ROUNDING_DEG)
    if outside.any():
        raise DatumError(_why_outside(points[outside][0], datum))
    return lonlat


def projected_from_lonlat(points: Points, datum: str) -> Points:
    """Return easting northing metres of ``(N, 2)`` lon lat degrees.

    Raises
    ------
    DatumError
        As ``lonlat_from_projected``.
    """
    outside = ~_in_area(points, datum)
    if outside.any():
        lon, lat = points[outside][0]
        raise DatumError(f"lon {lon:.6g} lat {lat:.6g} is outside the area of {datum} ({_area_text(datum)})")
    return _convert(points, datum, "INVERSE")


def contradiction(crs_text: str, datum: str, point: tuple[float, float]) -> str | None:
    """Return why a file's own coordinate system cannot be ``datum``, one clause, or None when it can.

    GCJ-02 and BD-09 have no code of their own and files in them call themselves WGS-84: those degrees agree.
    Projections agree when both put ``point``, one of the file's own coordinates, at the same place within 0.1 m:
    names and codes of one projection differ from program to program.
    """
    try:
        crs = CRS.from_user_input(crs_text)
    except CRSError:
        return None
    name = _name(crs)
    if not datum.startswith("epsg:"):
        return None if _is_wgs84_degrees(crs) else f"the file says its coordinates are {name}"
    stated = _crs(datum)
    if not crs.is_projected:
        return f"the file says its coordinates are degrees ({name})"
    own, other = (_to_lonlat(each).transform(*point) for each in (crs, stated))
    return None if np.allclose(own, other, rtol=0, atol=1e-6) else f"the file says its coordinates are {name}"


def _is_wgs84_degrees(crs: CRS) -> bool:
    return crs.is_geographic and crs.datum is not None and crs.datum.name in _SAME_AS_WGS84


def _name(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"{crs.name} (epsg:{code})" if code else crs.name


@lru_cache(maxsize=32)
def _crs(datum: str) -> CRS:
    try:
        crs = CRS.from_epsg(int(datum.removeprefix("epsg:")))
    except (CRSError, ValueError) as error:
        raise DatumError(f"{datum} is no EPSG code; Gauss-Kruger on CGCS2000 is epsg:4513 to 4554") from error
    if crs.is_geographic:
        raise DatumError(f"{datum} ({crs.name}) is in degrees; write wgs84, cgcs2000, gcj02 or bd09 instead")
    if not crs.is_projected or crs.datum is None or crs.datum.name not in _SAME_AS_WGS84:
        raise DatumError(f"{datum} ({crs.name}) is not a projection on CGCS2000 or WGS-84; convert the data first")
    return crs


@lru_cache(maxsize=32)
def _to_lonlat(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)


def _convert(points: Points, datum: str, way: _Way) -> Points:
    x, y = _to_lonlat(_crs(datum)).transform(points[:, 0], points[:, 1], direction=way)
    return np.column_stack([x, y])


def _in_area(lonlat: Points, datum: str, margin_deg: float = _MARGIN_DEG) -> NDArray[np.bool_]:
    area = _crs(datum).area_of_use
    if area is None:
        return np.asarray(np.isfinite(lonlat).all(axis=1))
    low = np.array([area.west, area.south]) - margin_deg
    high = np.array([area.east, area.north]) + margin_deg
    return np.asarray(((low <= lonlat) & (lonlat <= high)).all(axis=1))


def _area_text(datum: str) -> str:
    area = _crs(datum).area_of_use
    return f"{area.west:g} to {area.east:g} E, {area.south:g} to {area.north:g} N" if area else "unknown"


def _why_outside(point: Points, datum: str) -> str:
    start = f"easting {point[0]:.10g} northing {point[1]:.10g} is outside the area of {datum} ({_area_text(datum)})"
    if np.abs(point).max() <= 180:
        return f"{start}: these look like degrees"
    if _in_area(_convert(point[None, ::-1], datum, "FORWARD"), datum)[0]:
        return f"{start}: easting and northing look swapped"
    return f"{start}: its eastings are near {_false_easting(datum):.0f}"


def _false_easting(datum: str) -> float:
    operation = _crs(datum).coordinate_operation
    values = [float(p.value) for p in operation.params if p.name == "False easting"] if operation else []
    return values[0] if values else 0.0
