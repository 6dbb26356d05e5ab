"""How one incident goes on: seen again, believed, missed, gone.

- A suspect is believed when its last m looks hold n sightings or, where dwell is asked for, when its first and last
  sighting are that far apart. A camera's looks are its seeing visits. A vehicle's looks are its frames that show the
  thing, of one pass or of several: a frame from elsewhere is no look at it.
- A camera that watches it and looks without seeing it misses it. ``gone_after`` misses since it was last seen end it,
  once every camera that watches it is among those that missed it: a far camera with poor eyes cannot end what a near
  one sees at each visit. After four times as many, a camera that has not looked counts no longer.
- Its times never run backwards: a clock that steps back makes dwell stand still until the clock has caught up.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from configs.matters import Rule
from gridmap.incident import Incident, Watcher
from gridmap.sighting import Sighting

_SILENT = 4
"""So many times ``gone_after`` misses end it although another camera that watches it has not looked."""


def seen_by(incident: Incident, sighting: Sighting, *, at: datetime, fixed_view: bool, keep: int) -> Incident:
    """Return the incident with one more sighting, looked at ``at``; ``keep`` is the rule's m."""
    watchers = [replace(one, missed=0) for one in incident.watchers if one.feed_id != sighting.feed_id]
    if fixed_view:
        watchers.append(Watcher(sighting.feed_id, sighting.view_box))
    seen = replace(
        incident,
        view_box=sighting.view_box if sighting.feed_id == incident.feed_id else incident.view_box,
        last_seen=max(incident.last_seen, at),
        looks=(*incident.looks, True)[-keep:],
        misses=0,
        sightings=incident.sightings + 1,
        feeds=tuple(dict.fromkeys((*incident.feeds, sighting.feed_id))),
        fixed_view=bool(watchers),
        watchers=tuple(watchers),
    )
    return _with_best(seen, sighting)


def _with_best(incident: Incident, sighting: Sighting) -> Incident:
    """Return the incident with what this sighting knows better: its class, or its place."""
    detection, place = sighting.detection, sighting.place
    if detection.score > incident.score:
        incident = replace(incident, score=detection.score, label=detection.label, model_id=detection.model_id)
    if place and (incident.place is None or place.accuracy_m < incident.place.accuracy_m):
        incident = replace(incident, place=place, cell=sighting.cell)
    return incident


def believed(incident: Incident, sighting: Sighting, rule: Rule) -> bool:
    """Return whether a suspect has lasted; the sighting's own dwell (its zone's) goes before the rule's."""
    dwell_s = rule.dwell_s if sighting.dwell_s is None else sighting.dwell_s
    if dwell_s is None:
        return sum(incident.looks) >= rule.seen
    return incident.last_seen - incident.first_seen >= timedelta(seconds=dwell_s)


def missed(incident: Incident, feed_id: str, *, keep: int) -> Incident:
    """Return the incident after one seeing visit of this camera without it; ``keep`` is the rule's m."""
    watchers = tuple(
        replace(one, missed=one.missed + 1) if one.feed_id == feed_id else one for one in incident.watchers
    )
    return replace(incident, looks=(*incident.looks, False)[-keep:], misses=incident.misses + 1, watchers=watchers)


def gone(incident: Incident, gone_after: int) -> bool:
    """Return whether those who watch it have missed it often enough."""
    everyone = all(watcher.missed for watcher in incident.watchers)
    return incident.misses >= (gone_after if everyone else _SILENT * gone_after)
