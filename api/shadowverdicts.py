"""A candidate against what operators said: of confirmed incidents those it sees too, of rejected ones those it does.

An incident is looked up in the shadow looks of its feed while it was seen. Its place is that of its evidence's boxes;
from a vehicle only the very pictures of the evidence count, as its boxes are elsewhere a moment on. Of the looks in
which the serving model has it at that place, the candidate must have it in at least half to count as seeing it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from api.evidence import Picture
from api.http.schemas import Review
from api.incident import IncidentRecord
from api.store.port import CaseStore
from api.store.records import IncidentQuery, Mark
from detector.detection import Box, Detection
from detector.shadow import ShadowLook, overlapping
from detector.shadowreport import Floor, counting

SAME_PLACE_IOU = 0.3
_PAGE = 200
_SAME_MOMENT = timedelta(milliseconds=2)
"""The log keeps milliseconds, the case store microseconds."""
_OLD = timedelta(days=30)
"""Incidents received so long before the looks may still have been seen in them."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A confirmed or rejected incident with its evidence."""

    incident: IncidentRecord
    pictures: tuple[Picture, ...]

    @property
    def confirmed(self) -> bool:
        """Whether operators confirmed it; else they rejected it."""
        return self.incident.review is Review.CONFIRMED


@dataclass(frozen=True, slots=True)
class Standing:
    """How a candidate stands against verdicts: incidents looked up, and of those how many it also sees."""

    confirmed: int = 0
    confirmed_seen: int = 0
    rejected: int = 0
    rejected_seen: int = 0


@dataclass(frozen=True, slots=True)
class Judge:
    """What is needed to find an incident in a look.

    Parameters
    ----------
    serving, shadow
        The two models' floors.
    matter_of
        Matter key of a label, or None.
    vehicles
        Feeds that drive around.
    """

    serving: Floor
    shadow: Floor
    matter_of: Callable[[str], str | None]
    vehicles: Collection[str] = ()

    def stand(self, judged: Iterable[Judged], looks: Iterable[ShadowLook]) -> Standing:
        """Return how the candidate of ``looks`` stands."""
        by_feed = defaultdict(list)
        for look in looks:
            by_feed[look.feed_id].append(look)
        standing = Standing()
        for each in judged:
            standing = _counted(standing, each, self.sees(each, by_feed))
        return standing

    def sees(self, judged: Judged, by_feed: Mapping[str, Iterable[ShadowLook]]) -> bool | None:
        """Return whether the candidate sees an incident, or None when no look shows it."""
        shown = [
            self._has(look.shadow, judged, box, look, self.shadow)
            for look, box in self._looks_at(judged, by_feed)
            if self._has(look.serving, judged, box, look, self.serving)
        ]
        return sum(shown) * 2 >= len(shown) if shown else None

    def _looks_at(
        self, judged: Judged, by_feed: Mapping[str, Iterable[ShadowLook]]
    ) -> Iterator[tuple[ShadowLook, Box]]:
        incident = judged.incident
        for look in by_feed.get(incident.feed_id, ()):
            if incident.first_seen - _SAME_MOMENT <= look.captured_at <= incident.last_seen:
                box = _box_at(judged, look, moving=incident.feed_id in self.vehicles)
                if box is not None:
                    yield look, box

    def _has(self, found: Iterable[Detection], judged: Judged, box: Box, look: ShadowLook, floor: Floor) -> bool:
        x1, y1, x2, y2 = box
        place = (x1 * look.width, y1 * look.height, x2 * look.width, y2 * look.height)
        there = overlapping(counting(found, floor), place, SAME_PLACE_IOU)
        return any(
            each.label == judged.incident.label or self.matter_of(each.label) == judged.incident.matter
            for each in there
        )


def read_judged(store: CaseStore, since: datetime) -> Iterator[Judged]:
    """Yield the incidents with a standing verdict that were seen since an aware time; raises ``StoreBusy``."""
    with store.reading() as book:
        for review in (Review.CONFIRMED, Review.REJECTED):
            query = IncidentQuery(review=review, since=since - _OLD, limit=_PAGE)
            while page := book.incidents.page(query):
                seen = [record for record in page if record.last_seen >= since]
                pictures = book.pictures.of([record.id for record in seen])
                yield from (Judged(record, tuple(pictures.get(record.id, ()))) for record in seen)
                query = replace(query, after=Mark(page[-1].received_at, page[-1].id))


def _counted(standing: Standing, judged: Judged, sees: bool | None) -> Standing:  # noqa: FBT001
    if sees is None:
        return standing
    if judged.confirmed:
        return replace(standing, confirmed=standing.confirmed + 1, confirmed_seen=standing.confirmed_seen + sees)
    return replace(standing, rejected=standing.rejected + 1, rejected_seen=standing.rejected_seen + sees)


def _box_at(judged: Judged, look: ShadowLook, *, moving: bool) -> Box | None:
    """Return the evidence's box nearest in time, normalised 0..1; of a vehicle only that of the very picture."""
    boxed = [
        picture
        for picture in judged.pictures
        if picture.box is not None and picture.feed_id == look.feed_id
        if not moving or abs(picture.captured_at - look.captured_at) <= _SAME_MOMENT
    ]
    nearest = min(boxed, key=lambda picture: abs(picture.captured_at - look.captured_at), default=None)
    return nearest.box if nearest else None
