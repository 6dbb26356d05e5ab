"""What a track file holds, before anybody judges it: positions as written, and what could not be used."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Position:
    """One recorded position.

    Parameters
    ----------
    at_s
        POSIX seconds.
    lon, lat
        Degrees, in the file's own datum.
    hdop
        Horizontal dilution of precision, or None where the file does not say.
    """

    at_s: float
    lon: float
    lat: float
    hdop: float | None = None


@dataclass(slots=True)
class Recording:
    """The positions of one file in file order, with a count of what was skipped and why."""

    path: Path
    positions: list[Position] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    _skipped: dict[str, tuple[int, int]] = field(default_factory=dict)

    def skip(self, reason: str, line: int) -> None:
        """Count one position that cannot be used; ``reason`` follows "skipped: " and is the same for all its like."""
        count, first_line = self._skipped.get(reason, (0, line))
        self._skipped[reason] = (count + 1, first_line)

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence for each thing that is not as it should be, naming file and first line."""
        skipped = (
            f"{self.path}:{line}: {count} skipped: {reason}" for reason, (count, line) in self._skipped.items()
        )
        return (*skipped, *(f"{self.path}: {remark}" for remark in self.remarks))


def on_earth(lon: float, lat: float) -> bool:
    """Return whether degrees are a place a receiver may have found; 0, 0 is what many write for "no fix".

    >>> on_earth(106.5, 29.5), on_earth(0.0, 0.0), on_earth(29.5, 106.5), on_earth(float("nan"), 1.0)
    (True, False, False, False)
    """
    return math.isfinite(lon + lat) and abs(lon) <= 180 and abs(lat) <= 90 and (lon, lat) != (0, 0)
