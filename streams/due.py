"""Due: a feed whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from streams.visit import Kind


@dataclass(frozen=True, slots=True)
class Due:
    """A feed whose turn it is, and the wall-clock time at which its turn came."""

    feed_id: str
    due_at: datetime
    failing: bool = False
    """Whether its last visit failed."""
    kind: Kind = Kind.ROTATION
    plan: tuple[str, ...] = ()
    """Ids of the plans that are open for it."""
    why: str = ""
    """What a follow-up was asked for."""

    def as_record(self) -> dict[str, Any]:
        """Return plain JSON values; ``from_record`` is the way back."""
        return {
            "feed_id": self.feed_id,
            "due_at": self.due_at.isoformat(),
            "failing": self.failing,
            "kind": self.kind,
            "plan": list(self.plan),
            "why": self.why,
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return what ``as_record`` wrote; what is none of it raises KeyError, TypeError or ValueError."""
        due_at = datetime.fromisoformat(record["due_at"])
        return cls(**{**record, "due_at": due_at, "kind": Kind(record["kind"]), "plan": tuple(record["plan"])})
