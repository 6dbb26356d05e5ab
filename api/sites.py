"""Where a configuration says its feeds are, compared with the grid and with each other; thousands at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from configs.feeds import FeedSettings
from gridmap.cell import Cell
from gridmap.coordinates import distance_m, to_wgs84


@dataclass(frozen=True, slots=True)
class Site:
    """One thing that says where a feed is.

    Parameters
    ----------
    feed_id, key
        The feed, and which of its keys says so: place, footprint, calibration or track.
    at
        Longitude and latitude, WGS-84 once ``converted``.
    """

    feed_id: str
    key: str
    at: tuple[float, float]


def stated_sites(feed: FeedSettings) -> Iterator[tuple[str, Site]]:
    """Yield a camera's place and the mean corner of its footprint, each after its datum; none of vehicles."""
    if feed.kind == "vehicle":
        return
    if feed.place:
        yield feed.place.datum, Site(feed.id, "place", (feed.place.lon, feed.place.lat))
    if feed.footprint:
        x, y = np.mean(feed.footprint.polygon, axis=0).tolist()
        yield feed.footprint.datum, Site(feed.id, "footprint", (x, y))


def converted(sites: Sequence[Site], datum: str) -> list[Site]:
    """Return sites stated in ``datum`` in WGS-84.

    Raises
    ------
    gridmap.errors.DatumError
        One of them at least is out of the datum's range, or the datum is not known.
    """
    places = to_wgs84([site.at for site in sites], datum).tolist()
    return [replace(site, at=(lon, lat)) for site, (lon, lat) in zip(sites, places, strict=True)]


def far_outside(sites: Sequence[Site], cells: Sequence[Cell], *, limit_m: float) -> list[tuple[Site, float]]:
    """Return the sites further than ``limit_m`` outside the box around all cells, with the distance in metres.

    Without cells nothing is outside. Sites are WGS-84.
    """
    if not sites or not cells:
        return []
    west, south, east, north = shapely.total_bounds(np.array([cell.polygon for cell in cells], dtype=object))
    places: NDArray[np.float64] = np.array([site.at for site in sites])
    outside_m = distance_m(places, np.clip(places, (west, south), (east, north)))
    return [(sites[index], float(outside_m[index])) for index in np.flatnonzero(outside_m > limit_m).tolist()]


def apart(sites: Sequence[Site], first: str, second: str) -> list[tuple[str, float]]:
    """Return the id of each feed that has sites of both keys, and their distance in metres."""
    firsts = {site.feed_id: site.at for site in sites if site.key == first}
    seconds = {site.feed_id: site.at for site in sites if site.key == second}
    both = [feed_id for feed_id in firsts if feed_id in seconds]
    return [(feed_id, float(distance_m(firsts[feed_id], seconds[feed_id]))) for feed_id in both]
