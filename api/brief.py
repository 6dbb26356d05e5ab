"""The brief: what goes along with a visit that is to be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from detector.detection import Box, box_of


@dataclass(frozen=True, slots=True)
class Brief:
    """What the one who looks is told and asked for.

    Parameters
    ----------
    memory
        What the last look at this feed left for the next one (see ``api.visited.Visited.memory``).
    small_wanted
        Whether a small view of the feed is wanted.
    imprints
        Places (normalised boxes) of which it is to be told how they look, when something is found.
    known
        Matter and place (normalised box) of what was reported just now: seen there again, it needs no picture.
    """

    memory: Mapping[str, Any] = field(default_factory=dict)
    small_wanted: bool = False
    imprints: tuple[Box, ...] = ()
    known: tuple[tuple[str, Box], ...] = ()

    def as_record(self) -> dict[str, Any]:
        """Return the brief as plain JSON values; ``from_record`` is the way back."""
        return {
            "memory": dict(self.memory),
            "small_wanted": self.small_wanted,
            "imprints": self.imprints,
            "known": self.known,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return the brief that ``as_record`` wrote; what it does not say is not asked for."""
        return cls(
            record.get("memory", {}),
            bool(record.get("small_wanted")),
            tuple(map(box_of, record.get("imprints", ()))),
            tuple((matter, box_of(box)) for matter, box in record.get("known", ())),
        )
