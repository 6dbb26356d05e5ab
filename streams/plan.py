"""Plans: which feeds are visited how often, when, and what for; and the owners who let us."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from streams.feed import Feed
from streams.openhours import ALWAYS, OpenHours

NO_PLAN_OPEN = "no plan is open now"
NOT_ALLOWED = "not allowed now"


class Target(StrEnum):
    """What kind of place a plan is for."""

    AREA = "area"
    """重点区域."""
    PART = "part"
    """重点部位."""
    ROAD = "road"
    """主要道路."""
    NODE = "node"
    """节点."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A named patrol.

    Parameters
    ----------
    id, name
        Unique key, and the name people read.
    feeds
        Ids of the feeds that it visits.
    interval_s
        Seconds between visits of each of them.
    target
        What kind of place it is for.
    hours
        When it is open.
    matters
        Keys of the matters that count on its visits; empty means all.
    weight
        Who keeps the interval when there is too much to do: the heavier.
    promise_s
        Within what each of its feeds is seen; None where nothing is stated.
    """

    id: str
    feeds: frozenset[str] = field(repr=False)
    interval_s: float
    name: str = ""
    target: Target = Target.AREA
    hours: OpenHours = ALWAYS
    matters: frozenset[str] = frozenset()
    weight: float = 1.0
    promise_s: float | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose cameras they are: read-only for us, in the hours that they allow.

    Parameters
    ----------
    hours
        When we may look.
    priority
        Multiplies the weight of its feeds; below 1 they are the first to wait.
    """

    name: str
    hours: OpenHours = ALWAYS
    priority: float = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How a feed is visited at a moment.

    Parameters
    ----------
    interval_s
        Seconds between visits; None when it is not visited now, and ``why`` says why.
    weight
        See ``Plan``.
    plan
        Ids of the plans that are open for it.
    """

    interval_s: float | None
    weight: float = 1.0
    plan: tuple[str, ...] = ()
    why: str = ""


class Timetable:
    """What plans and owners say of each feed at a moment. A feed in no plan keeps its own interval, at weight 1.

    Parameters
    ----------
    plans, owners
        What holds from now on.
    """

    def __init__(self, plans: Iterable[Plan] = (), owners: Iterable[Owner] = ()) -> None:
        self.plans = tuple(plans)
        self._owners = {owner.name: owner for owner in owners}
        self._of_feed: defaultdict[str, list[Plan]] = defaultdict(list)
        for plan in self.plans:
            for feed_id in plan.feeds:
                self._of_feed[feed_id].append(plan)
        self._open: Mapping[int, bool] = {}
        self._paces: dict[tuple[tuple[int, ...], str, float], Pace] = {}

    def set(self, at: datetime) -> datetime | None:
        """Take an aware time as now; return when next something may open or close."""
        hours = list(self._hours())
        self._open = {id(one): one.open_at(at) for one in hours}
        self._paces.clear()
        return min((edge for one in hours if (edge := one.next_edge(at)) is not None), default=None)

    def pace(self, feed: Feed) -> Pace:
        """Return how a feed is visited at the time that was ``set``: by the tightest interval that is open."""
        plans = self._of_feed.get(feed.id, ())
        key = (tuple(map(id, plans)), feed.owner, feed.interval_s)
        known = self._paces.get(key)
        if known is None:
            known = self._paces[key] = self._pace(feed, plans)
        return known

    def matters(self, plan: Iterable[str]) -> frozenset[str] | None:
        """Return the matters that count on a visit for these plans; None means all."""
        known = {one.id: one.matters for one in self.plans}
        sought = [known[plan_id] for plan_id in plan if plan_id in known]
        return frozenset().union(*sought) if sought and all(sought) else None

    @property
    def owners(self) -> tuple[Owner, ...]:
        """Those who have a word in it."""
        return tuple(self._owners.values())

    def every_s(self, feed: Feed) -> Mapping[str, float]:
        """Return the intervals of a feed's plans, by plan; empty for a feed in none."""
        return {plan.id: plan.interval_s for plan in self._of_feed.get(feed.id, ())}

    def _pace(self, feed: Feed, plans: Iterable[Plan]) -> Pace:
        owner = self._owners.get(feed.owner)
        if owner is not None and not self._open[id(owner.hours)]:
            return Pace(None, why=NOT_ALLOWED)
        priority = owner.priority if owner else 1.0
        listed = list(plans)
        if not listed:
            return Pace(feed.interval_s, priority)
        now = [plan for plan in listed if self._open[id(plan.hours)]]
        if not now:
            return Pace(None, why=NO_PLAN_OPEN)
        interval_s, weight = min(plan.interval_s for plan in now), max(plan.weight for plan in now)
        return Pace(interval_s, weight * priority, tuple(sorted(plan.id for plan in now)))

    def _hours(self) -> Iterator[OpenHours]:
        yield from (plan.hours for plan in self.plans)
        yield from (owner.hours for owner in self._owners.values())
