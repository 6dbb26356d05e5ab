"""A view: everything about where one feed looks, and what counts there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

import numpy as np

from configs.feeds import FeedSettings, ZoneSettings
from configs.matters import Catalogue, Matter
from configs.mistakes import nearest
from detector.detection import Box, Detection
from detector.tiling import WHOLE, Tiling
from gridmap.errors import GridmapError
from gridmap.grid import Grid
from gridmap.place import Place
from gridmap.projection import Projection
from gridmap.sighting import Sighting
from gridmap.zone import Boxes, Reason, Ring, Ruling, Zone, ZoneSet
from streams.frame import Fix


@dataclass(frozen=True, slots=True)
class View:
    """One feed's view: zones, projection, and the catalogue that gives labels their meaning. Never changes.

    Parameters
    ----------
    feed_id
        The feed.
    catalogue
        What the model's labels mean.
    zones, projection
        What counts where, and where that is on the ground.
    timezone
        The city's; zones' windows are in it.
    thresholds
        By label: from which score it counts where neither zone nor matter states one; what the model comes with.
    tiling
        How the model looks at the feed's pictures: once, or closer.
    """

    feed_id: str
    catalogue: Catalogue
    zones: ZoneSet
    projection: Projection
    timezone: ZoneInfo
    thresholds: Mapping[str, float] = field(default_factory=dict)
    tiling: Tiling = WHOLE

    @classmethod
    def of(
        cls,
        feed: FeedSettings,
        catalogue: Catalogue,
        timezone: str,
        thresholds: Mapping[str, float] = MappingProxyType({}),
    ) -> View:
        """Return the view of a feed.

        Raises
        ------
        GridmapError
            Also its kinds CalibrationError and DatumError: the text names the feed, the key and the way out.
        """
        try:
            zones = ZoneSet(_zone(settings, catalogue) for settings in feed.zones)
        except GridmapError as error:
            raise GridmapError(f"feed {feed.id}: {error}") from error
        tiling = Tiling.parse(feed.tiles)
        return cls(feed.id, catalogue, zones, Projection.of(feed), ZoneInfo(timezone), thresholds, tiling)

    @property
    def vehicle(self) -> bool:
        """Whether the feed drives around: its boxes cannot be compared from frame to frame."""
        return self.projection.vehicle

    @property
    def place(self) -> Place | None:
        """Where the feed stands or looks, for a map; None for a vehicle and for a feed without any place."""
        return self.projection.static

    @property
    def privacy_polygons(self) -> tuple[Ring, ...]:
        """Rings (normalised 0..1) to blur in every kept picture."""
        return self.zones.privacy_polygons

    def not_sought(self, at: datetime) -> frozenset[str]:
        """Return the matters that no zone looks for at an aware time (see ``ZoneSet.seeks``)."""
        moment = at.astimezone(self.timezone).time()
        keys = (matter.key for matter in self.catalogue.matters)
        return frozenset(key for key in keys if not self.zones.seeks(key, moment=moment))

    def rulings(
        self, detections: Iterable[Detection], *, frame_size: tuple[int, int], at: datetime
    ) -> tuple[tuple[Detection, Matter, Ruling], ...]:
        """Return what the zones say of every detection that means a matter, counting or not.

        Parameters
        ----------
        detections
            Boxes in px of the frame. Labels without a matter (context classes) are left out.
        frame_size
            ``(width, height)`` px.
        at
            Aware time the frame was taken.
        """
        known = [(each, matter) for each in detections if (matter := self._matter(each.label))]
        boxes = _normalised([each for each, _ in known], frame_size)
        moment = at.astimezone(self.timezone).time()
        rulings = self.zones.judge(boxes, [each.score for each, _ in known], [m for _, m in known], moment=moment)
        return tuple((each, matter, ruling) for (each, matter), ruling in zip(known, rulings, strict=True))

    def exempt(
        self, detections: Iterable[Detection], *, frame_size: tuple[int, int], at: datetime
    ) -> tuple[tuple[str, Box], ...]:
        """Return matter key and box (normalised 0..1) of what is there but exempt at this hour, see ``rulings``."""
        if not self.zones.exempts:
            return ()
        exempt = [
            (matter.key, each)
            for each, matter, ruling in self.rulings(detections, frame_size=frame_size, at=at)
            if ruling.reason is Reason.EXEMPT
        ]
        boxes = _normalised([each for _, each in exempt], frame_size).tolist()
        return tuple((key, (x1, y1, x2, y2)) for (key, _), (x1, y1, x2, y2) in zip(exempt, boxes, strict=True))

    def sightings(
        self,
        detections: Iterable[Detection],
        *,
        frame_size: tuple[int, int],
        at: datetime,
        fix: Fix | None = None,
        grid: Grid | None = None,
    ) -> tuple[Sighting, ...]:
        """Return the detections that count, with their places and cells, in the order given.

        Parameters
        ----------
        detections
            Boxes in px of the frame.
        frame_size
            ``(width, height)`` px.
        at
            Aware time the frame was taken.
        fix
            Where a vehicle was.
        grid
            The city's cells; without one no sighting has a cell.
        """
        counting = [entry for entry in self.rulings(detections, frame_size=frame_size, at=at) if entry[2].counts]
        sightings = [
            Sighting(
                detection=detection,
                feed_id=self.feed_id,
                matter=matter.key,
                at=at,
                frame_size=frame_size,
                dwell_s=ruling.dwell_s,
                place=self._ground(detection, ruling, frame_size, fix),
                fixed_view=not self.vehicle,
            )
            for detection, matter, ruling in counting
        ]
        return _with_cells(sightings, grid) if grid else tuple(sightings)

    def _matter(self, label: str) -> Matter | None:
        matter = self.catalogue.of_label(label)
        return matter.from_score(self.thresholds.get(label)) if matter else None

    def _ground(
        self, detection: Detection, ruling: Ruling, frame_size: tuple[int, int], fix: Fix | None
    ) -> Place | None:
        ((x, y),) = ruling.anchor.points(_normalised([detection], frame_size)).tolist()
        return self.projection.ground((x, y), fix)


def _normalised(detections: Sequence[Detection], frame_size: tuple[int, int]) -> Boxes:
    width, height = frame_size
    boxes = np.array([detection.box for detection in detections], dtype=np.float64).reshape(-1, 4)
    return boxes / (width, height, width, height)


def _zone(settings: ZoneSettings, catalogue: Catalogue) -> Zone:
    known = [matter.key for matter in catalogue.matters]
    for key in settings.matters:
        if key not in known:
            like = nearest(key, known)
            hint = f"did you mean {like!r}?" if like else f"known are {', '.join(known)}"
            raise GridmapError(f"zone {settings.name!r}: no matter is called {key!r}; {hint}")
    return Zone.of(settings)


def _with_cells(sightings: Sequence[Sighting], grid: Grid) -> tuple[Sighting, ...]:
    places = [sighting.place for sighting in sightings if sighting.place]
    matches = iter(grid.locate([(place.lon, place.lat) for place in places]))
    return tuple(replace(each, cell=next(matches)) if each.place else each for each in sightings)
