"""Closer looks in the log: one row for each suspect that the main stream was asked about, beside the detections.

A finding stands in the table of detections as the sub-stream's picture showed it, whatever became of it; what the
closer look said stands here alone, so that nothing is counted twice. In DuckDB::

    SELECT label, said, count(*) FROM 'log/closer/*/*.parquet' GROUP BY ALL
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import pyarrow as pa

from detector.detection import Detection

TABLE = "closer"
_BOX = ("x1", "y1", "x2", "y2")
SCHEMA = pa.schema(
    [
        ("feed_id", pa.string()),
        ("captured_at", pa.timestamp("ms", tz="UTC")),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("label", pa.string()),
        ("score", pa.float32()),
        *((name, pa.float32()) for name in _BOX),
        ("said", pa.string()),
        ("why", pa.string()),
        ("closer_label", pa.string()),
        ("closer_score", pa.float32()),
        *((f"closer_{name}", pa.float32()) for name in _BOX),
        ("model_id", pa.string()),
    ]
)


class Said(StrEnum):
    """What a closer look said of a suspect."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    """It is not there, or not sure enough to count."""
    FAILED = "failed"
    """There was no closer look: the suspect counts as the sub-stream showed it."""


@dataclass(frozen=True, slots=True)
class CloserLook:
    """One suspect, and what the closer look said of it.

    Parameters
    ----------
    feed_id, captured_at, width, height
        The sub-stream's picture: its feed, when it was taken (aware UTC), its size in px.
    suspect
        As it was found there.
    said
        What became of it.
    closer
        What is there by the closer look, sure enough or not; box in px of the sub-stream's picture. None for nothing.
    why
        Why there was no closer look; one sentence without credentials.
    """

    feed_id: str
    captured_at: datetime
    width: int
    height: int
    suspect: Detection
    said: Said
    closer: Detection | None = None
    why: str = ""


def row_of(look: CloserLook) -> dict[str, Any]:
    """Return the look as a row of the table."""
    suspect, closer = look.suspect, look.closer
    told = {"closer_label": closer.label, "closer_score": closer.score} if closer else {}
    box = dict(zip((f"closer_{name}" for name in _BOX), closer.box, strict=True)) if closer else {}
    return {
        "feed_id": look.feed_id,
        "captured_at": look.captured_at,
        "width": look.width,
        "height": look.height,
        "label": suspect.label,
        "score": suspect.score,
        **dict(zip(_BOX, suspect.box, strict=True)),
        "said": look.said.value,
        "why": look.why,
        **told,
        **box,
        "model_id": suspect.model_id,
    }
