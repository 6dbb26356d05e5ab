"""A re-check: what one look says of a thing that a case stands on.

It says more than whether the incident goes on: the thing of an ended incident may be back, and a look that did not
see it may not have been able to. "Not seen" is said only of a place that could be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from configs.matters import Rule
from detector.detection import Box, box_of
from gridmap.incident import Incident
from gridmap.look import Look
from gridmap.sameness import likeness


class Said(StrEnum):
    """What is said of the thing."""

    THERE = "there"
    MISSED = "missed"
    """Not seen, but not yet missed so often that the patrol believes it gone."""
    GONE = "gone"
    """Not seen, and the patrol knows it no longer."""
    BLIND = "blind"
    """The place could not be seen."""
    VEHICLE = "vehicle"
    """Only a vehicle could look, and nobody sends one there."""
    UNWATCHED = "unwatched"
    """The camera shows another view than the one in which it saw the thing."""
    UNKNOWN = "unknown"
    """No such camera is visited: removed, or disabled."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A look that is wanted.

    Parameters
    ----------
    id, look
        The case API's, and the number of the look, which counts up: both name the one look that is meant.
    feed_id, incident_id, matter
        Who is to look, and for what; the matter as the patrol named it.
    seen_at
        When it was last seen, aware UTC.
    box
        Where it was last seen, normalised 0..1; None where that is not known, and then any of its matter is it.
    why
        What for; one clause for the log.
    """

    id: int
    look: int
    feed_id: str
    incident_id: str
    matter: str
    seen_at: datetime
    box: Box | None
    why: str

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return the look that the case API asks for.

        Raises
        ------
        KeyError, TypeError, ValueError
            The record is none of one.
        """
        return cls(
            int(record["id"]),
            int(record["look"]),
            record["feed_id"],
            record["incident_id"],
            record["matter"],
            datetime.fromisoformat(record["seen_at"]),
            record["box"] and box_of(record["box"]),
            record["why"],
        )


def said_of(
    wanted: Wanted,
    look: Look,
    watched: Iterable[Incident],
    rules: Mapping[str, Rule],
    *,
    view_since: datetime | None = None,
) -> tuple[Said, str]:
    """Return what a look says of a thing, and in one clause why it could not be seen.

    Parameters
    ----------
    watched
        The open incidents that this camera watches, as they stand after the look.
    rules
        By matter.
    view_since
        When the camera's view was accepted in place of another; None when it never was.
    """
    if not look.seeing:
        return Said.BLIND, ""
    incident = next((one for one in watched if one.id == wanted.incident_id), None)
    if incident is None and view_since is not None and wanted.seen_at < view_since:
        return Said.UNWATCHED, ""
    matter = incident.matter if incident else wanted.matter
    watcher = incident.watcher(look.feed_id) if incident else None
    box = watcher.box if watcher else wanted.box
    rule = rules.get(matter)
    if rule is None:
        return Said.BLIND, "its matter is no longer looked for"
    if any(one.matter == matter and _same(one.view_box, box, rule) for one in look.sightings):
        return Said.THERE, ""
    hidden = _why_hidden(look, matter, box, rule)
    if hidden:
        return Said.BLIND, hidden
    return (Said.MISSED if incident else Said.GONE), ""


def _why_hidden(look: Look, matter: str, box: Box | None, rule: Rule) -> str:
    if matter in look.not_sought:
        return "its matter is not looked for at this hour"
    if any(exempt == matter and _same(there, box, rule) for exempt, there in look.exempt):
        return "what is there is exempt at this hour"
    if box is not None and look.obstacles.hide(box):
        return "something stands before the place"
    return ""


def _same(seen: Box, box: Box | None, rule: Rule) -> bool:
    return box is None or likeness(seen, box, rule.match_iou) is not None
