"""Commits of which nobody knows whether they were written, because the connection was lost before the answer came."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

from gridmap.ledger import Report

_Key = tuple[str, str, str]
"""What stays the same of a report when its commit is repeated; its picture may have been dropped by then."""


class Doubts:
    """Keeps a repeated commit from writing its reports twice.

    Every attempt at a commit has a number that is written with it. The number found in the database tells which
    attempt was the last to be written; its reports are recognised when its commit is repeated.
    """

    def __init__(self) -> None:
        self._numbers = 0
        self._open: dict[int, list[Report]] = {}
        self._written: dict[_Key, deque[Report]] = defaultdict(deque)

    def attempt(self, last_written: int) -> Attempt:
        """Begin an attempt, knowing which one was the last to be written (0: none); that ends every doubt."""
        for report in self._open.pop(last_written, ()):
            self._written[_key(report)].append(report)
        self._open.clear()
        self._numbers += 1
        return Attempt(self._numbers, self._open, self._written)


class Attempt:
    """One attempt at a commit.

    Parameters
    ----------
    number
        To be written with it.
    """

    def __init__(self, number: int, doubtful: dict[int, list[Report]], written: dict[_Key, deque[Report]]) -> None:
        self.number = number
        self._doubtful = doubtful
        self._written = written
        self._found: dict[_Key, int] = defaultdict(int)

    def find(self, report: Report) -> Report | None:
        """Return the report as an attempt in doubt wrote it, each only once; None when none did."""
        key = _key(report)
        before = self._written.get(key, ())
        if self._found[key] >= len(before):
            return None
        self._found[key] += 1
        return before[self._found[key] - 1]

    def in_doubt(self, new: Iterable[Report]) -> None:
        """Remember what it wrote; said just before it is committed."""
        self._doubtful[self.number] = list(new)

    def committed(self) -> None:
        """Forget it: its caller knows that it was written, and what was found."""
        self._doubtful.pop(self.number, None)
        for key, count in self._found.items():
            left = deque(list(self._written.get(key, ()))[count:])
            self._written.pop(key, None)
            if left:
                self._written[key] = left


def _key(report: Report) -> _Key:
    return (report.incident_id, report.kind, report.body_json)
