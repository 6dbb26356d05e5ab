"""What came of one visit: all that is remembered of it, wherever it was made.

Beside the one who looked, its pictures are made only when they are asked for. Sent over a bus it carries the few that
may be: the evidence where there is something new to show, a small view where one was asked for, and imprints.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from api.brief import Brief
from api.closer import NO_CLOSER_LOOK, CloserTold
from detector.detection import Box, box_of, overlap
from gridmap.imprint import Imprint
from gridmap.look import Look
from gridmap.sighting import Sighting
from streams.bus.offer import Offer
from streams.visit import Outcome, Visit

WIRE = "2"
"""Version of the wire form: another one is refused, never guessed at."""


_SAME_IOU = 0.5


class Pictures(Protocol):
    """What can be had of a visit's picture; each is None where there is none."""

    def evidence(self) -> bytes | None:
        """Return the evidence JPEG, made unreadable where it must be."""
        ...

    def small(self) -> bytes | None:
        """Return a small JPEG of the view, made unreadable where it must be."""
        ...

    def imprint(self, box: Box) -> Imprint | None:
        """Return how a place (normalised box) looks."""
        ...


@dataclass(frozen=True, slots=True)
class Carried:
    """The pictures that were sent along."""

    jpeg: bytes | None = None
    small_jpeg: bytes | None = None
    imprints: Mapping[Box, Imprint] = field(default_factory=dict)

    def evidence(self) -> bytes | None:
        """Return the evidence, if it was sent along."""
        return self.jpeg

    def small(self) -> bytes | None:
        """Return the small view, if it was sent along."""
        return self.small_jpeg

    def imprint(self, box: Box) -> Imprint | None:
        """Return the imprint of exactly this box, if it was sent along."""
        return self.imprints.get(box)


@dataclass(frozen=True, slots=True)
class Visited:
    """What came of one visit.

    Parameters
    ----------
    visit
        As it was made; ``outcome`` and ``detail`` are its final ones, after the picture was judged.
    feed_name
        For people.
    look
        What the book of incidents is told.
    synthetic
        Whether the model only acts as if.
    pictures
        What can be had of the picture.
    memory
        What the next look at this feed must know of this one and was not told already: plain JSON values.
    closer
        What closer looks came to.
    fault
        Why it could not be handled, as the kind of a defect; empty when it could.
    """

    visit: Visit
    outcome: Outcome
    detail: str
    feed_name: str
    look: Look
    synthetic: bool = False
    pictures: Pictures = Carried()
    memory: Mapping[str, Any] = field(default_factory=dict)
    closer: CloserTold = NO_CLOSER_LOOK
    fault: str = ""

    @classmethod
    def unhandled(cls, visit: Visit, feed_name: str, fault: str) -> Self:
        """Return what is left of a visit that could not be handled: it says nothing of the street."""
        look = Look(visit.feed_id, visit.finished_at, seeing=False)
        sentence = f"the picture came but could not be handled: {fault}"
        return cls(visit, visit.outcome, sentence, feed_name, look, fault=fault)

    def packed(self, brief: Brief) -> dict[str, bytes]:
        """Return the wire form; ``unpacked`` is the way back.

        Parameters
        ----------
        brief
            What was asked for.
        """
        record = {
            "visit": self.visit.as_record(),
            "outcome": self.outcome,
            "detail": self.detail,
            "feed_name": self.feed_name,
            "look": self.look.as_record(),
            "synthetic": self.synthetic,
            "memory": dict(self.memory),
            "closer": self.closer.as_record(),
            "fault": self.fault,
            "imprints": self._imprints(brief),
        }
        evidence = self.pictures.evidence() if self._shows_news(brief) else None
        small = self.pictures.small() if brief.small_wanted else None
        pictures = {"evidence": evidence, "small": small}
        return {
            "wire": WIRE.encode(),
            "visited": json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode(),
            **{name: jpeg for name, jpeg in pictures.items() if jpeg},
        }

    @classmethod
    def unpacked(cls, fields: Mapping[str, bytes]) -> Self:
        """Return what ``packed`` wrote.

        Raises
        ------
        ValueError
            It is of another version, or none of it.
        """
        if fields.get("wire") != WIRE.encode():
            raise ValueError(f"it was sent by another version of gridpatrol (wire form {fields.get('wire')!r})")
        try:
            return cls._of(json.loads(fields["visited"]), fields)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"it is no visit: {type(error).__name__}: {error}") from error

    @classmethod
    def _of(cls, record: dict[str, Any], fields: Mapping[str, bytes]) -> Self:
        pictures = Carried(fields.get("evidence"), fields.get("small"), dict(map(_imprint, record["imprints"])))
        return cls(
            visit=Visit.from_record(record["visit"]),
            outcome=Outcome(record["outcome"]),
            detail=record["detail"],
            feed_name=record["feed_name"],
            look=Look.from_record(record["look"]),
            synthetic=record["synthetic"],
            pictures=pictures,
            memory=record["memory"],
            closer=CloserTold.from_record(record["closer"]),
            fault=record["fault"],
        )

    def _shows_news(self, brief: Brief) -> bool:
        """Return whether something was found beside what was reported just now."""
        known = list(brief.known)
        for sighting in self.look.sightings:
            same = next((one for one in known if _is_at(sighting, *one)), None)
            if same is None:
                return True
            known.remove(same)
        return False

    def _imprints(self, brief: Brief) -> list[tuple[Box, str]]:
        """Return the looks of what was seen (a report tells them) and of the places that were asked about."""
        seen = (sighting.view_box for sighting in self.look.sightings if sighting.fixed_view)
        boxes: Iterable[Box] = dict.fromkeys((*seen, *(brief.imprints if self.look.sightings else ())))
        known = [(box, self.pictures.imprint(box)) for box in boxes]
        return [(box, base64.b64encode(one.code).decode()) for box, one in known if one is not None]


def _is_at(sighting: Sighting, matter: str, place: Box) -> bool:
    return sighting.matter == matter and overlap(sighting.view_box, place) >= _SAME_IOU


def _imprint(record: list[Any]) -> tuple[Box, Imprint]:
    box, code = record
    return box_of(box), Imprint(base64.b64decode(code))


class VisitedWire:
    """How a bus writes what came of a visit."""

    def pack(self, told: Visited, offer: Offer) -> dict[str, bytes]:
        """Return the wire form, with the pictures that the offer asked for."""
        return told.packed(Brief.from_record(offer.brief))

    def unpack(self, fields: Mapping[str, bytes]) -> Visited:
        """Return what ``pack`` wrote; raises ValueError when it is none of it."""
        return Visited.unpacked(fields)
