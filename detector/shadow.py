"""A shadow look: what the serving model and a candidate beside it said of one picture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from detector.detection import Box, Detection, overlap


@dataclass(frozen=True, slots=True)
class ShadowLook:
    """One picture that both models saw.

    Parameters
    ----------
    feed_id, captured_at, width, height
        The picture: its feed, when it was taken (aware UTC), its size in px.
    serving_id, shadow_id
        Ids of the model that acts and of the candidate.
    serving, shadow
        What each found, from the log's low score up; boxes in px of the picture.
    shadow_ms, serving_ms
        CPU of a look of each at this picture in ms, all threads, measured on equal terms in the candidate's process;
        None for most looks, on which it was not measured.
    """

    feed_id: str
    captured_at: datetime
    width: int
    height: int
    serving_id: str
    shadow_id: str
    serving: tuple[Detection, ...]
    shadow: tuple[Detection, ...]
    shadow_ms: float | None = None
    serving_ms: float | None = None


def chosen(feed_id: str, captured_at: datetime, share: float) -> bool:
    """Return whether a candidate looks at this picture too: the same answer every time, for ``share`` of them.

    Time is part of it, so that each feed has its turn; chance is not, so that a run can be told again.

    >>> from datetime import UTC
    >>> sum(chosen("cam", datetime(2026, 7, 1, 8, minute, tzinfo=UTC), 0.5) for minute in range(60))
    33
    """
    digest = hashlib.blake2b(f"{feed_id}@{captured_at.isoformat()}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) < share * 2**32


def overlapping(found: Iterable[Detection], box: Box, at_least: float) -> Iterator[Detection]:
    """Yield the detections whose intersection over union with ``box`` (px, same picture) reaches ``at_least``."""
    for detection in found:
        if overlap(detection.box, box) >= at_least:
            yield detection
