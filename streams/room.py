"""Room for visits under way at once."""

from __future__ import annotations

import threading


class Room:
    """So many places; taken all at once by one thread, given back by others as they finish.

    A semaphore would have each place taken and given back by itself, at each visit all that are free.

    Parameters
    ----------
    places
        How many there are, all free.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._freed = threading.Condition()

    def take_all(self, *, wait_s: float) -> int:
        """Take every free place and return how many; 0 when there was none for so many seconds."""
        with self._freed:
            self._freed.wait_for(lambda: self._free, wait_s)
            taken, self._free = self._free, 0
            return taken

    def give_back(self, places: int = 1) -> None:
        """Let others have so many places."""
        if places:
            with self._freed:
                self._free += places
                self._freed.notify()
