"""The bus that the settings name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from streams.bus.inprocess import InProcessBus
from streams.bus.port import Bus, Told, Wire
from streams.bus.redisbus import RedisBus

SCHEMES = ("redis://", "rediss://")


def open_bus(url: str | None, wire: Wire[Told], *, now: Callable[[], datetime]) -> Bus[Told]:
    """Return the bus at a URL; without one, the bus of this process alone. Nothing is connected to yet.

    Parameters
    ----------
    url
        ``redis://[user:password@]host[:port]/number``, or with ``rediss`` over TLS.
    wire
        How what comes of a visit is written.
    now
        Aware UTC clock.
    """
    return RedisBus(url, wire) if url else InProcessBus(now=now)
