"""Muted places: where operators have rejected the same finding so often that it is not raised any more, for now.

Which places are muted is decided where verdicts are given; here it is only obeyed, without asking back, so that a
case API that is away changes nothing. A mute holds for one matter, at one place of one fixed view, and only while the
place looks as it did when its findings were rejected. It ends here by itself when its time is up, or when what is
found there looks different on so many such visits in a row; it is taken back by no longer being listed. However it
ends, what the patrol knew of the place is to be let go (``released``), so that what is there now is raised as new.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from configs.settings import MuteSettings
from detector.detection import Box, overlap
from gridmap.imprint import Imprint
from gridmap.sighting import Sighting

Seeing = Callable[[Box], Imprint | None]
"""How a place (normalised box) of the picture at hand looks."""


@dataclass(frozen=True, slots=True)
class Looked:
    """How a place looked when what was found there was rejected: its box, normalised 0..1, and its imprint."""

    box: Box
    imprint: Imprint


@dataclass(frozen=True, slots=True)
class MutedPlace:
    """One mute, as the patrol needs it.

    Parameters
    ----------
    id
        The case API's.
    feed_id, matter
        Which camera's findings of which matter.
    expires_at
        Aware UTC.
    looks
        At least one; the place looks as before when it looks like any of them: a statue by day and by night.
    """

    id: int
    feed_id: str
    matter: str
    expires_at: datetime
    looks: tuple[Looked, ...]

    def covers(self, box: Box, least: float) -> bool:
        """Return whether a box is at this place."""
        return any(overlap(box, look.box) >= least for look in self.looks)

    def changed_by(self, seeing: Seeing) -> float | None:
        """Return how unlike all its looks the place is now (the least of them), or None when it cannot be seen."""
        found = [(look, seeing(look.box)) for look in self.looks]
        return min((look.imprint.unlike(now) for look, now in found if now is not None), default=None)

    def as_record(self) -> dict[str, Any]:
        """Return plain JSON values; ``from_record`` is the way back."""
        looks = [{"box": look.box, "look": look.imprint.text} for look in self.looks]
        return {
            "id": self.id,
            "feed_id": self.feed_id,
            "matter": self.matter,
            "expires_at": self.expires_at.isoformat(),
            "looks": looks,
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return the place that ``as_record`` wrote; looks of another version of imprints are left out.

        Raises
        ------
        KeyError, TypeError, ValueError
            The record is not one of a muted place.
        """
        looks = [_looked(one) for one in record["looks"]]
        expires_at = datetime.fromisoformat(record["expires_at"])
        known = tuple(look for look in looks if look is not None)
        return cls(int(record["id"]), record["feed_id"], record["matter"], expires_at, known)


def _looked(record: dict[str, Any]) -> Looked | None:
    x1, y1, x2, y2 = record["box"]
    try:
        return Looked((x1, y1, x2, y2), Imprint.of_text(record["look"]))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Told:
    """What the case API is told of a mute.

    Parameters
    ----------
    held_back
        Findings not raised because of it, in all.
    unlike
        How unlike its looks the place was at the last of them (see ``Imprint.unlike``), and when that was.
    changed
        Whether that has ended it.
    """

    id: int
    held_back: int = 0
    unlike: float | None = None
    at: datetime | None = None
    changed: bool = False


@dataclass(slots=True)
class _Kept:
    place: MutedPlace
    told: Told
    changed_visits: int = 0


@dataclass(slots=True)
class _State:
    kept: dict[int, _Kept] = field(default_factory=dict)
    ended: dict[int, Told] = field(default_factory=dict)
    """Ended here by their look; kept until the case API lists them no more."""
    released: dict[str, list[MutedPlace]] = field(default_factory=lambda: defaultdict(list))


class MutedPlaces:
    """All muted places of a patrol. Any thread may call.

    Parameters
    ----------
    settings
        When a place is the same, and when it looks different.
    """

    def __init__(self, settings: MuteSettings) -> None:
        self._settings = settings
        self._state = _State()
        self._lock = threading.Lock()

    @property
    def same_place_iou(self) -> float:
        """From which overlap of boxes a place is the same."""
        return self._settings.same_place_iou

    def listed(self, places: Iterable[MutedPlace]) -> None:
        """Obey the case API's list from now on; a place that is no longer in it is released."""
        listed = {place.id: place for place in places if place.looks}
        with self._lock:
            state = self._state
            state.ended = {key: told for key, told in state.ended.items() if key in listed}
            for key in state.kept.keys() - listed.keys():
                self._release(key)
            for key in listed.keys() - state.ended.keys():
                known = state.kept.get(key)
                state.kept[key] = replace(known, place=listed[key]) if known else _Kept(listed[key], Told(key))

    def sorted(self, sightings: Iterable[Sighting], seeing: Seeing, *, at: datetime) -> tuple[Sighting, ...]:
        """Return one look's sightings, those at muted places marked as muted.

        Parameters
        ----------
        sightings
            Of one frame of a fixed view that saw the street.
        seeing
            How a place of that frame looks; asked only for muted places at which something was found.
        at
            When the frame was taken, aware UTC.
        """
        with self._lock:
            self._expire(at)
            return tuple(self._marked(list(sightings), seeing, at))

    def looked_at(self, feed_id: str) -> tuple[Box, ...]:
        """Return the boxes (normalised 0..1) at whose looks ``sorted`` may ask of a feed's picture."""
        with self._lock:
            places = [one.place for one in self._state.kept.values() if one.place.feed_id == feed_id]
        return tuple(look.box for place in places for look in place.looks)

    def released(self, feed_id: str) -> tuple[MutedPlace, ...]:
        """Return the places of a feed that are muted no more, once each."""
        with self._lock:
            return tuple(self._state.released.pop(feed_id, ()))

    def news(self) -> list[Told]:
        """Return what there is to tell of every mute under which something was found."""
        with self._lock:
            kept = [one.told for one in self._state.kept.values() if one.told.at is not None]
            return [*kept, *self._state.ended.values()]

    def count(self) -> int:
        """Return how many places are muted now."""
        return len(self._state.kept)

    def written(self) -> str:
        """Return everything that must outlive the process, as text; ``restore`` takes it up."""
        with self._lock:
            state = self._state
            return json.dumps(
                {
                    "kept": [one.place.as_record() | _numbers(one) for one in state.kept.values()],
                    "ended": [_plain(told) for told in state.ended.values()],
                    "released": [place.as_record() for places in state.released.values() for place in places],
                }
            )

    def restore(self, text: str) -> None:
        """Take up what ``written`` returned.

        Raises
        ------
        KeyError, TypeError, ValueError
            The text is none of it.
        """
        record = json.loads(text)
        kept = [_Kept(MutedPlace.from_record(one), _told(one), one["changed_visits"]) for one in record["kept"]]
        ended = [_told(one) for one in record["ended"]]
        with self._lock:
            self._state = _State({one.place.id: one for one in kept}, {told.id: told for told in ended})
            for place in map(MutedPlace.from_record, record["released"]):
                self._state.released[place.feed_id].append(place)

    def _expire(self, at: datetime) -> None:
        for key in [key for key, one in self._state.kept.items() if one.place.expires_at <= at]:
            self._release(key)

    def _marked(self, sightings: list[Sighting], seeing: Seeing, at: datetime) -> list[Sighting]:
        found: dict[int, list[int]] = defaultdict(list)
        for index, sighting in enumerate(sightings):
            key = self._mute_of(sighting)
            if key is not None:
                found[key].append(index)
        for key, indices in found.items():
            if self._still_muted(key, seeing, at, findings=len(indices)):
                for index in indices:
                    sightings[index] = replace(sightings[index], muted=True)
        return sightings

    def _mute_of(self, sighting: Sighting) -> int | None:
        least = self._settings.same_place_iou
        for key, one in self._state.kept.items():
            ours = (one.place.feed_id, one.place.matter) == (sighting.feed_id, sighting.matter)
            if ours and one.place.covers(sighting.view_box, least):
                return key
        return None

    def _still_muted(self, key: int, seeing: Seeing, at: datetime, *, findings: int) -> bool:
        """Return whether a mute under which something was found goes on; a place that cannot be seen stays muted."""
        one = self._state.kept[key]
        unlike = one.place.changed_by(seeing)
        if unlike is not None:
            changed = unlike > self._settings.look_changed_over
            one.changed_visits = one.changed_visits + 1 if changed else 0
            one.told = replace(one.told, unlike=round(unlike, 3))
        if one.changed_visits >= self._settings.look_changed_visits:
            self._state.ended[key] = replace(one.told, at=at, changed=True)
            self._release(key)
            return False
        one.told = replace(one.told, at=at, held_back=one.told.held_back + findings)
        return True

    def _release(self, key: int) -> None:
        place = self._state.kept.pop(key).place
        self._state.released[place.feed_id].append(place)


def _numbers(one: _Kept) -> dict[str, Any]:
    return {"changed_visits": one.changed_visits} | _plain(one.told)


def _plain(told: Told) -> dict[str, Any]:
    at = told.at and told.at.isoformat()
    return {"id": told.id, "held_back": told.held_back, "unlike": told.unlike, "at": at, "changed": told.changed}


def _told(record: dict[str, Any]) -> Told:
    at = record["at"] and datetime.fromisoformat(record["at"])
    return Told(record["id"], record["held_back"], record["unlike"], at, record["changed"])
