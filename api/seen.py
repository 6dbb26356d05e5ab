"""One visit's picture with what it shows, until it is remembered and reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.reporting import Polygon
from detector.detection import Box
from gridmap.grid import Grid
from gridmap.grouping import Look
from gridmap.imprint import Imprint, imprint
from gridmap.scene import Scene
from gridmap.view import View
from streams.feed import Feed
from streams.frame import Frame


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one visit; without a picture, nothing.

    Parameters
    ----------
    feed, view
        Who looked, and where to.
    frame, scene
        The picture, and what it shows.
    at
        When it was taken, or the visit ended without one; aware UTC.
    """

    feed: Feed
    view: View
    frame: Frame | None
    scene: Scene
    at: datetime

    @property
    def private(self) -> tuple[Polygon, ...]:
        """What no kept picture may show: the view's privacy zones, and people."""
        return (*self.view.privacy_polygons, *self.scene.private)

    def imprint(self, box: Box) -> Imprint | None:
        """Return how a place (normalised box) of the picture looks, or None without a picture."""
        return None if self.frame is None else imprint(self.frame.image, box, hidden=self.private)

    def look(self, grid: Grid | None, *, seeing: bool) -> Look:
        """Return what the book of incidents is told; a visit that did not see tells nothing."""
        if self.frame is None or not seeing:
            return Look(self.feed.id, self.at, seeing=False, fixed_view=not self.feed.vehicle)
        found, size = self.scene.findings, (self.frame.width, self.frame.height)
        return Look(
            feed_id=self.feed.id,
            at=self.at,
            seeing=True,
            sightings=self.view.sightings(found, frame_size=size, at=self.at, fix=self.frame.fix, grid=grid),
            fixed_view=not self.feed.vehicle,
            not_sought=self.view.not_sought(self.at),
            exempt=self.view.exempt(found, frame_size=size, at=self.at),
            obstacles=self.scene.obstacles,
        )
