"""From kept pictures of clean visits to negatives of the dataset."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from api.dataset.draft import Draft, Material, OnStep, Taken
from api.dataset.findings import Finding, Said
from api.dataset.kept import KeptPicture, Kind, read_jpeg, read_kept
from api.dataset.shots import LeftOut
from detector.labels.split import Piece

Span = tuple[datetime, datetime]
AROUND_INCIDENT = timedelta(hours=1)
"""So long before and after an incident its feed is not called clean, whatever the model says."""


def add_clean(material: Material, draft: Draft, findings: Iterable[Finding], on_step: OnStep) -> None:
    """Put in clean visits, few of each feed; nobody looked at them, so none while an incident was open there."""
    busy = busy_times(findings)
    taken: Counter[str] = Counter()
    for number, kept in enumerate(read_kept(material.kept, since=draft.wish.since, until=draft.wish.until), 1):
        on_step("kept pictures", number, None)
        if kept.kind is not Kind.CLEAN:
            continue
        try:
            _take(draft, kept, busy.get(kept.feed_id, ()), taken[kept.feed_id])
        except LeftOut as why:
            draft.left_out[f"clean pictures: {why}"] += 1
        else:
            taken[kept.feed_id] += 1


def busy_times(findings: Iterable[Finding]) -> dict[str, list[Span]]:
    """Return by feed when an incident was open that nobody has called untrue."""
    busy: dict[str, list[Span]] = defaultdict(list)
    for finding in findings:
        if finding.said is Said.NOT_THERE:
            continue
        for feed in finding.feeds:
            busy[feed].append((finding.first - AROUND_INCIDENT, finding.last + AROUND_INCIDENT))
    return busy


def _take(draft: Draft, kept: KeptPicture, busy: Sequence[Span], taken: int) -> None:
    if kept.synthetic and not draft.wish.synthetic:
        raise LeftOut("of drawn scenes (--synthetic takes them)")
    if any(first <= kept.captured_at <= last for first, last in busy):
        raise LeftOut("an incident was open on the feed then, so the model may have missed it")
    if taken >= draft.wish.clean_per_feed:
        raise LeftOut(f"beyond {draft.wish.clean_per_feed} of the same feed")
    jpeg = read_jpeg(kept)
    if jpeg is None:
        raise LeftOut("the file is gone or changed")
    piece = f"{kept.feed_id} {kept.captured_at.isoformat()}"
    row: dict[str, Any] = {
        "from": "kept",
        "model_id": kept.model_id,
        "score": None,
        "incidents": [],
        "unreviewed": [],
    }
    draft.add(
        Taken(
            source="clean",
            piece=piece,
            feed_id=kept.feed_id,
            at=kept.captured_at,
            jpeg=jpeg,
            boxes=(),
            known=draft.rules.wanted,
            row=row,
        )
    )
    draft.pieces.append(Piece(piece, frozenset({kept.feed_id}), kept.captured_at, kept.captured_at))
