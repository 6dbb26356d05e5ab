"""Open hours: when a plan is open, or an owner allows looks; now for the schedule, on any past day for reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from configs.values import Window

Span = tuple[float, float]
"""From, until; s since 1970, the end exclusive."""


class OnHolidays(StrEnum):
    """What a plan does on holidays."""

    AS_USUAL = "as_usual"
    CLOSED = "closed"
    ALL_DAY = "all_day"


@dataclass(frozen=True, slots=True)
class OpenHours:
    """When something is open, in the city's own time.

    Parameters
    ----------
    windows
        Daily, in the zone; none means always. One that ends before it starts is open from its start to midnight and
        from midnight to its end.
    zone
        IANA name of the city's time zone.
    holidays
        Days in the zone on which ``on_holidays`` goes before the windows.
    """

    windows: tuple[Window, ...] = ()
    zone: str = "UTC"
    holidays: frozenset[date] = frozenset()
    on_holidays: OnHolidays = OnHolidays.AS_USUAL

    def open_at(self, at: datetime) -> bool:
        """Return whether it is open at an aware time."""
        local = at.astimezone(self._city)
        moment = local.time()
        return any(begin <= moment and (end is None or moment < end) for begin, end in self._of_day(local.date()))

    def open_since(self, at: datetime) -> datetime | None:
        """Return since when it is open at an aware time; None while it is closed, long ago where it always is."""
        if not self.open_at(at):
            return None
        local = at.astimezone(self._city)
        days = (local.date() - timedelta(days=ago) for ago in range(3))
        past = sorted(moment for moment in self._edges_on(days) if moment <= local)
        opened = (moment for moment in reversed(past) if not self.open_at(moment - timedelta(seconds=1)))
        return next(opened, datetime.fromtimestamp(0, UTC)).astimezone(at.tzinfo)

    def next_edge(self, at: datetime) -> datetime | None:
        """Return the next time after ``at`` at which it may open or close; None when it never does.

        >>> OpenHours((Window(start=time(7), end=time(22)),)).next_edge(datetime(2026, 7, 1, 8, tzinfo=UTC)).hour
        22
        """
        local = at.astimezone(self._city)
        days = (local.date() + timedelta(days=ahead) for ahead in range(3))
        later = (moment.astimezone(at.tzinfo) for moment in self._edges_on(days) if moment > at)
        return min(later, default=None)

    def spans(self, since_s: float, until_s: float) -> list[Span]:
        """Return when it is open within a time, in order and apart.

        >>> OpenHours((Window(start=time(22), end=time(6)),)).spans(0, 86_400)
        [(0.0, 21600.0), (79200.0, 86400.0)]
        """
        clipped = ((max(begin, since_s), min(end, until_s)) for begin, end in sorted(self._daily(since_s, until_s)))
        return joined(span for span in clipped if span[0] < span[1])

    def as_json(self) -> dict[str, Any]:
        """Return it as the roster has it."""
        return {
            "windows": [[f"{window.start:%H:%M}", f"{window.end:%H:%M}"] for window in self.windows],
            "zone": self.zone,
            "holidays": sorted(day.isoformat() for day in self.holidays),
            "on_holidays": self.on_holidays,
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> OpenHours:
        """Return what ``as_json`` wrote; ValueError, KeyError or TypeError when it did not."""
        windows = tuple(
            Window(start=time.fromisoformat(begin), end=time.fromisoformat(end)) for begin, end in written["windows"]
        )
        holidays = frozenset(date.fromisoformat(day) for day in written["holidays"])
        return cls(windows, written["zone"], holidays, OnHolidays(written["on_holidays"]))

    @property
    def _city(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def _edges_on(self, days: Iterable[date]) -> Iterator[datetime]:
        """Yield when on these days it may open or close."""
        edges = {edge for window in self.windows for edge in (window.start, window.end)}
        if self.holidays and self.on_holidays is not OnHolidays.AS_USUAL:
            edges.add(time())
        return (datetime.combine(day, edge, self._city) for day in days for edge in edges)

    def _daily(self, since_s: float, until_s: float) -> Iterator[Span]:
        zone = self._city
        day = datetime.fromtimestamp(since_s, zone).date()
        while (midnight := datetime.combine(day, time(), zone)).timestamp() < until_s:
            tomorrow = datetime.combine(day + timedelta(days=1), time(), zone)
            for begin, end in self._of_day(day):
                ends = tomorrow if end is None else datetime.combine(day, end, zone)
                yield max(midnight, datetime.combine(day, begin, zone)).timestamp(), ends.timestamp()
            day += timedelta(days=1)

    def _of_day(self, day: date) -> Iterator[tuple[time, time | None]]:
        """Yield from when until when it is open on a day; None is midnight."""
        special = self.on_holidays is not OnHolidays.AS_USUAL and day in self.holidays
        if special and self.on_holidays is OnHolidays.CLOSED:
            return
        if special or not self.windows:
            yield time(), None
            return
        for window in self.windows:
            if window.start < window.end:
                yield window.start, window.end
            else:
                yield time(), window.end
                yield window.start, None


ALWAYS = OpenHours()
"""Open at any time."""


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans that come in order, with those that touch or overlap made one.

    >>> joined([(0, 2), (1, 3), (3, 4), (6, 7)])
    [(0, 4), (6, 7)]
    """
    whole: list[Span] = []
    for begin, end in spans:
        if whole and begin <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((begin, end))
    return whole


def common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Return when both are open.

    >>> common([(0, 5), (6, 9)], [(3, 7)])
    [(3, 5), (6, 7)]
    """
    both = ((max(a[0], b[0]), min(a[1], b[1])) for a in one for b in other)
    return sorted(span for span in both if span[0] < span[1])
