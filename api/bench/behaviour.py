"""How a camera of the measuring behaves, well or badly, as its address says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Behaviour(StrEnum):
    """What a camera does when it is visited."""

    OK = "ok"
    FROZEN = "frozen"
    """The same picture every time."""
    DARK = "dark"
    SILENT = "silent"
    """Accepts the connection and never says a word."""
    MUTE = "mute"
    """Answers everything and never sends a picture."""
    UNAUTHORISED = "unauthorised"
    HTML = "html"
    TRUNCATED = "truncated"
    STALE = "stale"
    REFUSED = "refused"
    """Nobody listens; no address of a camera's, but of a closed port."""


@dataclass(frozen=True, slots=True)
class Place:
    """A camera's address: ``/BEHAVIOUR/MATERIAL/NAME``, where the material is a kind of feed and a view's number."""

    behaviour: Behaviour
    material: str
    path: str

    @classmethod
    def of(cls, path: str) -> Place:
        """Read the path of a URL; what is no such address has no material.

        >>> Place.of("/frozen/snapshot_1080p-0/cam-17.jpg").behaviour
        <Behaviour.FROZEN: 'frozen'>
        """
        behaviour, _, rest = path.strip("/").partition("/")
        material = rest.partition("/")[0]
        known = behaviour in set(Behaviour)
        return cls(Behaviour(behaviour) if known else Behaviour.OK, material if known else "", path)
