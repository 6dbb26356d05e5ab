"""NMEA 0183: positions from RMC and GGA sentences, as GNSS receivers write them line by line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path

from streams.recording import Position, Recording, on_earth

_HALF_DAY = timedelta(hours=12)
_NO_FIX = "a sentence without a fix"


def read_nmea(lines: Iterable[bytes], path: Path) -> Recording:
    """Return the positions of a log, one for each time, in file order.

    RMC gives date, time and place; GGA of the same time adds its dilution of precision, and stands in where there is
    no RMC, with the day of the RMC before it. Lines whose checksum is wrong or missing are skipped and counted,
    sentences without a fix too; other sentences are left alone. What comes before ``$`` in a line (a logger's stamp)
    is ignored.
    """
    log = _Log(Recording(path))
    for number, line in enumerate(lines, 1):
        sentence = line.decode("ascii", "replace").strip().partition("$")[2]
        if sentence:
            log.take(sentence, number)
    log.recording.positions.extend(log.positions.values())
    return log.recording


class _Log:
    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.positions: dict[float, Position] = {}
        self._last: datetime | None = None
        """Time of the last RMC or GGA; gives GGA its day."""

    def take(self, sentence: str, line: int) -> None:
        body, _, checksum = sentence.partition("*")
        kind = body.partition(",")[0][2:]
        if checksum.upper() != f"{_checksum(body):02X}":
            self.recording.skip("a line whose checksum is wrong or missing", line)
        elif kind in ("RMC", "GGA"):
            # Fields are missing in a sentence that was cut; padding makes them empty.
            fields = [*body.split(","), *[""] * 15]
            try:
                (self._rmc if kind == "RMC" else self._gga)(fields, line)
            except ValueError:
                self.recording.skip("a sentence with a field that cannot be read", line)

    def _rmc(self, fields: list[str], line: int) -> None:
        if fields[2] != "A":
            self.recording.skip(_NO_FIX, line)
            return
        self._last = datetime.strptime(fields[9] + fields[1][:6], "%d%m%y%H%M%S").replace(tzinfo=UTC) + _part(
            fields[1]
        )
        self._put(self._last, fields[3:7], None, line)

    def _gga(self, fields: list[str], line: int) -> None:
        if fields[6] in ("", "0"):
            self.recording.skip(_NO_FIX, line)
        elif self._last is None:
            self.recording.skip("a GGA sentence before the first RMC, which has the date", line)
        else:
            at = _of_day(fields[1], near=self._last)
            self._last = max(self._last, at)
            self._put(at, fields[2:6], float(fields[8]) if fields[8] else None, line)

    def _put(self, at: datetime, place: list[str], hdop: float | None, line: int) -> None:
        lat, lon = _degrees(place[0], place[1], "NS"), _degrees(place[2], place[3], "EW")
        if not on_earth(lon, lat):
            self.recording.skip(_NO_FIX, line)
            return
        known = self.positions.get(at.timestamp())
        if known is None:
            self.positions[at.timestamp()] = Position(at.timestamp(), lon, lat, hdop)
        elif known.hdop is None and hdop is not None:
            self.positions[known.at_s] = Position(known.at_s, known.lon, known.lat, hdop)


def _checksum(body: str) -> int:
    """Return the exclusive or of all characters between ``$`` and ``*``.

    >>> f"{_checksum('GPGLL,5300.97914,N,00259.98174,E,125926,A'):02X}"
    '28'
    """
    return reduce(lambda value, character: value ^ ord(character), body, 0)


def _degrees(text: str, side: str, sides: str) -> float:
    """Return degrees from ``dddmm.mmmm`` and a hemisphere.

    >>> _degrees("2930.0000", "S", "NS")
    -29.5
    """
    if len(side) != 1 or side not in sides:
        raise ValueError(f"{side!r} is no hemisphere")
    degrees, minutes = divmod(float(text), 100)
    return (degrees + minutes / 60) * (1 if side == sides[0] else -1)


def _part(clock: str) -> timedelta:
    """Return the part of a second in ``hhmmss.sss``."""
    return timedelta(seconds=float(f"0{clock[6:]}"))


def _of_day(clock: str, *, near: datetime) -> datetime:
    """Return the moment with this time of day (``hhmmss.sss``) that lies nearest to ``near``."""
    at = datetime.strptime(f"{near:%Y%m%d}{clock[:6]}", "%Y%m%d%H%M%S").replace(tzinfo=UTC) + _part(clock)
    if at - near > _HALF_DAY:
        return at - timedelta(days=1)
    return at + timedelta(days=1) if near - at > _HALF_DAY else at
