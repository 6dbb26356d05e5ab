"""How shadow looks lie in the log: one row a look, with what each of the two models found, for good as one piece.

The serving model's findings are in the table of detections too; here they stand beside the candidate's, pictures on
which nobody found anything included. In DuckDB::

    SELECT feed_id, unnest(shadow) FROM 'log/shadow/*/*.parquet'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from detector.detection import Detection
from detector.shadow import ShadowLook

TABLE = "shadow"
_UTC_MS = pa.timestamp("ms", tz="UTC")
_FINDING = pa.struct([("label", pa.string()), *((name, pa.float32()) for name in ("score", "x1", "y1", "x2", "y2"))])
SCHEMA = pa.schema(
    [
        ("feed_id", pa.string()),
        ("captured_at", _UTC_MS),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("serving_id", pa.string()),
        ("shadow_id", pa.string()),
        ("serving", pa.list_(_FINDING)),
        ("shadow", pa.list_(_FINDING)),
        ("shadow_ms", pa.float32()),
        ("serving_ms", pa.float32()),
    ]
)
Pair = tuple[str, str]
"""Ids of a serving model and of the candidate beside it."""
_PLAIN = ("feed_id", "captured_at", "width", "height", "serving_id", "shadow_id", "shadow_ms", "serving_ms")


def row_of(look: ShadowLook) -> dict[str, Any]:
    """Return the look as a row of the table."""
    plain = {name: getattr(look, name) for name in _PLAIN}
    return plain | {"serving": _flat(look.serving), "shadow": _flat(look.shadow)}


def read_looks(log: Path, since: datetime) -> Iterator[ShadowLook]:
    """Yield the looks at pictures taken since an aware time, a file at a time, oldest day first.

    Parameters
    ----------
    log
        The log's folder; without a shadow table in it nothing is yielded.

    Raises
    ------
    OSError
        When a file is there and cannot be read as Parquet. One that the patrol prunes meanwhile is passed over.
    """
    for path in _files(log, since):
        yield from (_look(row) for row in _rows(path) if row["captured_at"] >= since)


def read_pairs(log: Path, since: datetime) -> dict[Pair, datetime]:
    """Return which two models were compared since an aware time: serving and shadow id, and when last.

    Raises
    ------
    OSError
        As ``read_looks``.
    """
    last: dict[Pair, datetime] = {}
    for path in _files(log, since):
        for row in _rows(path, ["serving_id", "shadow_id", "captured_at"]):
            pair = (row["serving_id"], row["shadow_id"])
            if row["captured_at"] >= since:
                last[pair] = max(row["captured_at"], last.get(pair, since))
    return last


def _files(log: Path, since: datetime) -> list[Path]:
    first = f"day={since.astimezone(UTC).date().isoformat()}"
    return sorted(path for path in (log / TABLE).glob("day=*/*.parquet") if path.parent.name >= first)


def _rows(path: Path, columns: list[str] | None = None) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = pq.read_table(path, columns=columns, partitioning=None).to_pylist()
    except FileNotFoundError:
        return []
    except pa.ArrowException as error:
        raise OSError(f"{path} is not a part of the log ({error}); remove it") from error
    return rows


def _flat(found: Iterable[Detection]) -> list[dict[str, Any]]:
    return [
        {"label": each.label, "score": each.score, **dict(zip(("x1", "y1", "x2", "y2"), each.box, strict=True))}
        for each in found
    ]


def _look(row: Mapping[str, Any]) -> ShadowLook:
    return ShadowLook(
        **{name: row[name] for name in _PLAIN},
        serving=_detections(row["serving"], row["serving_id"]),
        shadow=_detections(row["shadow"], row["shadow_id"]),
    )


def _detections(found: Iterable[Mapping[str, Any]], model_id: str) -> tuple[Detection, ...]:
    return tuple(
        Detection(each["label"], min(each["score"], 1.0), (each["x1"], each["y1"], each["x2"], each["y2"]), model_id)
        for each in found
    )
