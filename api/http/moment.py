"""Moments on the wire: times with a zone, in years that every database and every zone can hold."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

_FIRST_YEAR, _LAST_YEAR = 1970, 2200


def sensible(moment: datetime) -> datetime:
    """Return the moment as it is.

    Raises
    ------
    ValueError
        When it has no zone or lies outside the years 1970 to 2200: years near 1 and 9999 leave the calendar when
        they are brought to UTC.
    """
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone; write it with Z or an offset")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"a time must lie in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(sensible)]
"""What requests carry: an aware time within the years of ``sensible``."""
