"""Pacing: how many feeds are open at once, in total, on one recorder and on one gateway, and how fast new ones open.

A recorder serves few connections at once, and a gateway that is asked for a hundred streams in one second opens none.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

from streams.feed import Feed


@dataclass(frozen=True, slots=True)
class Site:
    """What several feeds share: the recorder or camera their URLs name, or the gateway they come through."""

    name: str
    gateway: bool = False


def site_of(feed: Feed) -> Site | None:
    """Return where a feed comes from; None for files and folders, which share nothing."""
    if feed.gateway:
        return Site(feed.gateway, gateway=True)
    if "://" not in feed.url:
        return None
    host = urlsplit(feed.url).netloc.rpartition("@")[2].lower()
    return Site(host) if host else None


@dataclass(frozen=True, slots=True)
class Limits:
    """What must not be exceeded; None is no limit.

    Parameters
    ----------
    total, per_host, per_gateway
        Feeds open at once.
    opens_per_s
        New connections per second, evenly; a few may come together after a quiet second.
    """

    total: int | None = None
    per_host: int | None = None
    per_gateway: int | None = None
    opens_per_s: float | None = None


class Pacing:
    """Counts what is open. Not for several threads at once; the schedule asks it under its lock."""

    def __init__(self, limits: Limits, *, at_s: float) -> None:
        self._limits = limits
        self._open: Counter[Site] = Counter()
        self._total = 0
        self._at_s = at_s
        self._allowed = self._burst
        """Connections that may be opened at once, at ``_at_s``."""

    @property
    def _burst(self) -> float:
        return max(1.0, (self._limits.opens_per_s or 0.0) / 4)

    def wait_s(self, at_s: float) -> float | None:
        """Return seconds until any feed may open, 0 when one may; None while as many as may be are open."""
        if self._limits.total is not None and self._total >= self._limits.total:
            return None
        if self._limits.opens_per_s is None:
            return 0.0
        self._refill(at_s)
        return 0.0 if self._allowed >= 1 else (1 - self._allowed) / self._limits.opens_per_s

    def full(self, site: Site | None) -> bool:
        """Return whether a site serves as many as it may."""
        if site is None:
            return False
        limit = self._limits.per_gateway if site.gateway else self._limits.per_host
        return limit is not None and self._open[site] >= limit

    def opened(self, site: Site | None, at_s: float) -> None:
        """Note that a visit was begun."""
        self._refill(at_s)
        self._allowed -= 1
        self._total += 1
        if site is not None:
            self._open[site] += 1

    def opened_more(self, connections: int, at_s: float) -> None:
        """Note connections that a visit made beyond its first, each after the one before it was closed."""
        self._refill(at_s)
        self._allowed -= connections

    def closed(self, site: Site | None) -> None:
        """Note that it ended."""
        self._total -= 1
        if site is not None:
            self._open[site] -= 1
            if self._open[site] <= 0:
                del self._open[site]

    def _refill(self, at_s: float) -> None:
        gained = (at_s - self._at_s) * (self._limits.opens_per_s or 0.0)
        self._allowed = min(self._burst, self._allowed + max(0.0, gained))
        self._at_s = max(self._at_s, at_s)
