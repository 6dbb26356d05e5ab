"""GCJ-02 and BD-09, the shifted datums of Chinese web maps, to and from WGS-84.

There is no official publication. The forward formulas are the ones all public implementations share; they were
compared with coord-convert 0.2.1, eviltransform 0.1.1 and prcoords 1.0.2 (see the tests). The real service adds noise
well under a metre that no formula reproduces.

Where the shift applies: inside the box 72.004..137.8347 E, 0.8293..55.8271 N, edges included, judged by the WGS-84
point; outside it GCJ-02 equals WGS-84. The box is the one all implementations use and is far larger than mainland
China: points in its neighbours, Hong Kong, Macao and Taiwan are shifted too, although maps there often are not. Along
the box's edge the shift starts at once (some 100 m): a strip of GCJ-02 places is reached from both sides, and the one
inside the box is taken; a strip on the other side is reached from none, and such a place is returned unchanged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""``(N, 2)`` lon lat, degrees."""

_BOX = (72.004, 0.8293, 137.8347, 55.8271)
_AXIS_M = 6378245.0
"""Krasovsky 1940, semi-major axis."""
_ECCENTRICITY2 = 0.00669342162296594323
_BAIDU_SHIFT = np.array([0.0065, 0.006])
_TURNS = 8
"""The shift changes by under 1 % of a step (2 % for Baidu's), so each turn gains two digits: 8 reach 1e-9 m."""


def gcj02_from_wgs84(points: Points) -> Points:
    """Return the GCJ-02 lon lat of WGS-84 points; ``(N, 2)`` degrees both.

    >>> gcj02_from_wgs84(np.array([[106.57, 29.56], [2.35, 48.86]])).round(6).tolist()
    [[106.573693, 29.55712], [2.35, 48.86]]
    """
    return np.where(_in_box(points)[:, None], points + _shift(points), points)


def wgs84_from_gcj02(points: Points) -> Points:
    """Return the WGS-84 lon lat of GCJ-02 points, by fixed-point iteration; ``(N, 2)`` degrees both."""
    solved = _solve(lambda wgs84: wgs84 + _shift(wgs84), points)
    return np.where(_in_box(solved)[:, None], solved, points)


def bd09_from_gcj02(points: Points) -> Points:
    """Return the BD-09 lon lat of GCJ-02 points; ``(N, 2)`` degrees both. Applied everywhere, as Baidu does."""
    lon, lat = points.T
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(np.radians(lat * 3000))
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(np.radians(lon * 3000))
    shifted: Points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]) + _BAIDU_SHIFT
    return shifted


def gcj02_from_bd09(points: Points) -> Points:
    """Return the GCJ-02 lon lat of BD-09 points, by fixed-point iteration; ``(N, 2)`` degrees both."""
    return _solve(bd09_from_gcj02, points)


def _solve(forward: Callable[[Points], Points], target: Points) -> Points:
    guess = target
    for _ in range(_TURNS):
        guess = guess - (forward(guess) - target)
    return guess


def _in_box(points: Points) -> NDArray[np.bool_]:
    west, south, east, north = _BOX
    lon, lat = points.T
    inside: NDArray[np.bool_] = (west <= lon) & (lon <= east) & (south <= lat) & (lat <= north)
    return inside


def _shift(points: Points) -> Points:
    """Return the shift in degrees: metres east and north, made degrees on the Krasovsky ellipsoid."""
    x, y = points[:, 0] - 105.0, points[:, 1] - 35.0
    root = np.sqrt(np.abs(x))
    shared = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (shared + _waves(x, (20, 1), (40, 3), (150, 12), (300, 30))) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (shared + _waves(y, (20, 1), (40, 3), (160, 12), (320, 30))) * 2 / 3
    latitude = np.radians(points[:, 1])
    flattening = 1 - _ECCENTRICITY2 * np.sin(latitude) ** 2
    east_radius = _AXIS_M / np.sqrt(flattening) * np.cos(latitude)
    north_radius = _AXIS_M * (1 - _ECCENTRICITY2) / flattening**1.5
    degrees: Points = np.degrees(np.column_stack([east / east_radius, north / north_radius]))
    return degrees


def _waves(value: NDArray[np.float64], *waves: tuple[float, float]) -> NDArray[np.float64]:
    return sum((height * np.sin(np.pi * value / length) for height, length in waves), np.zeros_like(value))
