"""From sightings to incidents: the same thing over visits and feeds, believed when it lasts, ended when seen gone.

The rules, in the order they apply to one look:

1. A blind look changes nothing.
2. A sighting belongs to an open incident of its matter that is the same thing (see ``gridmap.sameness``): first by
   its box, among incidents that this camera watches, then by ground place among the others. The most alike pairs go
   first; one sighting belongs to at most one incident and the other way round.
3. A sighting left over that is the same thing as one already placed in this look is its double (two labels of one
   matter, a heap and its bag; in a vehicle's frame, the same ground place) and is left out. Others begin a suspect.
   A muted sighting (see ``gridmap.muted``) begins nothing and makes nothing believed; it only goes on with what this
   very camera has confirmed there, which has not gone because somebody rejected it.
4. Not seen is not missed where it could not be seen: its matter is not sought at this hour, or an obstacle hides its
   place. A confirmed incident that is still there in the hours in which a zone exempts it is neither seen nor missed;
   a suspect is, so that its dwell begins anew after them.
5. Suspects are confirmed, missed and ended as ``gridmap.lasting`` says. A suspect that ends is dropped without a
   word. Vehicles never end anything: the next pass may look elsewhere. What only vehicles saw, and not again, is
   forgotten, suspects after a day, confirmed ones after thirty; nobody is told that it is gone, for nobody saw that.
   Found again later, it is a new incident.
6. A camera whose view is another one now says nothing of what it saw before (``unwatch``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from configs.matters import Catalogue, Rule
from detector.detection import Box
from gridmap.incident import Change, Incident, Stage
from gridmap.lasting import believed, gone, missed, seen_by
from gridmap.look import Look
from gridmap.sameness import Neighbourhood, identifies, likeness, nearness
from gridmap.sighting import Sighting

Happening = tuple[Change, Incident, Sighting | None]

_ROAMING = {Stage.SUSPECT: timedelta(days=1), Stage.CONFIRMED: timedelta(days=30)}
"""How long what only vehicles saw is remembered."""


class IncidentBook:
    """All open incidents. Pure: it reads no clock and writes nothing. Not for several threads at once.

    Parameters
    ----------
    catalogue
        The matters and their rules. Incidents of a matter that it does not know stay as they are: nobody looks for
        them.
    new_id
        Gives each incident its id.
    """

    def __init__(self, catalogue: Catalogue, *, new_id: Callable[[], str]) -> None:
        self._rules = {matter.key: matter.rule for matter in catalogue.matters}
        self._new_id = new_id
        self._open: dict[str, Incident] = {}
        self._watched: defaultdict[str, set[str]] = defaultdict(set)
        self._around = Neighbourhood()
        self._roaming: dict[Stage, dict[str, None]] = {stage: {} for stage in _ROAMING}
        """Incidents that only vehicles saw, by stage, the longest unseen first."""
        self._changed: dict[str, Incident] = {}

    def observe(self, look: Look) -> list[Happening]:
        """Take in one look and return what it changed, with the sighting that did it (None for ENDED).

        An incident is CONFIRMED once, then SEEN any number of times, then ENDED (or UNWATCHED, see ``unwatch``) at
        most once. Sightings of a matter that the catalogue does not know are passed over: a process that has not
        taken up a changed catalogue yet goes on finding what was in the old one.
        """
        if not look.seeing:
            return []
        look = replace(look, sightings=tuple(one for one in look.sightings if one.matter in self._rules))
        pairs = self._pairs(look)
        watched = self._watched.get(look.feed_id, set()) if look.fixed_view else set()
        unseen = sorted(watched - {incident.id for _, incident in pairs})
        happenings = [self._see(sighting, incident, look) for sighting, incident in pairs]
        happenings += [self._begin(sighting, look) for sighting in _strangers(look, pairs, self._rules)]
        happenings += [self._miss(key, look) for key in unseen]
        if not look.fixed_view:
            self._forget_roaming(look.at)
        return [happening for happening in happenings if happening is not None]

    def let_go(self, feed_id: str, matter: str, *, here: Callable[[Box], bool], at: datetime) -> list[Happening]:
        """End what this camera watches at a place, so that what is seen there next is something new.

        Parameters
        ----------
        here
            Says whether a box (normalised 0..1) is at the place.
        at
            Aware UTC.
        """
        watched = [
            self._open[key] for key in sorted(self._watched.get(feed_id, ())) if self._open[key].matter == matter
        ]
        there = [incident for incident in watched if (one := incident.watcher(feed_id)) and here(one.box)]
        ended = [self._end(incident, at) for incident in there]
        return [(Change.ENDED, incident, None) for incident in ended if incident.confirmed_at]

    def unwatch(self, feed_id: str, *, at: datetime) -> list[Happening]:
        """Forget how a camera saw what it watches, because its view is another one now.

        What other cameras watch too goes on with them. The rest is closed, and said to be UNWATCHED where it was
        confirmed: at its old place in the new view it would be missed, which nobody saw.

        Parameters
        ----------
        at
            Aware UTC.
        """
        closed = [self._unwatched(incident, feed_id, at) for incident in self.watched_by(feed_id)]
        return [(Change.UNWATCHED, incident, None) for incident in closed if incident and incident.confirmed_at]

    def open_incidents(self) -> list[Incident]:
        """Return every suspect and confirmed incident; enough to ``restore`` a book from."""
        return list(self._open.values())

    def watched_by(self, feed_id: str) -> list[Incident]:
        """Return the open incidents that this camera has seen."""
        return [self._open[key] for key in sorted(self._watched.get(feed_id, ()))]

    def restore(self, incidents: Iterable[Incident]) -> None:
        """Take up incidents of an earlier run, in any order; ended ones are left out."""
        for incident in sorted(incidents, key=lambda incident: (incident.last_seen, incident.id)):
            if incident.stage is not Stage.ENDED:
                self._index(incident)

    def changed(self) -> list[Incident]:
        """Return each incident changed since the last call, as it stands now, and forget that it changed.

        Suspects are among them, and dropped ones with ``stage`` ENDED and no ``confirmed_at``: what
        ``gridmap.ledger.Ledger.commit`` wants.
        """
        changed, self._changed = list(self._changed.values()), {}
        return changed

    def count(self, stage: Stage) -> int:
        """Return how many open incidents are at this stage. May be asked from another thread."""
        return sum(incident.stage is stage for incident in tuple(self._open.values()))

    def _pairs(self, look: Look) -> list[tuple[Sighting, Incident]]:
        """Return who is who, the most alike first; ties are settled by what is seen, never by the order given."""
        ranked = sorted(
            (tier, unlike, _rank(sighting), incident.first_seen, incident.id, index)
            for index, sighting in enumerate(look.sightings)
            for tier, unlike, incident in self._candidates(sighting, look)
        )
        pairs: dict[int, str] = {}
        for *_, key, index in ranked:
            if index not in pairs and key not in pairs.values():
                pairs[index] = key
        return [(look.sightings[index], self._open[key]) for index, key in pairs.items()]

    def _candidates(self, sighting: Sighting, look: Look) -> Iterator[tuple[int, float, Incident]]:
        """Yield the open incidents that may be this sighting, each with its rank: by box before by ground."""
        rule = self._rules[sighting.matter]
        watched = self._watched.get(look.feed_id, set()) if look.fixed_view else set()
        for incident in self._of_matter(sighting.matter, watched):
            watcher = incident.watcher(look.feed_id)
            iou = likeness(sighting.view_box, watcher.box, rule.match_iou) if watcher else None
            if iou is not None and not (sighting.muted and incident.stage is Stage.SUSPECT):
                yield 0, -iou, incident
        if sighting.place is None or sighting.muted:
            return
        near = set(self._around.near(sighting.place, 2 * rule.match_m)) - watched
        for incident in self._of_matter(sighting.matter, near):
            metres = nearness(sighting.place, incident.place, rule.match_m)
            if metres is not None:
                yield 1, metres, incident

    def _of_matter(self, matter: str, keys: Iterable[str]) -> Iterator[Incident]:
        return (self._open[key] for key in keys if self._open[key].matter == matter)

    def _begin(self, sighting: Sighting, look: Look) -> Happening | None:
        incident = Incident(
            id=self._new_id(),
            feed_id=look.feed_id,
            matter=sighting.matter,
            label=sighting.detection.label,
            view_box=sighting.view_box,
            score=sighting.detection.score,
            stage=Stage.SUSPECT,
            first_seen=look.at,
            last_seen=look.at,
            model_id=sighting.detection.model_id,
            sightings=0,
        )
        return self._see(sighting, incident, look)

    def _see(self, sighting: Sighting, incident: Incident, look: Look) -> Happening | None:
        rule = self._rules[incident.matter]
        seen = seen_by(incident, sighting, at=look.at, fixed_view=look.fixed_view, keep=rule.of)
        if seen.stage is Stage.CONFIRMED:
            self._keep(seen)
            return (Change.SEEN, seen, sighting)
        if not believed(seen, sighting, rule):
            self._keep(seen)
            return None
        seen = replace(seen, stage=Stage.CONFIRMED, confirmed_at=seen.last_seen)
        self._keep(seen)
        return (Change.CONFIRMED, seen, sighting)

    def _miss(self, key: str, look: Look) -> Happening | None:
        incident = self._open[key]
        rule = self._rules.get(incident.matter)
        if rule is None or incident.matter in look.not_sought or _cannot_tell(incident, look, rule):
            return None
        incident = missed(incident, look.feed_id, keep=rule.of)
        if not gone(incident, rule.gone_after):
            self._keep(incident)
            return None
        ended = self._end(incident, look.at)
        return (Change.ENDED, ended, None) if ended.confirmed_at else None

    def _unwatched(self, incident: Incident, feed_id: str, at: datetime) -> Incident | None:
        """Take a camera off those that watch an incident; return the incident when it was the last one, closed."""
        left = tuple(watcher for watcher in incident.watchers if watcher.feed_id != feed_id)
        if not left:
            return self._end(incident, at)
        self._watched[feed_id].discard(incident.id)
        self._keep(replace(incident, watchers=left))
        return None

    def _keep(self, incident: Incident) -> None:
        self._changed[incident.id] = incident
        self._index(incident)

    def _index(self, incident: Incident) -> None:
        self._open[incident.id] = incident
        for watcher in incident.watchers:
            self._watched[watcher.feed_id].add(incident.id)
        rule = self._rules.get(incident.matter)
        if rule and incident.place and identifies(incident.place, rule.match_m):
            self._around.put(incident.id, incident.place)
        for roaming in self._roaming.values():
            roaming.pop(incident.id, None)
        if not incident.fixed_view:
            self._roaming[incident.stage][incident.id] = None

    def _end(self, incident: Incident, at: datetime) -> Incident:
        ended = replace(incident, stage=Stage.ENDED, ended_at=max(at, incident.last_seen))
        self._changed[ended.id] = ended
        del self._open[ended.id]
        self._around.drop(ended.id)
        for roaming in self._roaming.values():
            roaming.pop(ended.id, None)
        for watcher in ended.watchers:
            self._watched[watcher.feed_id].discard(ended.id)
        return ended

    def _forget_roaming(self, at: datetime) -> None:
        for stage, roaming in self._roaming.items():
            while roaming:
                longest_unseen = self._open[next(iter(roaming))]
                if longest_unseen.last_seen > at - _ROAMING[stage]:
                    break
                self._end(longest_unseen, at)


def _cannot_tell(incident: Incident, look: Look, rule: Rule) -> bool:
    """Return whether a look without it says nothing of an incident that this camera watches."""
    watcher = incident.watcher(look.feed_id)
    if watcher is None:
        return False
    tolerated = incident.stage is Stage.CONFIRMED and any(
        matter == incident.matter and likeness(box, watcher.box, rule.match_iou) is not None
        for matter, box in look.exempt
    )
    return tolerated or look.obstacles.hide(watcher.box)


def _rank(sighting: Sighting) -> tuple[float, object, str]:
    """Return what orders sightings of one frame by themselves, the surest first."""
    return (-sighting.detection.score, sighting.detection.box, sighting.detection.label)


def _strangers(look: Look, pairs: Iterable[tuple[Sighting, Incident]], rules: dict[str, Rule]) -> Iterator[Sighting]:
    """Yield the sightings that begin an incident: in no pair, and no double of one that is."""
    placed = [sighting for sighting, _ in pairs]
    left = [sighting for sighting in look.sightings if not any(sighting is other for other in placed)]
    for sighting in sorted(left, key=_rank):
        rule = rules[sighting.matter]
        if sighting.muted:
            continue
        if not any(_double(sighting, other, rule, fixed_view=look.fixed_view) for other in placed):
            placed.append(sighting)
            yield sighting


def _double(one: Sighting, other: Sighting, rule: Rule, *, fixed_view: bool) -> bool:
    if one.matter != other.matter:
        return False
    if likeness(one.view_box, other.view_box, rule.match_iou) is not None:
        return True
    return not fixed_view and nearness(one.place, other.place, rule.match_m) is not None
