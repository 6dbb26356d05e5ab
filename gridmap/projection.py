"""From a place in a feed's picture to a place on the ground, with how well it is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from configs.feeds import CalibrationSettings, FeedSettings, FootprintSettings, PlaceSettings
from gridmap.coordinates import LocalMetres, local_metres, to_wgs84
from gridmap.errors import GridmapError
from gridmap.homography import Fit, Matrix, homography, judge, project, stretch
from gridmap.place import Method, Place
from streams.frame import Fix

_Settings = TypeVar("_Settings")
_Part = TypeVar("_Part")

PICTURE_UNCERTAINTY = 0.01
"""How far a box's edge may be from the thing's foot, as a share of the picture."""
MAX_RANGE_M = 300.0
"""A homography is not believed further than this beyond the hull of its ground points."""
MAX_BLUR_M = 100.0
"""So near the horizon that the picture uncertainty alone is more than this, a homography is not believed."""
FOUR_POINT_ERROR_M = 2.0
"""Taken for the error of a homography from exactly 4 pairs, whose own figure is always 0."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A feed's homography, ready for use.

    Parameters
    ----------
    matrix
        3×3, normalised picture to metres of ``plane``.
    plane
        Around the middle of the ground points.
    reach
        Convex hull of the ground points, metres of ``plane``.
    fit
        How well the pairs agree with it.
    """

    matrix: Matrix
    plane: LocalMetres
    reach: BaseGeometry
    fit: Fit

    @classmethod
    def of(cls, settings: CalibrationSettings) -> Calibration:
        """Return the calibration from point pairs; ground points are made WGS-84 first.

        Raises
        ------
        CalibrationError
            The pairs cannot carry a homography; the text names why.
        DatumError
            A ground point is out of its datum's range.
        """
        picture = np.array([pair.picture for pair in settings.points])
        lonlat = to_wgs84([pair.ground for pair in settings.points], settings.datum)
        plane = local_metres(*lonlat.mean(axis=0).tolist())
        ground = plane.forward(lonlat)
        matrix = homography(picture, ground)
        return cls(matrix, plane, shapely.MultiPoint(ground).convex_hull, judge(matrix, picture, ground))

    @property
    def error_m(self) -> float:
        """What is taken for the error of the homography itself, before the picture's uncertainty."""
        if self.fit.points == 4:
            return FOUR_POINT_ERROR_M
        return (
            self.fit.left_out_rms_m
            if self.fit.left_out_rms_m is not None
            else max(self.fit.rms_m, FOUR_POINT_ERROR_M)
        )

    def ground(self, point: tuple[float, float]) -> Place | None:
        """Return the ground place of a normalised picture point; None above the horizon or out of reach.

        ``accuracy_m`` joins, as independent errors, ``PICTURE_UNCERTAINTY`` stretched to the ground at this very
        point and the error of the homography: √((stretch × uncertainty)² + error²).
        """
        ((east, north),), (visible,) = project(self.matrix, np.array([point]))
        if not visible or self.reach.distance(shapely.Point(east, north)) > MAX_RANGE_M:
            return None
        blur_m = stretch(self.matrix, np.array(point)) * PICTURE_UNCERTAINTY
        if blur_m > MAX_BLUR_M:
            return None
        lon, lat = self.plane.inverse((east, north)).tolist()
        return Place(lon, lat, float(np.hypot(blur_m, self.error_m)), Method.HOMOGRAPHY)


@dataclass(frozen=True, slots=True)
class Projection:
    """All that is known of where a feed looks.

    Parameters
    ----------
    calibration
        From point pairs, if the feed has them.
    static
        The one place to give everything the view shows when there is no better: of the footprint, else of the feed's
        point, else None.
    vehicle
        Only a frame's own position fix tells where it was; everything else is ignored.
    """

    calibration: Calibration | None = None
    static: Place | None = None
    vehicle: bool = False

    @classmethod
    def of(cls, feed: FeedSettings) -> Projection:
        """Return the projection of a feed.

        Raises
        ------
        CalibrationError, DatumError
            The text names the feed, the key and the fault.
        """
        if feed.kind == "vehicle":
            return cls(vehicle=True)
        calibration = _naming(feed, "calibration", Calibration.of, feed.calibration)
        footprint = _naming(feed, "footprint", footprint_place, feed.footprint)
        point = _naming(feed, "place", point_place, feed.place)
        return cls(calibration, footprint or point)

    @property
    def reprojection_error_m(self) -> Fit | None:
        """How well the calibration's pairs agree with it, or None without calibration; read ``Fit`` on 4 pairs."""
        return self.calibration.fit if self.calibration else None

    def ground(self, point: tuple[float, float], fix: Fix | None = None) -> Place | None:
        """Return the ground place of one point of the picture.

        The first that has an answer: for a vehicle its fix and nothing else; for a camera the homography, the
        footprint, the feed's point. A vehicle's fix stands for everything in its frame.

        Parameters
        ----------
        point
            Normalised picture coordinates 0..1, origin top left.
        fix
            Of the frame, for a vehicle.
        """
        if self.vehicle:
            return Place(fix.lon, fix.lat, fix.accuracy_m, Method.FIX) if fix else None
        projected = self.calibration.ground(point) if self.calibration else None
        return projected or self.static


def footprint_place(settings: FootprintSettings) -> Place:
    """Return one place for a whole footprint: its centroid, or a point inside where the centroid is not.

    ``accuracy_m`` reaches the farthest corner, so the circle covers all of the footprint.

    Raises
    ------
    DatumError
        A corner is out of its datum's range.
    """
    lonlat = to_wgs84(settings.polygon, settings.datum)
    plane = local_metres(*lonlat.mean(axis=0).tolist())
    corners = plane.forward(lonlat)
    polygon = Polygon(corners)
    middle = polygon.centroid if polygon.covers(polygon.centroid) else polygon.representative_point()
    lon, lat = plane.inverse((middle.x, middle.y)).tolist()
    radius = float(np.linalg.norm(corners - (middle.x, middle.y), axis=1).max())
    return Place(lon, lat, radius, Method.FOOTPRINT)


def point_place(settings: PlaceSettings) -> Place:
    """Return the feed's own point as a place.

    Raises
    ------
    DatumError
        The point is out of its datum's range.
    """
    ((lon, lat),) = to_wgs84((settings.lon, settings.lat), settings.datum).tolist()
    return Place(lon, lat, settings.accuracy_m, Method.POINT)


def _naming(
    feed: FeedSettings, key: str, make: Callable[[_Settings], _Part], settings: _Settings | None
) -> _Part | None:
    if settings is None:
        return None
    try:
        return make(settings)
    except GridmapError as error:
        raise type(error)(f"feed {feed.id}: {key}: {error}") from error
