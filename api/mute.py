"""A mute: a place whose finding operators rejected so often that the patrol does not raise it any more, for now."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from detector.detection import Box, overlap


class MuteState(StrEnum):
    """How a mute stands."""

    ACTIVE = "active"
    EXPIRED = "expired"
    """Its time is up."""
    LOOK_CHANGED = "look_changed"
    """The patrol saw the place look different."""
    LIFTED = "lifted"
    """An operator took it back."""
    WITHDRAWN = "withdrawn"
    """What it rested on was undone, or the thing was accepted after all."""


class Deed(StrEnum):
    """What was done to a mute."""

    MUTED = "muted"
    LEARNED = "learned"
    """Another reject at the place was added to what it rests on."""
    FORGOTTEN = "forgotten"
    """A reject it rests on was undone, and it has enough without it."""
    EXTENDED = "extended"
    LIFTED = "lifted"
    RESTORED = "restored"
    """A lift was taken back."""
    LOOK_CHANGED = "look_changed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Ground:
    """One reject that a mute rests on.

    Parameters
    ----------
    incident_id, verdict_id, reason, by, at
        What was rejected, how, by whom and when (aware UTC).
    box
        Where it was, normalised 0..1 of the view.
    look
        How the place looked: the text of a ``gridmap.imprint.Imprint``.
    """

    incident_id: str
    verdict_id: int
    reason: str
    by: str
    at: datetime
    box: Box
    look: str


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a mute's history."""

    at: datetime
    deed: Deed
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mute:
    """One mute. A feed is one view: a camera that is turned shows places that look different.

    Parameters
    ----------
    feed_id, matter
        Which camera's findings of which matter it holds back.
    grounds
        The rejects it rests on, oldest first; the last one's box is its place.
    since, expires_at
        Aware UTC.
    state
        As kept; EXPIRED is never kept but told by the clock (see ``state_at``).
    held_back
        Findings not raised because of it, as far as the patrol has told.
    unlike, unlike_at
        How unlike its looks the place was when something was last found there (0 the same, about 1 nothing in
        common), and when; None before the patrol has told.
    history
        What was done to it, oldest first.
    id
        0 before it is kept.
    """

    feed_id: str
    matter: str
    grounds: tuple[Ground, ...]
    since: datetime
    expires_at: datetime
    history: tuple[Step, ...]
    state: MuteState = MuteState.ACTIVE
    held_back: int = 0
    unlike: float | None = None
    unlike_at: datetime | None = None
    id: int = 0

    @property
    def box(self) -> Box:
        """Where it is, normalised 0..1."""
        return self.grounds[-1].box

    def state_at(self, now: datetime) -> MuteState:
        """Return its state, its time taken into account."""
        expired = self.state is MuteState.ACTIVE and self.expires_at <= now
        return MuteState.EXPIRED if expired else self.state

    def covers(self, box: Box, least: float) -> bool:
        """Return whether a box is at its place."""
        return any(overlap(box, ground.box) >= least for ground in self.grounds)

    def with_step(self, step: Step, state: MuteState | None = None) -> Mute:
        """Return the mute after one more step, in the state it led to."""
        return replace(self, history=(*self.history, step), state=state or self.state)

    def last(self, deed: Deed) -> datetime | None:
        """Return when this was last done to it."""
        return max((step.at for step in self.history if step.deed is deed), default=None)

    def grounds_record(self) -> list[dict[str, Any]]:
        """Return the grounds as plain JSON values; ``Mute.of_records`` is the way back."""
        return [asdict(ground) | {"at": ground.at.isoformat()} for ground in self.grounds]

    def history_record(self) -> list[dict[str, Any]]:
        """Return the history as plain JSON values."""
        return [asdict(step) | {"at": step.at.isoformat(), "deed": step.deed.value} for step in self.history]

    @classmethod
    def of_records(cls, grounds: list[dict[str, Any]], history: list[dict[str, Any]], **plain: Any) -> Self:
        """Return the mute that ``grounds_record`` and ``history_record`` wrote, with its other fields."""
        return cls(
            grounds=tuple(Ground(**{**one, "at": _time(one["at"]), "box": tuple(one["box"])}) for one in grounds),
            history=tuple(Step(**{**one, "at": _time(one["at"]), "deed": Deed(one["deed"])}) for one in history),
            **plain,
        )


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
