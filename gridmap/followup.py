"""When a camera is looked through again before its turn: a suspect cannot wait for it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping

from configs.matters import Rule
from gridmap.incident import Incident, Stage
from gridmap.look import Look

_JITTER = 0.25
"""Share of the pause that chance adds or takes, or the suspects of one minute would all be looked at in another."""
_SURELY_S = 1.0
"""Added to the time at which dwell decides: a look just before it decides nothing."""


def again_in_s(
    look: Look, watched: Iterable[Incident], rules: Mapping[str, Rule], *, follow_up_s: float
) -> float | None:
    """Return in how many seconds a camera is to be looked through again; None when its turn will do.

    Parameters
    ----------
    look
        What it has just seen. Blind looks, and those of vehicles, ask for nothing.
    watched
        The open incidents that this camera watches, as they stand after the look.
    rules
        By matter. Where a dwell is asked for, the next look is at the time which decides it; elsewhere after
        ``follow_up_s``, a quarter more or less.
    """
    if not (look.seeing and look.fixed_view):
        return None
    suspects = (one for one in watched if one.stage is Stage.SUSPECT and one.last_seen == look.at)
    pauses = (_pause_s(one, _dwell_s(one, look, rules), follow_up_s) for one in suspects)
    return min(pauses, default=None)


def _dwell_s(incident: Incident, look: Look, rules: Mapping[str, Rule]) -> float | None:
    """Return how long it must last: as its zone asks, else as the rule does."""
    watcher = incident.watcher(look.feed_id)
    box = watcher.box if watcher else incident.view_box
    for sighting in look.sightings:
        if sighting.matter == incident.matter and sighting.view_box == box and sighting.dwell_s is not None:
            return sighting.dwell_s
    rule = rules.get(incident.matter)
    return rule.dwell_s if rule else None


def _pause_s(incident: Incident, dwell_s: float | None, follow_up_s: float) -> float:
    if dwell_s is not None:
        lasted_s = (incident.last_seen - incident.first_seen).total_seconds()
        return max(0.0, dwell_s - lasted_s) + _SURELY_S
    # The incident's own id is the dice, so that the same city does the same again.
    chance = zlib.crc32(incident.id.encode()) / 2**32
    return follow_up_s * (1 - _JITTER + 2 * _JITTER * chance)
