"""Findings: what operators said of each incident, turned into what its pictures may teach.

- Confirmed, or re-classed: the thing is there, under the class of the matter it was given. A re-class also denies the
  class that the model had named.
- Rejected as ``not_there`` or ``wrong_class``: the thing is not there, which is a hard negative.
- Rejected for another reason, or re-classed to a matter with several classes: that does not tell what is in the
  picture; ``permitted`` and ``duplicate`` even say that it is there. Such pictures teach nothing.
- Merged: the word on the incident it was merged into.
- Without a verdict: open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.evidence import Picture
from api.http.schemas import RejectReason, Review, VerdictKind
from api.incident import IncidentRecord
from api.store.port import Book, CaseStore
from api.store.records import IncidentQuery, Mark
from api.verdict import Verdict
from configs.matters import Catalogue
from detector.detection import Box, overlap

_PAGE = 200
_ONE_PLACE = 0.8
_MOST_PLACES = 12
_DENIES = {RejectReason.NOT_THERE, RejectReason.WRONG_CLASS}


class Said(StrEnum):
    """What a finding's pictures may teach."""

    THERE = "there"
    NOT_THERE = "not_there"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Finding:
    """An incident with everything merged into it.

    Parameters
    ----------
    id, matter
        Of the incident at the end of the merges.
    said, why
        What operators said, and a word for it: ``confirm``, ``reclass``, a reject reason, ``pending``.
    label
        The class that is there, or that is not; None while open.
    denied
        The class that a re-class took back.
    at
        When it was said (aware UTC), or None.
    first, last
        From when to when it was seen.
    pictures
        At most as many as asked for, spread over its time, oldest first; only those within the time asked for.
    places
        By feed, the different boxes that it was ever seen in there.
    feeds
        Every feed that saw it.
    gone
        Whether it had pictures that retention has removed, all of them.
    """

    id: str
    matter: str
    said: Said
    why: str
    label: str | None
    denied: str | None
    at: datetime | None
    first: datetime
    last: datetime
    synthetic: bool
    pictures: tuple[Picture, ...]
    places: Mapping[str, tuple[Box, ...]]
    feeds: frozenset[str]
    gone: bool


def read_findings(
    store: CaseStore,
    catalogue: Catalogue,
    *,
    since: datetime,
    until: datetime,
    most: int,
    on_incident: Callable[[int], None] = lambda _: None,
) -> Iterator[Finding]:
    """Yield every incident seen since then, a page at a time, each once.

    Parameters
    ----------
    since, until
        Which pictures: captured in ``[since, until)``.
    most
        Pictures of one incident.
    on_incident
        Told how many incidents are read.

    Raises
    ------
    api.errors.StoreError
        When the database cannot be read.
    """
    done: set[str] = set()
    after: Mark | None = None
    read = 0
    while True:
        with store.reading() as book:
            page = book.incidents.page(IncidentQuery(seen_since=since, order="oldest", after=after, limit=_PAGE))
            roots = _roots(book, [record.root_id for record in page if record.root_id not in done])
            members = _members(book, roots)
            found = [_finding(root, members, catalogue, (since, until), most) for root in roots]
        if not page:
            return
        yield from found
        done.update(root.id for root in roots)
        read += len(page)
        on_incident(read)
        after = Mark(page[-1].received_at, page[-1].id)


@dataclass(frozen=True, slots=True)
class _Members:
    pictures: Mapping[str, Sequence[Picture]]
    verdicts: Mapping[str, Sequence[Verdict]]


def _roots(book: Book, ids: Sequence[str]) -> list[IncidentRecord]:
    return list(book.incidents.get_all(sorted(set(ids))).values())


def _members(book: Book, roots: Sequence[IncidentRecord]) -> _Members:
    ids = [root.id for root in roots]
    return _Members(book.pictures.of(ids), book.verdicts.of(ids))


def _finding(
    root: IncidentRecord, members: _Members, catalogue: Catalogue, span: tuple[datetime, datetime], most: int
) -> Finding:
    pictures = members.pictures.get(root.id, ())
    standing = next((one for one in reversed(members.verdicts.get(root.id, ())) if one.undone_at is None), None)
    said, label = _said(root, standing, catalogue)
    usable = [each for each in pictures if each.box and span[0] <= each.captured_at < span[1]]
    return Finding(
        id=root.id,
        matter=root.matter,
        said=said,
        why=_why(standing),
        label=label,
        denied=root.label if standing and standing.kind is VerdictKind.RECLASS and root.label != label else None,
        at=standing.at if standing else None,
        first=min([root.first_seen, *(each.captured_at for each in pictures)]),
        last=max([root.last_seen, *(each.captured_at for each in pictures)]),
        synthetic=root.synthetic,
        pictures=tuple(spread(usable, most)),
        places=_places(pictures),
        feeds=frozenset([root.feed_id, *(each.feed_id for each in pictures)]),
        gone=not pictures,
    )


def _why(standing: Verdict | None) -> str:
    if standing is None:
        return "pending"
    return standing.reason.value if standing.reason else standing.kind.value


def _said(root: IncidentRecord, standing: Verdict | None, catalogue: Catalogue) -> tuple[Said, str | None]:
    if standing is None or root.review not in {Review.CONFIRMED, Review.REJECTED}:
        return Said.OPEN, None
    if root.review is Review.REJECTED:
        return (Said.NOT_THERE, root.label) if standing.reason in _DENIES else (Said.OPEN, None)
    label = class_of(root.matter, root.label, catalogue)
    return (Said.THERE, label) if label else (Said.OPEN, None)


def class_of(matter: str, label: str, catalogue: Catalogue) -> str | None:
    """Return the class that a matter is learnt as: the model's own word if it fits, or the matter's only class.

    None when the matter has no class, or several and the model named none of them.
    """
    known = catalogue.of_key(matter)
    labels = known.labels if known else ()
    if label in labels:
        return label
    return labels[0] if len(labels) == 1 else None


def spread(pictures: Sequence[Picture], most: int) -> list[Picture]:
    """Return at most ``most`` pictures, evenly spread, first and last among them."""
    if len(pictures) <= most:
        return list(pictures)
    steps = [round(index * (len(pictures) - 1) / max(1, most - 1)) for index in range(most)]
    return [pictures[step] for step in sorted(set(steps))]


def _places(pictures: Sequence[Picture]) -> dict[str, tuple[Box, ...]]:
    places: dict[str, list[Box]] = defaultdict(list)
    for picture in pictures:
        known, box = places[picture.feed_id], picture.box
        if box and len(known) < _MOST_PLACES and all(overlap(box, other) < _ONE_PLACE for other in known):
            known.append(box)
    return {feed: tuple(boxes) for feed, boxes in places.items()}
