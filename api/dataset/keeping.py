"""The keeper: which of the patrol's pictures are kept to learn from, and for how long.

Most visits end without evidence, and a model that only ever sees its own findings again learns nothing of the street
without them. So a small share of clean and of uncertain visits is kept, made unreadable where evidence would be, on
the patrol's own disk. Few per feed and day, within a budget that is spread evenly over the days, and never when the
disk runs full.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog

from api.dataset.kept import KeptPicture, Kind, days_of, place_of
from configs.matters import Catalogue
from configs.settings import DatasetSettings
from detector.detection import Detection
from detector.labels.picture import LabelBox
from detector.model import ModelCard
from detector.shadow import chosen
from streams.frame import Frame

_log = structlog.get_logger()
_DAY_S = 86_400.0
_SAVED_UP_S = 6 * 3600.0
"""What a quiet night leaves of the budget can be used in so many hours' worth."""
_LEAST_SAVED_BYTES = 4_000_000
_AGAIN_AFTER_S = 60.0
_PRUNE_EVERY = timedelta(hours=1)


class Keeper:
    """Keeps a sample of pictures. May be called by several threads.

    Parameters
    ----------
    folder
        Made when the first picture is kept.
    settings, catalogue
        How much; from which score each matter counts.
    min_free_bytes
        With less free on the disk nothing is kept.
    tell
        Hears a sentence when pictures cannot be kept, and None when they can again.
    running_s
        A clock in seconds that only runs forward.
    free_bytes
        Says how much is free.
    """

    def __init__(  # noqa: PLR0913 - what is kept, how much of it, and what says so
        self,
        folder: Path,
        settings: DatasetSettings,
        catalogue: Catalogue,
        *,
        min_free_bytes: int = 0,
        tell: Callable[[str | None], None] = lambda _: None,
        running_s: Callable[[], float] = time.monotonic,
        free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._from_score = {label: each.rule.min_score for each in catalogue.matters for label in each.labels}
        self._min_free_bytes = min_free_bytes
        self._tell = tell
        self._running_s = running_s
        self._free_bytes = free_bytes
        self._lock = threading.Lock()
        self._per_s = settings.budget_mb * 1e6 / (settings.keep_days * _DAY_S)
        self._most = max(_LEAST_SAVED_BYTES, self._per_s * _SAVED_UP_S) if settings.budget_mb else 0.0
        self._left, self._left_at_s = self._most, running_s()
        self._again_at_s = 0.0
        self._day: date | None = None
        self._today: Counter[tuple[Kind, str]] = Counter()
        self._pruned_at: datetime | None = None

    def offer(
        self,
        feed_id: str,
        frame: Frame,
        found: Sequence[Detection],
        *,
        findings: Sequence[Detection],
        card: ModelCard,
        render: Callable[[], bytes | None],
    ) -> None:
        """Keep the picture of a seeing visit, if it is one to learn from and its turn.

        The turn is drawn as for a shadow look, so that a picture that is kept was seen by the candidate too as long
        as ``model.shadow_share`` is no less than the share kept.

        Parameters
        ----------
        found
            All raw detections; boxes in px of the frame.
        findings
            What they come to, by rules that make one thing of several.
        card
            Of the model that found them.
        render
            Makes the JPEG as evidence is made, privacy zones unreadable; called only when it is kept.
        """
        kind = self._kind([*found, *findings])
        if kind is None or not self._turn(kind, feed_id, frame.captured_at):
            return
        jpeg = render()
        if jpeg is None or not self._paid(len(jpeg)):
            return
        record = KeptPicture(
            kind=kind,
            feed_id=feed_id,
            captured_at=frame.captured_at,
            width=frame.width,
            height=frame.height,
            model_id=card.id,
            synthetic=card.synthetic,
            sha256=hashlib.sha256(jpeg).hexdigest(),
            seen=tuple(_normalised(each, frame) for each in found),
            path=place_of(self._folder, kind, feed_id, frame.captured_at),
        )
        self._write(record, jpeg)

    def prune(self, now: datetime) -> None:
        """Remove what is too old or over the budget, the oldest first; looks at most once an hour."""
        if self._pruned_at is not None and now - self._pruned_at < _PRUNE_EVERY:
            return
        self._pruned_at = now
        oldest = f"{(now - timedelta(days=self._settings.keep_days)).astimezone(UTC):%Y-%m-%d}"
        for day in days_of(self._folder):
            if day.name < oldest:
                shutil.rmtree(day, ignore_errors=True)
        self._shrink()

    def _kind(self, found: Sequence[Detection]) -> Kind | None:
        """Return what the picture is good for; one with a finding is evidence's business."""
        wanted = [each for each in found if each.label in self._from_score]
        if any(each.score >= self._from_score[each.label] for each in wanted):
            return None
        unsure = any(each.score >= self._settings.uncertain_from for each in wanted)
        return Kind.UNCERTAIN if unsure else Kind.CLEAN

    def _turn(self, kind: Kind, feed_id: str, at: datetime) -> bool:
        share = self._settings.keep_clean if kind is Kind.CLEAN else self._settings.keep_uncertain
        if not share or not chosen(feed_id, at, share) or self._running_s() < self._again_at_s:
            return False
        with self._lock:
            if at.date() != self._day:
                self._day, self._today = at.date(), Counter()
            self._today[kind, feed_id] += 1
            return self._today[kind, feed_id] <= self._settings.per_feed_per_day

    def _paid(self, size: int) -> bool:
        """Take the bytes from what the budget allows by now; return whether there were enough."""
        with self._lock:
            now_s = self._running_s()
            self._left = min(self._most, self._left + (now_s - self._left_at_s) * self._per_s)
            self._left_at_s = now_s
            if size > self._left:
                return False
            self._left -= size
            return True

    def _write(self, record: KeptPicture, jpeg: bytes) -> None:
        part = record.path.with_name(f"{record.path.name}.{os.urandom(4).hex()}.part")
        try:
            record.path.parent.mkdir(parents=True, exist_ok=True)
            if self._free_bytes(record.path.parent) < self._min_free_bytes:
                self._refuse("the disk has less left than evidence.min_free_mb")
                return
            part.write_bytes(jpeg)
            part.replace(record.path)
            record.path.with_suffix(".json").write_text(record.as_record(), encoding="utf-8")
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            self._refuse(f"the folder {self._folder} cannot be written ({error.strerror})")
            return
        self._tell(None)

    def _refuse(self, why: str) -> None:
        self._again_at_s = self._running_s() + _AGAIN_AFTER_S
        self._tell(f"no pictures to learn from are kept: {why}; make room, or set dataset.budget_mb to 0")
        _log.warning("pictures_not_kept", reason=why)

    def _shrink(self) -> None:
        files = [(path, size) for day in days_of(self._folder) for path, size in _sizes(day)]
        over = sum(size for _, size in files) - self._settings.budget_mb * 1e6
        for path, size in files:
            if over <= 0:
                return
            with suppress(OSError):
                path.with_suffix(".json").unlink(missing_ok=True)
                path.unlink()
                over -= size


def _sizes(day: Path) -> list[tuple[Path, int]]:
    sizes = []
    for path in sorted(day.glob("*.jpg*"), key=lambda path: path.name.split(".")[0][-9:]):  # by time of day
        with suppress(OSError):
            sizes.append((path, path.stat().st_size))
    return sizes


def _normalised(found: Detection, frame: Frame) -> LabelBox:
    x1, y1, x2, y2 = found.box
    box = (x1 / frame.width, y1 / frame.height, x2 / frame.width, y2 / frame.height)
    rounded = tuple(min(1.0, max(0.0, round(value, 5))) for value in box)
    return LabelBox(found.label, rounded, round(found.score, 4))  # type: ignore[arg-type]
