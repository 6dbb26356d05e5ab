"""How old a picture is by what came with it. Gateways and caches return old pictures as new ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from streams.sources.exif import taken_at


@dataclass(frozen=True, slots=True)
class Age:
    """How old a picture is, and who says so.

    Parameters
    ----------
    seconds
        Never negative; 0 where nothing says more.
    witness
        ``its own headers`` or ``its EXIF record``.
    """

    seconds: float
    witness: str


def age_of(data: bytes, headers: Mapping[str, str], now: datetime) -> Age:
    """Return the picture's age by the older of its two witnesses.

    Both are held against the ``Date`` of the answer where it has one, because cameras' clocks are often wrong: so a
    clock is compared with itself.
    """
    sent = _time(headers, "date") or now
    ages = (Age(_by_headers(headers, sent), "its own headers"), Age(_by_exif(data, sent), "its EXIF record"))
    return max(ages, key=lambda age: age.seconds)


def _by_headers(headers: Mapping[str, str], sent: datetime) -> float:
    """``Date - Last-Modified``, and on top the time any cache has kept it. RFC 9111, 4.2.3."""
    age = headers.get("age", "")
    cached_s = float(age) if age.isascii() and age.isdigit() else 0.0
    modified = _time(headers, "last-modified")
    return cached_s if modified is None else max(0.0, (sent - modified).total_seconds()) + cached_s


def _by_exif(data: bytes, sent: datetime) -> float:
    taken = taken_at(data)
    return 0.0 if taken is None else max(0.0, (sent - taken).total_seconds())


def _time(headers: Mapping[str, str], name: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(headers.get(name, ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
