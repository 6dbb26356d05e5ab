"""Rows of a camera register to candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.importing import celltext
from api.importing.candidate import Candidate, Harvest, ImportRefused, Refusal
from api.importing.columns import Columns, recognised
from api.importing.ids import feed_id
from api.importing.sheets import Row

Progress = Callable[[int, int], None]
"""Told how many are done and how many there are."""

_HEADER_WITHIN = 20
_TEXT = ("name", "url", "main_url", "user", "password", "owner", "purpose", "protocol", "transport")
_LONG = ("id", "gb_id")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a register is read: the datum of its coordinates where no column states it, and chosen columns."""

    datum: str | None
    chosen: Mapping[str, str]


def candidates_of(file: Path, rows: Sequence[Row], reading: Reading, progress: Progress) -> Harvest:
    """Return the register's cameras, and the rows that are none.

    Raises
    ------
    ImportRefused
        No header is found, or coordinates come without a datum.
    """
    start, columns = _header(file, rows, reading.chosen)
    _refuse_datumless(file, columns, reading.datum)
    harvest = Harvest()
    if columns.unused:
        harvest.notes.append(f"columns not used: {', '.join(columns.unused)}; --map COLUMN=KEY uses one")
    body = rows[start + 1 :]
    for done, (where, cells) in enumerate(body, 1):
        _take(harvest, where, _Cells(cells, columns.places), reading.datum)
        progress(done, len(body))
    return harvest


def _header(file: Path, rows: Sequence[Row], chosen: Mapping[str, str]) -> tuple[int, Columns]:
    """Return the first row with two known columns; titles and remarks stand above it."""
    for place, (_, cells) in enumerate(rows[:_HEADER_WITHIN]):
        headers = [celltext.clean(cell) for cell in cells]
        known = recognised(headers, chosen) if len({*headers} - {""}) > 1 else Columns({})
        if "url" in known.places and len(known.places) > 1:
            return place, known
    first = [celltext.clean(cell) for cell in rows[0][1]]
    raise ImportRefused(
        f"{file}: no header with an address and another column in the first {_HEADER_WITHIN} rows, the first being "
        f"{', '.join(first)[:200]}; name the columns with --map, such as --map 'RTSP=url' --map '位置=name'"
    )


def _refuse_datumless(file: Path, columns: Columns, datum: str | None) -> None:
    has_places = {"lon", "lonlat"} & {*columns.places}
    if has_places and datum is None and "datum" not in columns.places:
        raise ImportRefused(
            f"{file}: the datum of its coordinates is not stated; add --datum wgs84, gcj02 (高德, 腾讯), "
            "bd09 (百度), cgcs2000 or epsg:NNNN"
        )


class _Cells:
    """One row by key."""

    def __init__(self, cells: Sequence[object], places: Mapping[str, int]) -> None:
        self._cells, self._places = cells, places

    def raw(self, key: str) -> object:
        place = self._places.get(key, len(self._cells))
        return self._cells[place] if place < len(self._cells) else None

    def text(self, key: str) -> str:
        return celltext.clean(self.raw(key))


def _take(harvest: Harvest, where: str, cells: _Cells, datum: str | None) -> None:
    try:
        harvest.take(_candidate(where, cells, datum))
    except ValueError as error:
        harvest.refusals.append(Refusal(where, str(error)))


def _candidate(where: str, cells: _Cells, datum: str | None) -> Candidate:
    for key in _LONG:
        if celltext.is_rounded(cells.raw(key)):
            raise ValueError(
                f"{key}: a spreadsheet kept only 15 digits of it; format the column as text, type it anew"
            )
    url = cells.text("url")
    if not url:
        raise ValueError("url: there is none; write the camera's address")
    gb_id = cells.text("gb_id")
    feed: dict[str, Any] = {"id": feed_id(cells.text("id") or gb_id, name=cells.text("name"), url=url)}
    feed |= {key: text for key in _TEXT if (text := cells.text(key))} | _numbers(cells)
    secret = cells.raw("password")
    if isinstance(secret, str) and secret.strip():
        feed["password"] = secret.strip()  # as it is: a password may hold any sign
    place = _place(cells, datum)
    named = bool(gb_id or cells.text("id"))
    return Candidate(where, feed | ({"place": place} if place else {}), gb_id, named)


def _numbers(cells: _Cells) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if text := cells.text("interval_s"):
        values["interval_s"] = _said("interval_s", celltext.number, text)
    if text := cells.text("enabled"):
        values["enabled"] = _said("enabled", celltext.truth, text)
    return values


def _place(cells: _Cells, datum: str | None) -> dict[str, Any] | None:
    """Return the place; None where the row says none, which 0, 0 means too."""
    lon, lat = _lonlat(cells)
    if not lon and not lat:
        return None
    if not lon or not lat:
        raise ValueError(f"{'lat' if lon else 'lon'}: only one of the two coordinates is there; write both or none")
    x, y = _said("lon", celltext.number, lon), _said("lat", celltext.number, lat)
    if x == y == 0:
        return None
    stated = celltext.datum(cells.text("datum")) or datum
    if stated is None:
        raise ValueError("datum: it is not stated in this row; write it, or give --datum for rows without one")
    place: dict[str, Any] = {"lon": x, "lat": y, "datum": stated}
    if text := cells.text("accuracy_m"):
        place["accuracy_m"] = _said("accuracy_m", celltext.number, text.removesuffix("m").removesuffix("米"))
    if text := cells.text("direction_deg"):
        place["direction_deg"] = _said("direction_deg", celltext.direction_deg, text)
    return place


def _lonlat(cells: _Cells) -> tuple[str, str]:
    pair = cells.text("lonlat").replace(";", ",").replace(" ", ",").strip(",")
    if pair:
        lon, _, lat = pair.partition(",")
        return lon, lat.strip(",")
    return cells.text("lon"), cells.text("lat")


def _said(key: str, read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error
