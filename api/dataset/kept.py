"""Kept pictures: a small sample of what the patrol saw, beside the evidence, to learn from later.

In the data folder, by UTC day, each picture with what the model saw in it from the log's low score up::

    kept/2026-01-31/clean-cam-1-235959123.jpg      kept/2026-01-31/clean-cam-1-235959123.json

The JSON is written last: a picture without one was interrupted and is nobody's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog

from detector.labels.picture import LabelBox

_log = structlog.get_logger()


class Kind(StrEnum):
    """Why a picture was kept."""

    CLEAN = "clean"
    """An ok visit in which the model found nothing."""
    UNCERTAIN = "uncertain"
    """Something was seen, and nothing of it surely enough to count."""


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """One kept picture.

    Parameters
    ----------
    feed_id, captured_at
        Whose, and when (aware UTC).
    width, height
        Px of the frame that the model saw; the kept JPEG has its shape, maybe another size.
    model_id, synthetic
        Which weights looked; whether they look at drawn scenes.
    sha256
        Hex, of the JPEG.
    seen
        All raw detections, normalised.
    path
        The JPEG.
    """

    kind: Kind
    feed_id: str
    captured_at: datetime
    width: int
    height: int
    model_id: str
    synthetic: bool
    sha256: str
    seen: tuple[LabelBox, ...]
    path: Path

    def as_record(self) -> str:
        """Return the JSON beside the picture."""
        plain = asdict(self) | {"version": 1, "captured_at": self.captured_at.isoformat()}
        del plain["path"]
        return json.dumps(plain, ensure_ascii=False)


def place_of(folder: Path, kind: Kind, feed_id: str, at: datetime) -> Path:
    """Return where a picture is kept."""
    moment = at.astimezone(UTC)
    return folder / f"{moment:%Y-%m-%d}" / f"{kind}-{feed_id}-{moment:%H%M%S}{moment.microsecond // 1000:03}.jpg"


def days_of(folder: Path) -> list[Path]:
    """Return the folders of days, oldest first."""
    return sorted(path for path in folder.glob("[0-9]*-*-*") if path.is_dir())


def read_kept(folder: Path, *, since: datetime, until: datetime) -> Iterator[KeptPicture]:
    """Yield the pictures captured in ``[since, until)``, oldest day first; one whose record is broken is logged."""
    first, last = f"{since.astimezone(UTC):%Y-%m-%d}", f"{until.astimezone(UTC):%Y-%m-%d}"
    for day in days_of(folder):
        for path in sorted(day.glob("*.json")) if first <= day.name <= last else ():
            try:
                kept = _kept(path)
            except (OSError, ValueError, KeyError, TypeError) as error:
                _log.warning("kept_picture_unreadable", file=str(path), reason=str(error))
                continue
            if since <= kept.captured_at < until:
                yield kept


def read_jpeg(kept: KeptPicture) -> bytes | None:
    """Return the JPEG, or None when it is gone or not the one that was kept."""
    try:
        jpeg = kept.path.read_bytes()
    except OSError:
        return None
    return jpeg if hashlib.sha256(jpeg).hexdigest() == kept.sha256 else None


def _kept(path: Path) -> KeptPicture:
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    del record["version"]
    seen = tuple(LabelBox(each["label"], _box(each["box"]), each["score"]) for each in record.pop("seen"))
    at = datetime.fromisoformat(record.pop("captured_at"))
    kind = Kind(record.pop("kind"))
    return KeptPicture(kind=kind, captured_at=at, seen=seen, path=path.with_suffix(".jpg"), **record)


def _box(values: list[float]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = values
    return (x1, y1, x2, y2)
