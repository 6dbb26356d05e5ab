"""An offer: one visit that is to be made, by whoever is free."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from streams.due import Due

_WIRE = 1
"""Version of the wire form: another one is refused, never guessed at."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One visit to be made.

    Parameters
    ----------
    ticket
        Its own name among all visits ever: what came of one ticket is remembered once, however often it comes.
    due
        Whose turn came, when, and why.
    brief
        What goes along with it: plain JSON values, of interest to those who look.
    """

    ticket: str
    due: Due
    brief: Mapping[str, Any] = field(default_factory=dict)

    @property
    def feed_id(self) -> str:
        """Who is to be visited."""
        return self.due.feed_id

    def packed(self) -> bytes:
        """Return the wire form; ``unpacked`` is the way back."""
        record = {
            "wire": _WIRE,
            "ticket": self.ticket,
            "due": self.due.as_record(),
            "brief": dict(self.brief),
        }
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def unpacked(cls, data: bytes) -> Self:
        """Return the offer that ``packed`` wrote.

        Raises
        ------
        ValueError
            It is of another version, or none of it.
        """
        try:
            record = json.loads(data)
            wire = record.pop("wire")
            record["due"] = Due.from_record(record["due"])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"it is no offer of a visit: {type(error).__name__}: {error}") from error
        if wire != _WIRE:
            raise ValueError(f"it was sent by another version of gridpatrol (wire form {wire!r})")
        try:
            return cls(**record)
        except TypeError as error:
            raise ValueError(f"it is no offer of a visit: {error}") from error
