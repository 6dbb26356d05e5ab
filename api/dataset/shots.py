"""Shots: one evidence picture with everything that is known to be in it, and whether it may teach.

A picture teaches two things: where a box is, its class is there; everywhere else, the classes it is *known* for are
absent. It is known for the classes that operators spoke of in it. So whatever else the model saw of those classes and
nobody judged would teach a lie, and such a picture is left out, unless the model is to be believed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import shapely

from api.dataset.findings import Finding, Said
from api.evidence import Picture
from configs.matters import Catalogue
from detector.detection import Box, overlap
from detector.labels.picture import LabelBox
from detector.logreader import Moment, moment_of

SAME_BOX = 0.5
"""Boxes that overlap so much are one thing."""
_HIDDEN = 0.5

Ring = tuple[tuple[float, float], ...]


class LeftOut(Exception):
    """A picture that may not teach; ``str(error)`` is why, in words for a count."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for all pictures.

    Parameters
    ----------
    catalogue
        Which classes are findings, and from which score.
    classes
        All classes of the dataset.
    privacy
        By feed, rings (normalised) that are unreadable in its pictures.
    blurred
        Classes that are unreadable in every picture.
    blurred_from
        From which score.
    vehicles
        Feeds whose boxes cannot be compared from picture to picture.
    assume_model_right
        Take what the model saw and nobody judged as it said.
    """

    catalogue: Catalogue
    classes: tuple[str, ...]
    privacy: Mapping[str, Sequence[Ring]] = field(default_factory=dict)
    blurred: frozenset[str] = frozenset()
    blurred_from: float = 0.25
    vehicles: frozenset[str] = frozenset()
    assume_model_right: bool = False

    @property
    def wanted(self) -> frozenset[str]:
        """The classes that mean a matter."""
        return frozenset(name for name in self.classes if self.catalogue.of_label(name))

    def counts(self, seen: LabelBox) -> bool:
        """Whether the model was sure enough of a finding."""
        matter = self.catalogue.of_label(seen.label)
        return matter is not None and seen.score is not None and seen.score >= matter.rule.min_score

    def same_matter(self, one: str | None, other: str) -> bool:
        """Whether two classes mean the same matter."""
        return one is not None and self.catalogue.of_label(one) == self.catalogue.of_label(other)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture and the incidents that it was reported with."""

    picture: Picture
    direct: tuple[tuple[Finding, Box], ...]

    @property
    def moment(self) -> Moment:
        """Its key in the log."""
        return moment_of(self.picture.feed_id, self.picture.captured_at)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one picture.

    Parameters
    ----------
    boxes
        Things that are there.
    known
        Classes that are absent wherever there is no box.
    unreviewed
        Classes that the model saw and nobody judged.
    findings
        Every incident that has a say in it.
    """

    boxes: tuple[LabelBox, ...]
    known: frozenset[str]
    unreviewed: frozenset[str]
    findings: tuple[Finding, ...]


def shots_of(findings: Iterable[Finding]) -> list[Shot]:
    """Return the pictures of judged incidents, each once however many incidents it shows, oldest first."""
    pictures: dict[Moment, Picture] = {}
    direct: dict[Moment, list[tuple[Finding, Box]]] = defaultdict(list)
    for finding in findings:
        for picture in finding.pictures if finding.said is not Said.OPEN else ():
            key = moment_of(picture.feed_id, picture.captured_at)
            pictures.setdefault(key, picture)
            if picture.box:
                direct[key].append((finding, picture.box))
    shots = [Shot(picture, tuple(direct[key])) for key, picture in pictures.items()]
    return sorted(shots, key=lambda shot: (shot.picture.captured_at, shot.picture.id))


class Around:
    """The findings of each feed by time, to find those that were there when a picture was taken."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._by_feed: dict[str, list[Finding]] = defaultdict(list)
        for finding in findings:
            for feed in finding.feeds:
                self._by_feed[feed].append(finding)

    def at(self, feed_id: str, moment: datetime) -> Iterator[Finding]:
        """Yield the feed's incidents that were seen before and after, or at, a moment."""
        return (each for each in self._by_feed.get(feed_id, ()) if each.first <= moment <= each.last)


def known_of(shot: Shot, around: Around, seen: Sequence[LabelBox] | None, rules: Rules) -> Known:
    """Return what is known of a picture.

    Parameters
    ----------
    seen
        What the log says the model saw in it, or None when the log says nothing.

    Raises
    ------
    LeftOut
        When it may not teach.
    """
    if seen is None and not rules.assume_model_right:
        raise LeftOut("the log no longer says what else the model saw in it")
    telling = _Telling(shot)
    for each in seen or ():
        if rules.counts(each) and not telling.covers(each, rules):
            telling.take(each, _owner(each, shot, around, rules))
    if rules.assume_model_right:
        telling.believe(rules.wanted)
    elif telling.known & telling.unreviewed:
        raise LeftOut("the model saw more of the same class in it, which nobody has judged")
    _refuse_hidden(telling.boxes, _unreadable(shot.picture.feed_id, seen or (), rules))
    return telling.known_of()


class _Telling:
    """What has been said of a picture so far."""

    def __init__(self, shot: Shot) -> None:
        self.boxes: list[LabelBox] = []
        self.known: set[str] = set()
        self.unreviewed: set[str] = set()
        self._direct = shot.direct
        self._doubts: list[LabelBox] = []
        self._findings: dict[str, Finding] = {}
        for finding, box in shot.direct:
            self._hear(finding, box)

    def covers(self, seen: LabelBox, rules: Rules) -> bool:
        """Whether an incident that the picture was reported with is what the model saw here."""
        return any(
            overlap(seen.box, box) >= SAME_BOX
            and (rules.same_matter(finding.label, seen.label) or rules.same_matter(finding.denied, seen.label))
            for finding, box in self._direct
        )

    def take(self, seen: LabelBox, owner: Finding | None) -> None:
        """Take in a thing that the model saw beside."""
        if owner is None or owner.said is Said.OPEN:
            self.unreviewed.add(seen.label)
            self._doubts.append(seen)
        else:
            self._hear(owner, seen.box)

    def believe(self, wanted: frozenset[str]) -> None:
        """Take the model's word for what nobody judged."""
        self.boxes += [LabelBox(doubt.label, doubt.box) for doubt in self._doubts]
        self.known |= wanted

    def known_of(self) -> Known:
        """Return all of it."""
        findings = tuple(self._findings.values())
        return Known(tuple(self.boxes), frozenset(self.known), frozenset(self.unreviewed), findings)

    def _hear(self, finding: Finding, box: Box) -> None:
        self._findings[finding.id] = finding
        self.known |= {label for label in (finding.label, finding.denied) if label}
        if finding.said is not Said.THERE or finding.label is None:
            return
        if not any(each.label == finding.label and overlap(each.box, box) >= SAME_BOX for each in self.boxes):
            self.boxes.append(LabelBox(finding.label, box))


def _owner(seen: LabelBox, shot: Shot, around: Around, rules: Rules) -> Finding | None:
    """Return the incident that a thing seen beside belongs to: same place, same matter, there at the time."""
    feed = shot.picture.feed_id
    if feed in rules.vehicles:
        return None
    matter = rules.catalogue.of_label(seen.label)
    for finding in around.at(feed, shot.picture.captured_at):
        same = matter is not None and finding.matter == matter.key
        denied = rules.same_matter(finding.denied, seen.label)
        if (same or denied) and any(overlap(seen.box, place) >= SAME_BOX for place in finding.places.get(feed, ())):
            return finding
    return None


def _unreadable(feed_id: str, seen: Sequence[LabelBox], rules: Rules) -> list[shapely.Polygon]:
    zones = [shapely.Polygon(ring) for ring in rules.privacy.get(feed_id, ())]
    people = [each for each in seen if each.label in rules.blurred and (each.score or 0) >= rules.blurred_from]
    return zones + [shapely.box(*each.box) for each in people]


def _refuse_hidden(boxes: Sequence[LabelBox], unreadable: Sequence[shapely.Polygon]) -> None:
    if not unreadable:
        return
    covered = shapely.union_all(list(unreadable))
    for each in boxes:
        shape = shapely.box(*each.box)
        if shape.intersection(covered).area > _HIDDEN * shape.area:
            raise LeftOut("more than half of the thing was made unreadable for privacy")
