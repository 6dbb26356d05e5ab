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
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

FOLDER = "roster"
DEFAULT_PLAN = "default"
"""The plan of every feed where no plans are written."""
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
    """

    id: str
    every_s: Mapping[str, float]
    name: str = ""
    cell: str | None = None


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
    """

    at: datetime
    feeds: tuple[Enrolled, ...] = field(repr=False)
    backoff_limit_s: float = 1800.0

    def as_json(self) -> dict[str, Any]:
        """Return the roster as it is written, without its time."""
        return {
            "version": _VERSION,
            "backoff_limit_s": self.backoff_limit_s,
            "feeds": [
                {"id": feed.id, "name": feed.name, "cell": feed.cell, "every_s": dict(feed.every_s)}
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
            Enrolled(feed["id"], feed["every_s"], feed.get("name", ""), feed.get("cell")) for feed in written["feeds"]
        )
        return Roster(at, feeds, written["backoff_limit_s"])
    except (ValueError, KeyError, TypeError) as error:
        raise OSError(f"{path} is not a roster of the patrol ({type(error).__name__}: {error}); remove it") from error
