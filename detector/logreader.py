"""Looking things up in the patrol's log: what the model saw in pictures of which feed and time are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from detector.errors import ModelError
from detector.labels.picture import LabelBox

Moment = tuple[str, int]
"""A picture: its feed's id, and when it was taken in whole ms since 1970, as the log keeps it."""

_COLUMNS = ["feed_id", "captured_at", "width", "height", "label", "score", "x1", "y1", "x2", "y2"]


def moment_of(feed_id: str, at: datetime) -> Moment:
    """Return a picture's key.

    >>> moment_of("cam", datetime(1970, 1, 1, 0, 0, 1, 999, tzinfo=UTC))
    ('cam', 1000)
    """
    since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return feed_id, since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def read_detections(
    log: Path, wanted: Iterable[Moment], *, on_file: Callable[[int, int], None] = lambda _done, _of: None
) -> Mapping[Moment, tuple[LabelBox, ...]]:
    """Return what the model saw in each wanted picture, boxes normalised 0..1; pictures without a row are left out.

    Reads the days' files one after another, so that a log of many days needs the memory of one file.

    Parameters
    ----------
    log
        The log's folder.
    wanted
        The pictures.
    on_file
        Told how many of how many files are read.

    Raises
    ------
    ModelError
        When a file of the log cannot be read.
    """
    by_day: dict[str, set[Moment]] = defaultdict(set)
    for moment in wanted:
        by_day[f"{datetime.fromtimestamp(moment[1] / 1000, UTC):%Y-%m-%d}"].add(moment)
    files = [(path, day) for day in sorted(by_day) for path in sorted(log.glob(f"detections/day={day}/*.parquet"))]
    found: dict[Moment, list[LabelBox]] = defaultdict(list)
    for number, (path, day) in enumerate(files, 1):
        for row in _rows(path, by_day[day]):
            found[row["feed_id"], row["captured_at"]].append(_seen(row))
        on_file(number, len(files))
    return {moment: tuple(boxes) for moment, boxes in found.items()}


def _rows(path: Path, wanted: set[Moment]) -> list[dict[str, Any]]:
    try:
        table = pq.read_table(path, columns=_COLUMNS, partitioning=None)
    except FileNotFoundError:  # pruned meanwhile
        return []
    except (OSError, pa.ArrowException) as error:
        raise ModelError(f"{path} is no part of the log ({error}); move it away and try again") from error
    table = table.set_column(1, "captured_at", table["captured_at"].cast(pa.timestamp("ms")).cast(pa.int64()))
    times, feeds = pa.array(sorted({at for _, at in wanted})), pa.array(sorted({feed for feed, _ in wanted}))
    table = table.filter(pc.is_in(table["captured_at"], value_set=times))
    table = table.filter(pc.is_in(table["feed_id"], value_set=feeds))
    rows: list[dict[str, Any]] = table.to_pylist()
    return [row for row in rows if (row["feed_id"], row["captured_at"]) in wanted]


def _seen(row: Mapping[str, Any]) -> LabelBox:
    width, height = row["width"], row["height"]
    box = (row["x1"] / width, row["y1"] / height, row["x2"] / width, row["y2"] / height)
    return LabelBox(row["label"], box, row["score"])
