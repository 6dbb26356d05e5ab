"""A lane of the schedule: visits that wait for their time, and those whose time has come, by who goes first."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
_Entry = tuple[float, int, float, Item]
"""What it is sorted by, a number that settles ties, when it is due, and whose it is."""


class Lane(Generic[Item]):
    """Two heaps: by due time those that wait, by rank those that are due. Every step is O(log n).

    An entry that was overtaken (its visit was begun by another lane, or its time was set anew) stays until it comes
    to the front and is passed over there.

    Parameters
    ----------
    stands
        ``(item, due_s)``: whether an entry still tells when the item is due.
    """

    def __init__(self, stands: Callable[[Item, float], bool]) -> None:
        self._stands = stands
        self._waiting: list[_Entry[Item]] = []
        self._ready: list[_Entry[Item]] = []
        self._number = 0

    def put(self, item: Item, due_s: float, *, patience_s: float = 0.0) -> None:
        """Take in a visit; one with patience lets those go first that fall due within so many seconds after it."""
        self._number += 1
        heapq.heappush(self._waiting, (due_s, self._number, due_s + patience_s, item))

    def again(self, item: Item, due_s: float) -> None:
        """Put a visit back that was popped and could not be begun."""
        self._number += 1
        heapq.heappush(self._ready, (due_s, self._number, due_s, item))

    def first(self, at_s: float) -> tuple[float, Item] | None:
        """Return when the visit is due that goes first, and whose it is; None when none is due at ``at_s``."""
        while self._waiting and self._waiting[0][0] <= at_s:
            due_s, number, rank, item = heapq.heappop(self._waiting)
            heapq.heappush(self._ready, (rank, number, due_s, item))
        while self._ready and not self._stands(self._ready[0][3], self._ready[0][2]):
            heapq.heappop(self._ready)
        return (self._ready[0][2], self._ready[0][3]) if self._ready else None

    def pop(self, at_s: float) -> tuple[float, Item] | None:
        """Return what ``first`` returns, and remove it."""
        first = self.first(at_s)
        if first is not None:
            heapq.heappop(self._ready)
        return first

    def next_s(self, at_s: float) -> float | None:
        """Return when the next visit is due, in the past when one is; None when none waits."""
        due = self.first(at_s)
        if due is not None:
            return due[0]
        while self._waiting and not self._stands(self._waiting[0][3], self._waiting[0][0]):
            heapq.heappop(self._waiting)
        return self._waiting[0][0] if self._waiting else None
