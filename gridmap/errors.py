"""What can go wrong between a box and a cell.

GridmapError                mend the configuration
├── DatumError              a datum that is not known, or a point outside its range
├── CalibrationError        point pairs that cannot carry a homography (collinear, ill-conditioned)
├── GridError               a grid file that cannot be used; ``findings`` lists every fault
└── LedgerError             the patrol's state cannot be read or written: nothing was changed; mend it, try again
    └── Deposed             another process leads the patrol now: drop what waits, and stop leading
"""

from __future__ import annotations


class GridmapError(Exception):
    """Something in the geometry cannot be used. ``str(error)`` is one sentence with the way out."""


class DatumError(GridmapError):
    """A datum that is not known, or coordinates outside its range."""


class CalibrationError(GridmapError):
    """Point pairs that cannot carry a homography."""


class GridError(GridmapError):
    """A grid file that cannot be used."""


class LedgerError(GridmapError):
    """The patrol's state cannot be read or written. It is as before the call, so the call can be repeated."""


class Deposed(LedgerError):
    """Somebody else leads the patrol since. Nothing was written; repeating the call is of no use."""
