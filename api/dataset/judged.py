"""From judged incidents to pictures of the dataset."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.dataset.draft import Draft, Material, OnStep, Taken
from api.dataset.findings import Finding, Said
from api.dataset.shots import Around, Known, LeftOut, Shot, known_of, shots_of
from api.dataset.tree import Entry, slug
from api.errors import PictureGone
from detector.labels.picture import LabelBox
from detector.labels.split import Piece
from detector.logreader import Moment, read_detections


def add_judged(material: Material, draft: Draft, findings: Sequence[Finding], on_step: OnStep) -> None:
    """Put in the pictures of judged incidents, few of each, no two alike.

    Raises
    ------
    detector.errors.ModelError
        When the log cannot be read.
    """
    shots = shots_of(findings)
    around = Around(findings)
    seen = read_detections(
        material.log, (shot.moment for shot in shots), on_file=lambda done, of: on_step("log files", done, of)
    )
    taken: Counter[str] = Counter()
    together = _Together()
    for number, shot in enumerate(_by_turns(shots), 1):
        on_step("pictures", number, len(shots))
        if all(taken[finding.id] >= draft.wish.per_incident for finding, _ in shot.direct):
            draft.left_out[f"pictures beyond {draft.wish.per_incident} of the same incident"] += 1
            continue
        known = _take(material, draft, shot, around, seen)
        if known is not None:
            taken.update({finding.id for finding, _ in shot.direct})
            together.bind([finding.id for finding in known.findings])
    _bind_pieces(draft, together, {finding.id: finding for finding in findings})


def _by_turns(shots: Sequence[Shot]) -> Iterator[Shot]:
    """Yield the shots so that a cut anywhere leaves them spread over time: every fourth, then those between."""
    for first in (0, 2, 1, 3):
        yield from shots[first::4]


def _take(
    material: Material, draft: Draft, shot: Shot, around: Around, seen: Mapping[Moment, tuple[LabelBox, ...]]
) -> Known | None:
    try:
        known = known_of(shot, around, seen.get(shot.moment), draft.rules)
        jpeg = material.evidence.read(shot.picture.kept.name)
        draft.add(_taken(shot, known, jpeg, draft.rules.classes))
    except PictureGone:
        draft.left_out["pictures whose file is gone"] += 1
        return None
    except LeftOut as why:
        draft.left_out[f"pictures: {why}"] += 1
        return None
    return known


def _taken(shot: Shot, known: Known, jpeg: bytes, classes: tuple[str, ...]) -> Taken:
    picture = shot.picture
    row = {
        "from": "evidence",
        "model_id": picture.model_id,
        "score": picture.score,
        "incidents": [_told(finding) for finding in known.findings],
        "unreviewed": sorted(known.unreviewed),
    }
    return Taken(
        source=_source(known, classes),
        piece=known.findings[0].id,
        feed_id=picture.feed_id,
        at=picture.captured_at,
        jpeg=jpeg,
        boxes=known.boxes,
        known=known.known,
        row=row,
    )


def _source(known: Known, classes: tuple[str, ...]) -> str:
    role = "confirmed" if known.boxes else "rejected"
    named = (slug(name, number) for number, name in enumerate(classes) if name in known.known)
    return "-".join([role, *named])


def _told(finding: Finding) -> dict[str, Any]:
    """Return an incident's part in the provenance: what was said and when, not by whom."""
    return {
        "id": finding.id,
        "matter": finding.matter,
        "verdict": finding.why,
        "class": finding.label,
        "there": finding.said is Said.THERE,
        "at": finding.at.isoformat() if finding.at else None,
    }


class _Together:
    """Which incidents share a picture, and so a side."""

    def __init__(self) -> None:
        self._head: dict[str, str] = {}

    def bind(self, ids: Sequence[str]) -> None:
        """Let these go together."""
        heads = sorted({self.head(each) for each in ids})
        for head in heads:
            self._head[head] = heads[0]

    def head(self, one: str) -> str:
        """Return the incident that stands for all that go with this one."""
        self._head.setdefault(one, one)
        while self._head[one] != one:
            one = self._head[one]
        return one

    def all(self) -> Mapping[str, list[str]]:
        """Return those that go together, by the one that stands for them."""
        found: dict[str, list[str]] = defaultdict(list)
        for one in self._head:
            found[self.head(one)].append(one)
        return found


def _bind_pieces(draft: Draft, together: _Together, findings: Mapping[str, Finding]) -> None:
    draft.entries = [Entry(one.name, together.head(one.piece), one.boxes, one.row) for one in draft.entries]
    for head, ids in together.all().items():
        members = [findings[each] for each in ids]
        feeds = frozenset(feed for each in members for feed in each.feeds)
        first, last = min(each.first for each in members), max(each.last for each in members)
        draft.pieces.append(Piece(head, feeds, first, last))
