"""The re-check post: asks the API which cases' places are to be looked at again, and tells it what came of that.

Nothing of it is kept here for good: what is not told stays in the API's list, and whoever leads next asks anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import httpx

from api.instep import InStep
from api.visited import Visited
from configs.matters import Rule
from gridmap.incident import Incident
from gridmap.look import Look
from gridmap.recheck import Said, Wanted, said_of

_EVERY_S = 2.0
_LONGEST_DETAIL = 500
_MOST_AT_ONCE = 300
"""Answers told in one request, so that those of an hour in which the API was away do not outgrow it."""
_Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Asked:
    wanted: Wanted
    at: datetime


class RecheckPost:
    """Brings looks that the API wants to the schedule, and what they say back.

    Parameters
    ----------
    client
        With the API's base URL, its bearer token and a timeout.
    ask
        ``ask(feed_id, in_s, why)`` has a feed visited, and returns whether it is known (``Schedule.ask``).
    vehicle
        Says whether a feed is a vehicle's.
    rules
        By matter.
    view_since
        When a feed's view was accepted in place of another (``FeedViews.since``).
    now
        Aware UTC.
    wait
        ``wait(seconds)`` sleeps, or returns True at once when the patrol stops.
    """

    def __init__(  # noqa: PLR0913 - what it stands between, each passed in
        self,
        client: httpx.Client,
        *,
        ask: Callable[[str, float, str], bool],
        vehicle: Callable[[str], bool],
        rules: Mapping[str, Rule],
        view_since: Callable[[str], datetime | None] = lambda _: None,
        now: Callable[[], datetime],
        wait: Callable[[float], bool],
    ) -> None:
        self._client = client
        self._ask_schedule = ask
        self._vehicle = vehicle
        self._rules = rules
        self._view_since = view_since
        self._now = now
        self._due = InStep(client, "/api/v1/rechecks/due", self._hear, every_s=_EVERY_S, what="rechecks", wait=wait)
        self._lock = threading.Lock()
        self._asked: dict[_Key, _Asked] = {}
        self._answers: dict[_Key, dict[str, Any]] = {}

    def run(self) -> None:
        """Keep in step until the patrol stops."""
        self._due.run(self.sync)

    def sync(self) -> None:
        """Tell and ask once; while the API is away the answers wait."""
        self._due.sync(self._tell)

    def looked(self, visited: Visited, look: Look, watched: Sequence[Incident]) -> None:
        """Answer what was asked of a visit's feed before the visit was made, whatever the visit was made for.

        Parameters
        ----------
        watched
            The open incidents that its camera watches, as they stand after the look.
        """
        visit = visited.visit
        # A follow-up is due by this process's clock; the worker's, perhaps another machine's, may be a little behind.
        since = max(visit.due_at, visit.started_at)
        view_since = self._view_since(look.feed_id)
        with self._lock:
            for key, asked in list(self._asked.items()):
                if asked.wanted.feed_id == look.feed_id and asked.at <= since:
                    said, why = said_of(asked.wanted, look, watched, self._rules, view_since=view_since)
                    self._answer(key, said, at=look.at, detail=why or (visited.detail if said is Said.BLIND else ""))

    def _answer(self, key: _Key, said: Said, *, at: datetime, detail: str = "") -> None:
        self._asked.pop(key, None)
        self._answers[key] = {
            "id": key[0],
            "look": key[1],
            "said": said.value,
            "at": at.isoformat(),
            "detail": detail[:_LONGEST_DETAIL],
        }

    def _tell(self) -> None:
        with self._lock:
            answers = dict(islice(self._answers.items(), _MOST_AT_ONCE))
        if not answers:
            return
        self._client.post("/api/v1/rechecks/looked", json={"looks": list(answers.values())}).raise_for_status()
        with self._lock:
            for key in answers:
                del self._answers[key]

    def _hear(self, listed: list[dict[str, Any]]) -> None:
        self._listed([Wanted.from_record(record) for record in listed])

    def _listed(self, listed: Iterable[Wanted]) -> None:
        """Ask the schedule for looks that are new in the list; what is no longer in it is not awaited any more."""
        wanted = {(one.id, one.look): one for one in listed}
        with self._lock:
            new = [one for key, one in wanted.items() if key not in self._asked and key not in self._answers]
            self._asked = {key: asked for key, asked in self._asked.items() if key in wanted}
            for one in new:
                self._asked[one.id, one.look] = _Asked(one, self._now())
        # Several cases at one camera share one visit: the schedule keeps a single follow-up for each feed.
        for one in new:
            if self._vehicle(one.feed_id):
                self._refuse(one, Said.VEHICLE)
            elif not self._ask_schedule(one.feed_id, 0.0, one.why):
                self._refuse(one, Said.UNKNOWN)

    def _refuse(self, one: Wanted, said: Said) -> None:
        with self._lock:
            self._answer((one.id, one.look), said, at=self._now())
