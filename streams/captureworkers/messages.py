"""What the patrol and a capture process say to each other. Pixels are not in it: they lie in the arena."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from streams.errors import SourceError
from streams.feed import Feed
from streams.source import Limits


@dataclass(frozen=True, slots=True)
class Ask:
    """Look once at a feed."""

    number: int
    feed: Feed
    limits: Limits


@dataclass(frozen=True, slots=True)
class Placed:
    """A frame in the arena: first the pixels, behind them the encoded picture if there is one.

    Parameters
    ----------
    slot
        Where it lies.
    size
        Height and width in pixels.
    encoded_bytes
        Length of the encoded picture; None without one.
    captured_at, digest, name, index
        As in ``streams.frame.Frame``.
    """

    slot: int
    size: tuple[int, int]
    encoded_bytes: int | None
    captured_at: datetime
    digest: str
    name: str
    index: int

    @property
    def pixel_bytes(self) -> int:
        """Length of the pixels."""
        return self.size[0] * self.size[1] * 3

    @property
    def length(self) -> int:
        """Length of all of it."""
        return self.pixel_bytes + (self.encoded_bytes or 0)


@dataclass(frozen=True, slots=True)
class Looked:
    """How the look ``number`` ended; see ``streams.looking.Answer``. ``own_mb`` is the process' own memory."""

    number: int
    placed: Placed | None
    error: SourceError | None
    cpu_ms: float
    defect: str
    own_mb: float


@dataclass(frozen=True, slots=True)
class Alive:
    """A sign of life. The first says that the process has started."""

    own_mb: float
