"""Zones: which detections of a view count, and by which rule.

A detection of one matter is judged in this order.

1. In an exclude zone that is in force and speaks of the matter: it does not count. With windows the zone exempts by
   the hour, such as a market's stalls in the morning: outside them it has no say.
2. Where include zones speak of the matter, it must be in one that is in force. Outside their windows nothing counts:
   a zone for the day says nothing of the night. Where no include zone speaks of it, the whole view counts.
3. Its score and size must reach what the zone asks, and what the matter's rule asks where the zone asks nothing. In
   several include zones, the first one (as written) whose demands it meets decides.

"In" means that the anchor, the bottom centre of the box unless the zone says ``centre``, is inside the polygon or on
its edge (an edge belongs to the zone, so on an edge an exclude zone wins); with ``min_overlap`` it means that at
least so much of the box's area is inside.

A privacy zone is blurred in every kept picture, at all times and whatever its matters; it drops nothing. What must be
neither shown nor reported takes an exclude zone beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from configs.feeds import ZoneSettings
from configs.matters import Matter, Rule
from configs.values import Window
from gridmap.errors import GridmapError

Boxes = NDArray[np.float64]
"""``(N, 4)`` x1 y1 x2 y2, normalised 0..1 of the view."""
Ring = tuple[tuple[float, float], ...]

_ROUNDING = 1e-12
"""Of the view's area; a box half inside is half inside whatever the last bit says."""


class ZoneKind(StrEnum):
    """What a zone is for."""

    INCLUDE = "include"
    EXCLUDE = "exclude"
    PRIVACY = "privacy"


class Anchor(StrEnum):
    """The point of a box that says where the thing is."""

    BOTTOM_CENTRE = "bottom_centre"
    CENTRE = "centre"

    def points(self, boxes: Boxes) -> NDArray[np.float64]:
        """Return ``(N, 2)`` anchors of ``(N, 4)`` boxes.

        >>> Anchor.BOTTOM_CENTRE.points(np.array([[0.2, 0.4, 0.4, 0.8]])).round(3).tolist()
        [[0.3, 0.8]]
        """
        x = (boxes[:, 0] + boxes[:, 2]) / 2
        y = boxes[:, 3] if self is Anchor.BOTTOM_CENTRE else (boxes[:, 1] + boxes[:, 3]) / 2
        return np.column_stack([x, y])


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon in a view (keys as in ``configs.feeds.ZoneSettings``); empty ``matters`` or ``windows`` mean all."""

    name: str
    kind: ZoneKind
    polygon: Polygon
    matters: frozenset[str] = frozenset()
    min_score: float | None = None
    min_size: float | None = None
    dwell_s: float | None = None
    windows: tuple[Window, ...] = ()
    anchor: Anchor = Anchor.BOTTOM_CENTRE
    min_overlap: float | None = None

    def __post_init__(self) -> None:
        demands = [key for key in ("min_score", "min_size", "dwell_s") if getattr(self, key) is not None]
        if self.kind is not ZoneKind.INCLUDE and demands:
            raise GridmapError(
                f"zone {self.name!r}: {demands[0]} is for include zones, this one is {self.kind}; remove it"
            )

    @classmethod
    def of(cls, settings: ZoneSettings) -> Zone:
        """Return the zone that was written down.

        Raises
        ------
        GridmapError
            A demand (min_score, min_size, dwell_s) in a zone that includes nothing.
        """
        return cls(
            name=settings.name,
            kind=ZoneKind(settings.kind),
            polygon=Polygon(settings.polygon),
            matters=frozenset(settings.matters),
            min_score=settings.min_score,
            min_size=settings.min_size,
            dwell_s=settings.dwell_s,
            windows=settings.windows,
            anchor=Anchor(settings.anchor),
            min_overlap=settings.min_overlap,
        )

    def speaks_of(self, matter: str) -> bool:
        """Return whether the zone has a say on this matter key."""
        return not self.matters or matter in self.matters

    def in_force(self, moment: time) -> bool:
        """Return whether the zone is in force at this local time of day."""
        return not self.windows or any(window.contains(moment) for window in self.windows)

    def holds(self, boxes: Boxes) -> NDArray[np.bool_]:
        """Return for each box whether it is in the zone, by its anchor or by its share inside."""
        if self.min_overlap is None:
            return np.asarray(shapely.intersects_xy(self.polygon, self.anchor.points(boxes)))
        shapes = shapely.box(*boxes.T)
        inside, whole = shapely.area(shapely.intersection(shapes, self.polygon)), shapely.area(shapes)
        return np.asarray((whole > 0) & (inside >= self.min_overlap * whole - _ROUNDING))


class Reason(StrEnum):
    """Why a detection counts or does not."""

    COUNTS = "counts"
    EXCLUDED = "excluded"
    EXEMPT = "exempt"
    """Excluded at this hour, and not at others."""
    OUTSIDE = "outside"
    LOW_SCORE = "low_score"
    SMALL = "small"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the zones say of one detection.

    Parameters
    ----------
    reason
        ``counts``, or why it does not.
    zone
        Name of the zone that decided; None where no zone did.
    dwell_s
        How long it must stay, by the zone or else the matter's rule.
    anchor
        Which point of the box stands for the thing.
    """

    reason: Reason
    zone: str | None = None
    dwell_s: float | None = None
    anchor: Anchor = Anchor.BOTTOM_CENTRE

    @property
    def counts(self) -> bool:
        """Whether the detection becomes a sighting."""
        return self.reason is Reason.COUNTS


class ZoneSet:
    """All zones of a view, in the order written. It never changes."""

    def __init__(self, zones: Iterable[Zone] = ()) -> None:
        self._zones = tuple(zones)
        self._judging = tuple(zone for zone in self._zones if zone.kind is not ZoneKind.PRIVACY)

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones as written."""
        return self._zones

    def seeks(self, matter: str, *, moment: time) -> bool:
        """Return whether a matter is looked for anywhere at this local time of day.

        It is not when include zones speak of it and none of them is in force: then nothing counts, and that nothing
        was found says nothing.
        """
        includes = [zone for zone in self._zones if zone.kind is ZoneKind.INCLUDE and zone.speaks_of(matter)]
        return not includes or any(zone.in_force(moment) for zone in includes)

    @property
    def exempts(self) -> bool:
        """Whether any zone exempts by the hour."""
        return any(zone.kind is ZoneKind.EXCLUDE and zone.windows for zone in self._zones)

    @property
    def watched(self) -> BaseGeometry:
        """The part of the view (normalised) that include zones watch, at whatever hour; all of it without any."""
        includes = [zone.polygon for zone in self._zones if zone.kind is ZoneKind.INCLUDE]
        return shapely.union_all(includes) if includes else shapely.box(0, 0, 1, 1)

    @property
    def privacy_polygons(self) -> tuple[Ring, ...]:
        """Rings (normalised, not closed) to blur in every kept picture, whatever the time."""
        return tuple(
            tuple((float(x), float(y)) for x, y in zone.polygon.exterior.coords[:-1])
            for zone in self._zones
            if zone.kind is ZoneKind.PRIVACY
        )

    def judge(
        self, boxes: Boxes, scores: Sequence[float], matters: Sequence[Matter], *, moment: time
    ) -> tuple[Ruling, ...]:
        """Return a ruling for each detection, in order.

        Parameters
        ----------
        boxes, scores, matters
            Of the detections: ``(N, 4)`` normalised, 0..1, and the matter each one means.
        moment
            Time of day in the city's own time.
        """
        if not len(boxes):
            return ()
        inside = [(zone, zone.holds(boxes)) for zone in self._judging if zone.in_force(moment)]
        sizes = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        return tuple(
            self._ruling(
                matter, float(score), float(sizes[index]), [zone for zone, within in inside if within[index]]
            )
            for index, (score, matter) in enumerate(zip(scores, matters, strict=True))
        )

    def _ruling(self, matter: Matter, score: float, size: float, around: Sequence[Zone]) -> Ruling:
        around = [zone for zone in around if zone.speaks_of(matter.key)]
        for zone in around:
            if zone.kind is ZoneKind.EXCLUDE:
                return Ruling(Reason.EXEMPT if zone.windows else Reason.EXCLUDED, zone.name)
        if around:
            rulings = [_demand(zone, matter, score, size) for zone in around]
            return next((ruling for ruling in rulings if ruling.counts), rulings[0])
        if any(zone.kind is ZoneKind.INCLUDE and zone.speaks_of(matter.key) for zone in self._judging):
            return Ruling(Reason.OUTSIDE)
        return _demand(None, matter, score, size)


def _demand(zone: Zone | None, matter: Matter, score: float, size: float) -> Ruling:
    rule = matter.rule
    name, anchor = (zone.name, zone.anchor) if zone else (None, Anchor.BOTTOM_CENTRE)
    if score < _asked("min_score", zone, rule):
        return Ruling(Reason.LOW_SCORE, name)
    if size < _asked("min_size", zone, rule):
        return Ruling(Reason.SMALL, name)
    return Ruling(Reason.COUNTS, name, _asked("dwell_s", zone, rule), anchor)


def _asked(key: str, zone: Zone | None, rule: Rule) -> Any:
    own = getattr(zone, key, None)
    return getattr(rule, key) if own is None else own
