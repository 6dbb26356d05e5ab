"""The bus that the settings name."""

from __future__ import annotations

from datetime import UTC, datetime

from api.visited import Visited, VisitedWire
from configs.settings import Settings
from streams.bus.opening import open_bus
from streams.bus.port import Bus


def patrol_bus(settings: Settings) -> Bus[Visited]:
    """Return the bus between patrol processes, or where none is named that of this process alone."""
    url = settings.bus.get_secret_value() if settings.bus else None
    return open_bus(url, VisitedWire(), now=lambda: datetime.now(UTC))
