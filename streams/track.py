"""Where a vehicle was: its track, and the fix of any moment, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from streams.errors import TrackError
from streams.frame import Fix
from streams.gpx import read_gpx
from streams.nmea import read_nmea
from streams.recording import Position, Recording
from streams.trackjumps import without_jumps

Floats = NDArray[np.float64]
ToWgs84 = Callable[[Floats], Floats]
"""``(N, 2)`` lon, lat in the file's datum to ``(N, 2)`` lon, lat WGS-84 degrees."""

_EARTH_M = 6_371_008.8
_MAX_BYTES = 200_000_000
_STANDING_MPS = 0.5
"""Slower than this is a standing vehicle and a receiver's noise."""
_M_PER_HDOP, _HDOP_UNKNOWN = 5.0, 2.0
_ACCELERATION = 3.0
"""m/s²: hard braking or a sharp corner; nothing leaves the straight line between two positions faster."""


class NoFix(StrEnum):
    """Why a moment has no fix."""

    OUTSIDE = "outside the track's time"
    TOO_OLD = "too long before or after a recorded position"
    JUMP = "in a jump of the recorded positions"


class Track:
    """Recorded positions that can be asked for any moment. Made by ``load``.

    ``notes`` has one sentence, naming file and line, for each thing that was skipped on loading.
    """

    def __init__(
        self, recording: Recording, *, to_wgs84: ToWgs84 | None, max_fix_age_s: float, max_mps: float
    ) -> None:
        positions = _in_order(recording)
        places = np.array([(one.lon, one.lat) for one in positions], dtype=np.float64)
        if to_wgs84 is not None:
            places = np.asarray(to_wgs84(places), dtype=np.float64)
        times = np.array([one.at_s for one in positions], dtype=np.float64)
        kept, broken = without_jumps(times, _metres(places), max_mps)
        dropped = len(times) - len(kept)
        if len(kept) < 2:
            raise TrackError(
                f"{recording.path}: {len(kept)} of {len(times)} positions can be used and a track needs 2; "
                "check its times and places, and max_speed_kmh"
            )
        if dropped:
            recording.remarks.append(f"{dropped} positions skipped that could only be reached at an impossible speed")
        self.notes = recording.notes
        self._all_times, self._kept = times, kept
        self._times, self._places = times[kept], places[kept]
        self._metres, self._broken = _metres(places)[kept], broken
        self._hdops = np.array([positions[index].hdop or _HDOP_UNKNOWN for index in kept])
        self._max_fix_age_s, self._max_mps = max_fix_age_s, max_mps

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        datum_to_wgs84: ToWgs84 | None = None,
        max_fix_age_s: float = 3.0,
        max_speed_kmh: float = 150.0,
    ) -> Self:
        """Read a GPX file or an NMEA log; which of them, its content tells.

        Parameters
        ----------
        path
            The file.
        datum_to_wgs84
            Converts its places; None when they are WGS-84.
        max_fix_age_s
            A moment further than this from every recorded position has no fix.
        max_speed_kmh
            A position that needs a higher speed is a jump and is skipped, like the moments nearest to it.

        Raises
        ------
        TrackError
            The file cannot be read, is neither, or has fewer than two positions with times.
        """
        return cls(_read(path), to_wgs84=datum_to_wgs84, max_fix_age_s=max_fix_age_s, max_mps=max_speed_kmh / 3.6)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """First and last usable moment, aware UTC."""
        return _moment(self._times[0]), _moment(self._times[-1])

    @property
    def length_m(self) -> float:
        """Metres driven; what a receiver's noise adds while the vehicle stands is left out, jumps too."""
        steps, seconds = np.hypot(*np.diff(self._metres, axis=0).T), np.diff(self._times)
        return float(steps[(steps >= _STANDING_MPS * seconds) & ~self._broken].sum())

    def fix_at(self, when: datetime) -> Fix | NoFix:
        """Return where the vehicle was, on the straight line between the positions before and after, or why not.

        ``accuracy_m`` is 5 m per HDOP (2 where the file has none) plus how far an acceleration of 3 m/s² can lead off
        the straight line between positions at ``t0`` and ``t1``: 1.5 m/s² (t - t0)(t1 - t), at most the age times the
        highest speed.

        Raises
        ------
        ValueError
            ``when`` is not aware.
        """
        if when.tzinfo is None:
            raise ValueError("a moment must be an aware time")
        at_s = when.timestamp()
        if not self._times[0] <= at_s <= self._times[-1]:
            return NoFix.OUTSIDE
        step = min(int(np.searchsorted(self._times, at_s, side="right")), len(self._times) - 1) - 1
        before_s, after_s = at_s - self._times[step], self._times[step + 1] - at_s
        age_s = min(before_s, after_s)
        if (self._broken[step] and age_s > 0) or not self._nearest_kept(at_s):
            return NoFix.JUMP
        if age_s > self._max_fix_age_s:
            return NoFix.TOO_OLD
        return self._fix(step, before_s, after_s)

    def times_every(self, metres: float) -> list[datetime]:
        """Return each moment at which the vehicle had come ``metres`` from the last such place, or from the start.

        Straight distance, not driven: a standing vehicle whose receiver wanders has no such moments.

        Raises
        ------
        ValueError
            ``metres`` is not more than 0.
        """
        if not metres > 0:
            raise ValueError(f"places must be more than 0 m apart, not {metres:g}")
        moments, anchor = [], self._metres[0]
        for step in range(len(self._times) - 1):
            if self._broken[step]:
                anchor = self._metres[step + 1]
                continue
            begin, way = self._metres[step], self._metres[step + 1] - self._metres[step]
            while (share := _reaches(begin - anchor, way, metres)) is not None:
                moments.append(_moment(self._times[step] + share * (self._times[step + 1] - self._times[step])))
                anchor = begin + share * way
        return moments

    def positions_every(self, metres: float) -> list[tuple[datetime, Fix]]:
        """Return ``times_every`` with their fixes; moments without one are left out."""
        fixes = ((when, self.fix_at(when)) for when in self.times_every(metres))
        return [(when, fix) for when, fix in fixes if isinstance(fix, Fix)]

    def _nearest_kept(self, at_s: float) -> bool:
        """Return whether the recorded position nearest in time is one that is believed."""
        after = int(np.searchsorted(self._all_times, at_s))
        around = [index for index in (after - 1, after) if 0 <= index < len(self._all_times)]
        nearest = min(around, key=lambda index: abs(self._all_times[index] - at_s))
        return bool(self._kept[np.searchsorted(self._kept, nearest) % len(self._kept)] == nearest)

    def _fix(self, step: int, before_s: float, after_s: float) -> Fix:
        gap_s, age_s = before_s + after_s, min(before_s, after_s)
        lon, lat = self._places[step] + (self._places[step + 1] - self._places[step]) * before_s / gap_s
        east_m, north_m = self._metres[step + 1] - self._metres[step]
        speed_mps = np.hypot(east_m, north_m) / gap_s
        strayed_m = min(_ACCELERATION / 2 * before_s * after_s, age_s * self._max_mps)
        hdop = self._hdops[step if before_s <= after_s else step + 1]
        return Fix(
            lon=float(lon),
            lat=float(lat),
            accuracy_m=float(_M_PER_HDOP * max(1.0, hdop) + strayed_m),
            age_s=float(age_s),
            heading_deg=float(np.degrees(np.arctan2(east_m, north_m)) % 360) if speed_mps >= _STANDING_MPS else None,
            speed_mps=float(speed_mps),
        )


def _read(path: Path) -> Recording:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise TrackError(f"{path}: over {_MAX_BYTES // 1_000_000} MB is no track of a drive; split it")
        with path.open("rb") as file:
            start = file.read(4096)
            file.seek(0)
            if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
                return read_gpx(file, path)
            if b"$" in start:
                return read_nmea(file, path)
    except OSError as error:
        raise TrackError(f"{path}: cannot be read ({error.strerror}); check track.file of its feed") from error
    raise TrackError(f"{path}: neither GPX nor NMEA; export the track as one of them")


def _in_order(recording: Recording) -> list[Position]:
    """Return the positions by time, the first of each time; say so when that changed anything."""
    by_time: dict[float, Position] = {}
    for position in recording.positions:
        by_time.setdefault(position.at_s, position)
    positions = sorted(by_time.values(), key=lambda position: position.at_s)
    if not positions:
        notes = "".join(f" ({note})" for note in recording.notes)
        raise TrackError(f"{recording.path}: no position with a time in it{notes}; record or export it with times")
    if doubled := len(recording.positions) - len(positions):
        recording.remarks.append(f"{doubled} positions skipped whose time was recorded before")
    if positions != list(by_time.values()):
        recording.remarks.append("its positions are not in the order of time; they were sorted")
    return positions


def _metres(places: Floats) -> Floats:
    """Return ``(N, 2)`` east, north metres on a plane through the track's middle (right to 1 % over 100 km)."""
    middle = np.radians((places[:, 1].min() + places[:, 1].max()) / 2)
    scale = np.array([np.cos(middle), 1.0]) * _EARTH_M
    return np.asarray(np.radians(places - places[0]) * scale, dtype=np.float64)


def _reaches(behind: Floats, way: Floats, metres: float) -> float | None:
    """Return at which share of ``way`` (0..1) somebody ``behind`` the anchor at its begin is ``metres`` from it."""
    length, along, missing = float(way @ way), float(behind @ way), float(behind @ behind) - metres**2
    root = along**2 - length * missing
    if length == 0 or root < 0:
        return None
    share = (np.sqrt(root) - along) / length
    return float(share) if 0 <= share <= 1 else None


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
