"""Who sends a request, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do. Viewer, operator and admin each include the one before; machine stands aside."""

    VIEWER = "viewer"
    """Reads."""
    OPERATOR = "operator"
    """Gives verdicts."""
    ADMIN = "admin"
    """Everything a person may do."""
    MACHINE = "machine"
    """A patrol: posts reports, health and pictures, and reads."""

    def includes(self, wanted: Role) -> bool:
        """Return whether this role may do what ``wanted`` may.

        >>> Role.ADMIN.includes(Role.OPERATOR), Role.MACHINE.includes(Role.OPERATOR)
        (True, False)
        """
        ladder = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)
        if Role.MACHINE in (self, wanted):
            return self is wanted or (self is Role.MACHINE and wanted is Role.VIEWER)
        return ladder.index(self) >= ladder.index(wanted)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. ``session`` is the session's digest, None for a token."""

    name: str
    role: Role
    one_time: bool = False
    session: str | None = None
