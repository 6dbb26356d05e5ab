"""An accepted view: somebody said that what a camera shows from then on is its view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AcceptedView:
    """Who said so, when (aware UTC), and why. Never changed: a later one of the same feed takes its place."""

    feed_id: str
    at: datetime
    by: str
    note: str = ""
