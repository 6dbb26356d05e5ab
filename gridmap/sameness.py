"""Are two findings one thing? By their boxes in one fixed view, or by their places on the ground.

Two things in one fixed view are told apart by their boxes alone, however near their ground places are: the view knows
better. Between feeds, and between a vehicle's frames, only ground places can be compared.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from detector.detection import Box, area, shared_area
from gridmap.place import Method, Place

_CONTAINED = 0.8
"""So much of the smaller box inside the larger one: a heap that grew, or one bag of it that was found alone."""
_LARGEST_GROWTH = 10.0
"""But not when the larger box has over so many times the area: a box over the whole view would take in everything."""
_TRUSTED = 2.0
"""A place says which thing it is only when it is known within so many times ``match_m``."""
_EARTH_M = 6_371_008.8
_CELL_DEG = 0.001


def likeness(first: Box, second: Box, match_iou: float) -> float | None:
    """Return how alike two boxes of one view are (their IoU, 0..1), or None when they are not one thing.

    They are one thing when their IoU reaches ``match_iou``, or when at least 0.8 of the smaller lies inside the
    larger and the larger has at most 10 times its area: heaps grow and are carried off bit by bit.

    >>> likeness((0, 0, 2, 2), (0, 0, 2, 1), 0.3)
    0.5
    >>> likeness((0, 0, 1, 1), (2, 2, 3, 3), 0.3) is None
    True
    """
    small, large = sorted((area(first), area(second)))
    shared = shared_area(first, second)
    if small <= 0 or shared <= 0:
        return None
    iou = shared / (small + large - shared)
    contained = shared >= _CONTAINED * small and large <= _LARGEST_GROWTH * small
    return iou if iou >= match_iou or contained else None


def identifies(place: Place | None, match_m: float) -> bool:
    """Return whether a place is known well enough to say which thing stands there.

    Not when its accuracy is worse than twice ``match_m`` (50 m would merge a whole street), and never when it is only
    the point where the camera stands: everything that camera sees has that same place.
    """
    return place is not None and place.method is not Method.POINT and place.accuracy_m <= _TRUSTED * match_m


def apart_m(first: Place, second: Place) -> float:
    """Return metres between two places, on a sphere flattened between them (right to 0.1 % up to some kilometres)."""
    middle = math.radians((first.lat + second.lat) / 2)
    east = math.radians(second.lon - first.lon) * math.cos(middle)
    return _EARTH_M * math.hypot(east, math.radians(second.lat - first.lat))


def nearness(first: Place | None, second: Place | None, match_m: float) -> float | None:
    """Return the metres between two places that are one thing, or None when they are not.

    One thing is nearer than ``match_m`` plus what the two places' errors add up to as independent errors do
    (√(a² + b²)), of which at most another ``match_m`` counts: nothing over ``2 * match_m`` apart is ever one thing.
    """
    if first is None or second is None or not (identifies(first, match_m) and identifies(second, match_m)):
        return None
    reach = match_m + min(match_m, math.hypot(first.accuracy_m, second.accuracy_m))
    distance = apart_m(first, second)
    return distance if distance <= reach else None


class Neighbourhood:
    """Keys by ground place, in squares of a thousandth of a degree: looking around costs the same in any city.

    >>> around = Neighbourhood()
    >>> around.put("a", Place(106.5, 29.5, 5, Method.FIX))
    >>> sorted(around.near(Place(106.5001, 29.5, 5, Method.FIX), 30.0))
    ['a']
    """

    def __init__(self) -> None:
        self._squares: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
        self._of: dict[str, tuple[int, int]] = {}

    def put(self, key: str, place: Place) -> None:
        """Note where ``key`` is, instead of where it was."""
        self.drop(key)
        square = (math.floor(place.lon / _CELL_DEG), math.floor(place.lat / _CELL_DEG))
        self._squares[square].add(key)
        self._of[key] = square

    def drop(self, key: str) -> None:
        """Forget ``key``; unknown keys are fine."""
        square = self._of.pop(key, None)
        if square is not None:
            self._squares[square].discard(key)
            if not self._squares[square]:
                del self._squares[square]

    def near(self, place: Place, reach_m: float) -> Iterator[str]:
        """Yield every key within ``reach_m`` of ``place``, and some that are a little further."""
        north = math.degrees(reach_m / _EARTH_M)
        east = north / max(0.01, math.cos(math.radians(place.lat)))
        for column in _squares(place.lon, east):
            for row in _squares(place.lat, north):
                yield from self._squares.get((column, row), ())


def _squares(centre_deg: float, reach_deg: float) -> range:
    return range(
        math.floor((centre_deg - reach_deg) / _CELL_DEG), math.floor((centre_deg + reach_deg) / _CELL_DEG) + 1
    )
