"""Small values shared by the configuration schema: strict base, datums, ring, time window."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

_DATUM = re.compile(r"wgs84|gcj02|bd09|cgcs2000|epsg:\d{4,5}")
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")


class Strict(BaseModel):
    """A frozen part of the configuration; unknown keys are mistakes."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True, allow_inf_nan=False
    )


def known_datum(value: str) -> str:
    """Return a datum's name as it is.

    Raises
    ------
    ValueError
        There is no such datum.
    """
    if not _DATUM.fullmatch(value):
        raise ValueError(f"{value!r} is not a datum; use wgs84, gcj02, bd09, cgcs2000 or epsg:NNNN (Gauss-Kruger)")
    return value


Datum = Annotated[str, AfterValidator(known_datum)]
"""``wgs84``, ``gcj02``, ``bd09``, ``cgcs2000`` (degrees, lon lat) or ``epsg:NNNN`` (metres, easting northing)."""


class Window(Strict):
    """A daily time window in the city's own time; an end before the start runs over midnight.

    An end that is the start is the whole day.
    """

    start: time
    end: time

    def contains(self, moment: time) -> bool:
        """Return whether ``moment`` (local) is inside; start inclusive, end exclusive.

        >>> Window(start=time(22), end=time(6)).contains(time(23, 30))
        True
        """
        if self.start == self.end:
            return True
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


def _window(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _WINDOW.fullmatch(value.replace(" ", ""))
    if not match:
        raise ValueError(f'{value!r} is not a time window; write "07:00-22:00" in quotes')
    h1, m1, h2, m2 = (int(part or 0) for part in match.groups())
    if match[3] and (h1, m1) == (h2, m2):
        raise ValueError(f'{value!r} is a window without length; write "00:00-24:00" or leave windows out for always')
    return {"start": time(h1, m1), "end": time(h2, m2)}


TimeWindow = Annotated[Window, BeforeValidator(_window)]
"""Written ``"07:00-22:00"``; an end of 24:00 is midnight."""

Point = tuple[float, float]


def lies_in(datum: str, lon: float, lat: float) -> None:
    """Refuse coordinates that cannot be of their datum: swapped, or degrees where metres are meant and back.

    Raises
    ------
    ValueError
        With what is wrong and what would be right, parted by a semicolon.
    """
    degrees = abs(lon) <= 180 and abs(lat) <= 90
    if datum.startswith("epsg:"):
        if degrees:
            raise ValueError(
                f"{lon:.10g}, {lat:.10g} are degrees, but {datum} is in metres; state the datum they are in"
            )
    elif not degrees and abs(lat) <= 180 and abs(lon) <= 90:
        raise ValueError(f"{lat:.10g} is no latitude; longitude comes first: the two look swapped")
    elif not degrees:
        raise ValueError(f"{lon:.10g}, {lat:.10g} are not degrees, as {datum} is; state the epsg: datum they are in")
