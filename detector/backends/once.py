"""A bounded cache whose values are slow to make: each is made once, whoever asks first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Once(Generic[K, V]):
    """Values by key, the least recently used dropped beyond ``limit``. Safe to share between threads.

    Whoever asks for a key first makes its value; others who ask for the *same* key meanwhile wait for it, while those
    who ask for another key go on.

    Parameters
    ----------
    make
        Makes a key's value. When it raises, everyone waiting gets that error and the next to ask tries again.
    limit
        So many values are kept.
    """

    def __init__(self, make: Callable[[K], V], limit: int) -> None:
        self._make = make
        self._limit = limit
        self._lock = Lock()
        self._values: OrderedDict[K, Future[V]] = OrderedDict()

    def __call__(self, key: K) -> V:
        """Return the key's value, made now if need be."""
        value, mine = self._place(key)
        if mine:
            self._fulfil(key, value)
        return value.result()

    def __len__(self) -> int:
        """Return how many values are kept."""
        return len(self._values)

    def clear(self) -> None:
        """Drop every value."""
        with self._lock:
            self._values.clear()

    def _place(self, key: K) -> tuple[Future[V], bool]:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key], False
            value = self._values[key] = Future()
            if len(self._values) > self._limit:
                self._values.popitem(last=False)
            return value, True

    def _fulfil(self, key: K, value: Future[V]) -> None:
        try:
            value.set_result(self._make(key))
        except BaseException as error:
            with self._lock:
                self._values.pop(key, None)
            value.set_exception(error)
            raise
