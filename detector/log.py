"""The patrol's log: every visit, and every raw detection from a low score up.

It is what makes what-if replay of zones and thresholds, coverage reports and retraining possible. Parquet files, one
folder per table and day, so that DuckDB or pandas read them as they are::

    log/visits/day=2026-01-31/….parquet      log/detections/day=2026-01-31/….parquet

Files written before a column came lack it: read them with ``union_by_name``, or with the schema that is wanted.

The detections are those of the model that acts. What a candidate said in shadow lies apart, in ``log/shadow``
(``detector.shadowlog``), and what closer looks said of them in ``log/closer`` (``detector.closerlog``), so that
replay and coverage never count a picture twice.
"""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import structlog

from detector import closerlog
from detector.closerlog import CloserLook
from detector.detection import Detection
from detector.shadow import ShadowLook
from detector.shadowlog import SCHEMA, TABLE, row_of
from streams.frame import Frame
from streams.roster import prune_rosters
from streams.visit import Outcome, Visit

_log = structlog.get_logger()
_UTC_MS = pa.timestamp("ms", tz="UTC")


@dataclass(frozen=True, slots=True)
class _Table:
    """A table's folder, its columns, and the column whose day decides where a row goes."""

    name: str
    day_of: str
    schema: pa.Schema


_VISITS = _Table(
    "visits",
    "finished_at",
    pa.schema(
        [
            ("feed_id", pa.string()),
            ("due_at", _UTC_MS),
            ("started_at", _UTC_MS),
            ("finished_at", _UTC_MS),
            ("outcome", pa.string()),
            ("detail", pa.string()),
            ("cpu_ms", pa.float32()),
            ("kind", pa.string()),
            ("plan", pa.list_(pa.string())),
            ("why", pa.string()),
        ]
    ),
)
_DETECTIONS = _Table(
    "detections",
    "captured_at",
    pa.schema(
        [
            ("feed_id", pa.string()),
            ("captured_at", _UTC_MS),
            ("width", pa.int32()),
            ("height", pa.int32()),
            ("label", pa.string()),
            ("score", pa.float32()),
            ("x1", pa.float32()),
            ("y1", pa.float32()),
            ("x2", pa.float32()),
            ("y2", pa.float32()),
            ("model_id", pa.string()),
            ("lon", pa.float64()),
            ("lat", pa.float64()),
        ]
    ),
)
_SHADOW = _Table(TABLE, "captured_at", SCHEMA)
_CLOSER = _Table(closerlog.TABLE, "captured_at", closerlog.SCHEMA)
_TABLES = {table.name: table for table in (_VISITS, _DETECTIONS, _SHADOW, _CLOSER)}
Row = dict[str, Any]


class PatrolLog(Protocol):
    """Where visits and raw detections are remembered."""

    def visit(self, visit: Visit, outcome: Outcome, detail: str) -> None:
        """Remember a visit with its final outcome."""
        ...

    def detections(self, feed_id: str, frame: Frame, found: Iterable[Detection]) -> None:
        """Remember what the model saw in a frame; boxes in px of the frame."""
        ...


class ParquetLog:
    """A ``PatrolLog`` in a folder.

    Rows wait in memory until ``flush``; a crash loses those of the last interval, which is allowed here: incidents
    and reports have a durable ledger of their own.

    Parameters
    ----------
    folder
        Where the tables' folders are made.
    max_rows
        A table with so many waiting rows is written at once.
    """

    def __init__(self, folder: Path, *, max_rows: int = 20_000) -> None:
        self._folder = folder
        self._max_rows = max_rows
        self._lock = threading.Lock()
        self._rows: dict[str, list[Row]] = {name: [] for name in _TABLES}
        self.dropped = 0
        """Rows given up because the disk could not take them."""

    def visit(self, visit: Visit, outcome: Outcome, detail: str) -> None:
        """Remember a visit with its final outcome."""
        row = {
            "feed_id": visit.feed_id,
            "due_at": visit.due_at,
            "started_at": visit.started_at,
            "finished_at": visit.finished_at,
            "outcome": outcome.value,
            "detail": detail,
            "cpu_ms": visit.cpu_ms,
            "kind": visit.kind.value,
            "plan": list(visit.plan),
            "why": visit.why,
        }
        self._add(_VISITS.name, [row])

    def detections(self, feed_id: str, frame: Frame, found: Iterable[Detection]) -> None:
        """Remember what the model saw in a frame."""
        where = {"lon": frame.fix.lon, "lat": frame.fix.lat} if frame.fix else {"lon": None, "lat": None}
        seen = {"feed_id": feed_id, "captured_at": frame.captured_at, "width": frame.width, "height": frame.height}
        self._add(_DETECTIONS.name, [{**seen, **_flat(detection), **where} for detection in found])

    def shadow(self, look: ShadowLook) -> None:
        """Remember what the serving model and a candidate said of one picture."""
        self._add(_SHADOW.name, [row_of(look)])

    def closer(self, look: CloserLook) -> None:
        """Remember what a closer look said of a suspect."""
        self._add(_CLOSER.name, [closerlog.row_of(look)])

    def _add(self, table: str, rows: list[Row]) -> None:
        with self._lock:
            self._rows[table].extend(rows)
            full = len(self._rows[table]) >= self._max_rows
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what waits; rows that cannot be written are given up and counted, and the patrol goes on."""
        with self._lock:
            waiting, self._rows = self._rows, {name: [] for name in _TABLES}
        for name, rows in waiting.items():
            by_day: dict[date, list[Row]] = {}
            for row in rows:
                by_day.setdefault(row[_TABLES[name].day_of].date(), []).append(row)
            for day, days_rows in by_day.items():
                self._write(_TABLES[name], day, days_rows)

    def _write(self, table: _Table, day: date, rows: list[Row]) -> None:
        target = self._folder / table.name / f"day={day}" / f"{uuid.uuid4().hex}.parquet"
        part = target.with_suffix(".part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), part, compression="zstd")
            part.replace(target)
        except (OSError, pa.ArrowException, UnicodeError) as error:
            self.dropped += len(rows)
            with suppress(OSError):
                part.unlink()
            _log.error("log_not_written", table=table.name, rows=len(rows), reason=str(error))

    def prune(self, keep_days: float, *, now: datetime) -> None:
        """Remove the folders of days older than ``keep_days``, and the rosters that ruled only in them."""
        oldest = (now - timedelta(days=keep_days)).date()
        for folder in self._folder.glob("*/day=*"):
            if folder.name.removeprefix("day=") < oldest.isoformat():
                shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            prune_rosters(self._folder, now - timedelta(days=keep_days))


def _flat(detection: Detection) -> Row:
    x1, y1, x2, y2 = detection.box
    return {
        "label": detection.label,
        "score": detection.score,
        "x1": x1,
        "y1": y1,
        "x2": x2,
        "y2": y2,
        "model_id": detection.model_id,
    }
