"""What a patrol wrote down of its visits, for those who measure it. Reads the Parquet log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

_COLUMNS = ("feed_id", "due_at", "started_at", "finished_at", "outcome")


@dataclass(frozen=True, slots=True)
class Made:
    """One visit; times in seconds since 1970. ``kind`` is ``rotation`` where the log does not say."""

    feed_id: str
    due_s: float
    started_s: float
    finished_s: float
    outcome: str
    kind: str = "rotation"

    @property
    def late_s(self) -> float:
        """Seconds from its turn to its end."""
        return self.finished_s - self.due_s


def read_visits(log: Path) -> list[Made]:
    """Return all visits of a log folder, in the order in which they ended."""
    made = [visit for path in log.glob("visits/day=*/*.parquet") for visit in _visits(path)]
    return sorted(made, key=lambda visit: visit.finished_s)


def outcomes(visits: Iterable[Made]) -> dict[str, int]:
    """Return how many visits ended how, the most frequent first."""
    return dict(Counter(visit.outcome for visit in visits).most_common())


def _visits(path: Path) -> Iterable[Made]:
    table = pq.read_table(path, partitioning=None)
    kinds = table["kind"].to_pylist() if "kind" in table.column_names else ["rotation"] * table.num_rows
    columns = [table[name].to_pylist() for name in _COLUMNS]
    for (feed_id, due, started, finished, outcome), kind in zip(zip(*columns, strict=True), kinds, strict=True):
        yield Made(feed_id, due.timestamp(), started.timestamp(), finished.timestamp(), outcome, kind or "rotation")
