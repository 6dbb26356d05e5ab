"""The log's visits as columns: what a report over millions of them reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from numpy.typing import NDArray

from streams.heap import give_back

_UTC_MS = pa.timestamp("ms", tz="UTC")
_NAME = pa.dictionary(pa.int32(), pa.string())
_COLUMNS = pa.schema([("feed_id", _NAME), ("due_at", _UTC_MS), ("started_at", _UTC_MS), ("outcome", _NAME)])
_LONGEST_LATE = timedelta(days=1)
"""A visit is filed under the day on which it ended; one that came later than this is not looked for."""
_TRIES = 3
_MS = np.int64(1 << 44)
"""More ms than since 1970: a feed and a time in one sortable number."""


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits by feed, each feed's in the order in which they were begun; one element of each column a visit.

    Parameters
    ----------
    feed, outcome
        Indices into ``feeds`` and ``outcomes``.
    due_ms, started_ms
        Whole ms since 1970, UTC.
    feeds
        Ids in the order of their letters.
    """

    feed: NDArray[np.int32]
    due_ms: NDArray[np.int64]
    started_ms: NDArray[np.int64]
    outcome: NDArray[np.int32]
    feeds: tuple[str, ...]
    outcomes: tuple[str, ...]

    def of_feeds(self, first: str, after: str | None) -> Visits:
        """Return the visits of the feeds from id ``first`` until before id ``after``; None means to the end."""
        low = bisect_left(self.feeds, first)
        high = len(self.feeds) if after is None else bisect_left(self.feeds, after)
        begin, end = np.searchsorted(self.feed, [low, high]).tolist()
        return self.at(slice(begin, end))

    def at(self, chosen: slice | NDArray[np.int64]) -> Visits:
        """Return the chosen visits."""
        return replace(
            self,
            feed=self.feed[chosen],
            due_ms=self.due_ms[chosen],
            started_ms=self.started_ms[chosen],
            outcome=self.outcome[chosen],
        )


def read_visits(log: Path, since: datetime, until: datetime) -> Visits:
    """Return the visits that were due from ``since`` until before ``until``, of every process that wrote them.

    Parameters
    ----------
    log
        The log's folder.
    since, until
        Aware times.

    Raises
    ------
    OSError
        When a file is there and is not a part of the log.
    """
    due = (ds.field("due_at") >= pa.scalar(since, _UTC_MS)) & (ds.field("due_at") < pa.scalar(until, _UTC_MS))
    return _columns(_table(log, since, until, due))


def _table(log: Path, since: datetime, until: datetime, due: ds.Expression) -> pa.Table:
    form = ds.ParquetFileFormat(dictionary_columns={"feed_id", "outcome"})
    for _ in range(_TRIES):
        files = _files(log, since, until)
        try:
            return ds.dataset([str(path) for path in files], schema=_COLUMNS, format=form).to_table(filter=due)
        except FileNotFoundError:
            continue  # the patrol pruned it meanwhile
        except pa.ArrowException as error:
            raise OSError(f"{_broken(files) or log} is not a part of the log ({error}); remove it") from error
    raise OSError(f"the files of {log} come and go; try again")


def _files(log: Path, since: datetime, until: datetime) -> list[Path]:
    first, last = since.astimezone(UTC).date(), (until + _LONGEST_LATE).astimezone(UTC).date()
    return sorted(
        path
        for folder in log.glob("visits/day=*")
        if first.isoformat() <= folder.name.removeprefix("day=") <= last.isoformat()
        for path in folder.glob("*.parquet")
    )


def _broken(files: Iterable[Path]) -> Path | None:
    for path in files:
        try:
            pq.read_schema(path)
        except (OSError, pa.ArrowException):
            return path
    return None


def _columns(table: pa.Table) -> Visits:
    table = table.unify_dictionaries().combine_chunks()
    named, ids = _names(table, "feed_id")
    order_of_ids = np.argsort(np.array(ids, np.str_))
    rank = np.empty(len(ids), np.int32)
    rank[order_of_ids] = np.arange(len(ids))
    feed, started = rank[named], _whole_ms(table, "started_at")
    order = np.argsort(feed * _MS + started, kind="stable")
    outcome, outcomes = _names(table, "outcome")
    due, feeds = _whole_ms(table, "due_at"), tuple(ids[index] for index in order_of_ids)
    return Visits(feed[order], due[order], started[order], outcome[order], feeds, outcomes)


def _whole_ms(table: pa.Table, name: str) -> NDArray[np.int64]:
    return np.asarray(table.column(name).cast(pa.int64()).to_numpy(), dtype=np.int64)


def _names(table: pa.Table, name: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    column = table.column(name)
    if not column.num_chunks:
        return np.zeros(0, np.int32), ()
    chunk = column.chunk(0)
    return np.asarray(chunk.indices.to_numpy(), dtype=np.int32), tuple(chunk.dictionary.to_pylist())


def let_go() -> None:
    """Give the system back what reading took: Arrow and the C library would keep 240 MB of a large city's day."""
    pa.default_memory_pool().release_unused()
    give_back()
