"""One visit's picture with what it shows, while it is at hand: what is told of it, and the pictures made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import cv2
import structlog

from api.reporting import Polygon, evidence_jpeg
from configs.settings import EvidenceSettings
from detector.detection import Box
from gridmap.grid import Grid
from gridmap.imprint import Imprint, imprint
from gridmap.look import Look
from gridmap.scene import Scene
from gridmap.view import View
from streams.feed import Feed
from streams.frame import Frame

_log = structlog.get_logger()
_SMALL = EvidenceSettings(max_side_px=640, quality=75)


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one visit; without a picture, nothing. Its pictures are made when they are asked for.

    Parameters
    ----------
    feed, view
        Who looked, and where to.
    frame, scene
        The picture, and what it shows.
    at
        When it was taken, or the visit ended without one; aware UTC.
    kept_as
        How evidence is kept.
    """

    feed: Feed
    view: View
    frame: Frame | None
    scene: Scene
    at: datetime
    kept_as: EvidenceSettings

    @property
    def private(self) -> tuple[Polygon, ...]:
        """What no kept picture may show: the view's privacy zones, and people."""
        return (*self.view.privacy_polygons, *self.scene.private)

    def imprint(self, box: Box) -> Imprint | None:
        """Return how a place (normalised box) of the picture looks, or None without a picture."""
        return None if self.frame is None else imprint(self.frame.image, box, hidden=self.private)

    def evidence(self) -> bytes | None:
        """Return the evidence JPEG, or None for a picture that cannot be made into one."""
        return None if self.frame is None else self._jpeg(self.frame, self.kept_as)

    def small(self) -> bytes | None:
        """Return a small JPEG of the view for people to look at, or None as for ``evidence``."""
        # The reduced picture will do.
        return None if self.frame is None else self._jpeg(replace(self.frame, encoded=None), _SMALL)

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

    def _jpeg(self, frame: Frame, settings: EvidenceSettings) -> bytes | None:
        try:
            return evidence_jpeg(frame, self.private, settings)
        except (ValueError, cv2.error) as error:
            _log.error("picture_not_made", feed=self.feed.id, reason=str(error))
            return None
