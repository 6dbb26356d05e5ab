"""The roster: which feeds the patrol meant to visit from a moment on, how often, and for which plans.

The log tells what was done; this tells what was to be done, so that a report over yesterday is right even if the
configuration changed since, and a night in which no patrol ran shows as what it was. It is written when a patrol
starts and when its plans change::

    log/roster/20260701T080000.000000Z.json
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

from streams.openhours import OpenHours, Span, common

FOLDER = "roster"
_FORM = "%Y%m%dT%H%M%S.%fZ"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A feed on the roster.

    Parameters
    ----------
    id, name
        Of the feed.
    every_s
        By plan: seconds between its visits for that plan.
    cell
        The management cell it stands in, if that is known.
    owner
        Whose it is, when the owner allows only some hours.
    """

    id: str
    every_s: Mapping[str, float]
    name: str = ""
    cell: str | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """What the patrol meant to do from ``at`` on, until the next roster.

    Parameters
    ----------
    at
        Aware UTC.
    feeds
        Everyone who is visited.
    backoff_limit_s
        So long at most a failing feed is left alone.
    plans, owners
        When each plan was open and each owner allowed looks; one that is not listed always.
    """

    at: datetime
    feeds: tuple[Enrolled, ...] = field(repr=False)
    backoff_limit_s: float = 1800.0
    plans: Mapping[str, OpenHours] = field(default_factory=dict)
    owners: Mapping[str, OpenHours] = field(default_factory=dict)

    def open_spans(self, plan: str, owner: str, since_s: float, until_s: float) -> list[Span]:
        """Return when a plan could visit an owner's feeds within a time."""
        spans = [hours[key].spans(since_s, until_s) for hours, key in self._hours(plan, owner) if key in hours]
        return reduce(common, spans, [(since_s, until_s)])

    def _hours(self, plan: str, owner: str) -> tuple[tuple[Mapping[str, OpenHours], str], ...]:
        return (self.plans, plan), (self.owners, owner)

    def as_json(self) -> dict[str, Any]:
        """Return the roster as it is written, without its time."""
        return {
            "version": _VERSION,
            "backoff_limit_s": self.backoff_limit_s,
            "plans": {plan: hours.as_json() for plan, hours in self.plans.items()},
            "owners": {owner: hours.as_json() for owner, hours in self.owners.items()},
            "feeds": [
                {
                    "id": feed.id,
                    "name": feed.name,
                    "cell": feed.cell,
                    "owner": feed.owner,
                    "every_s": dict(feed.every_s),
                }
                for feed in self.feeds
            ],
        }


def keep_roster(log: Path, roster: Roster) -> None:
    """Write the roster into the log's folder, unless it says what the last one says.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    text = json.dumps(roster.as_json(), ensure_ascii=False, sort_keys=True)
    folder = log / FOLDER
    last = max(_files(folder), default=None)
    if last is not None and last.read_text("utf-8") == text:
        return
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{uuid4().hex}.part"
    part.write_text(text, "utf-8")
    part.replace(folder / f"{roster.at.astimezone(UTC):{_FORM}}.json")


def read_rosters(log: Path, since: datetime, until: datetime) -> list[Roster]:
    """Return the rosters in force between two aware times, oldest first; the first may be from before ``since``.

    Raises
    ------
    OSError
        When one cannot be read.
    """
    dated = sorted((_moment(path), path) for path in _files(log / FOLDER))
    before = [each for each in dated if each[0] <= since][-1:]
    within = [each for each in dated if since < each[0] < until]
    return [_read(path, at) for at, path in before + within]


def prune_rosters(log: Path, oldest: datetime) -> None:
    """Remove rosters that were no longer in force at an aware time; the last one always stays."""
    dated = sorted((_moment(path), path) for path in _files(log / FOLDER))
    for (_, path), (superseded_at, _) in pairwise(dated):
        if superseded_at <= oldest:
            path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterable[Path]:
    return folder.glob("*Z.json")


def _moment(path: Path) -> datetime:
    return datetime.strptime(path.stem, _FORM).replace(tzinfo=UTC)


def _read(path: Path, at: datetime) -> Roster:
    try:
        written = json.loads(path.read_text("utf-8"))
        feeds = tuple(
            Enrolled(feed["id"], feed["every_s"], feed["name"], feed["cell"], feed.get("owner", ""))
            for feed in written["feeds"]
        )
        plans, owners = (
            {key: OpenHours.from_json(hours) for key, hours in written.get(kind, {}).items()}
            for kind in ("plans", "owners")
        )
        return Roster(at, feeds, written["backoff_limit_s"], plans, owners)
    except (ValueError, KeyError, TypeError) as error:
        raise OSError(f"{path} is not a roster of the patrol ({type(error).__name__}: {error}); remove it") from error
