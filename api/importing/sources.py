"""What an import is given to, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from api.importing import geojson, onvif, sheets, wvp
from api.importing.candidate import Harvest, ImportRefused
from api.importing.table import Progress, Reading, candidates_of
from streams.url import masked

_STRANGE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be imported and how.

    Parameters
    ----------
    source
        A file, or the URL of a gateway or camera.
    datum
        Of the source's coordinates; None where it was not stated.
    chosen
        Header → key of a register's columns, see ``columns.chosen_columns``.
    sheet
        The sheet of a workbook.
    snapshot
        Take the still pictures of ONVIF devices.
    """

    source: str
    datum: str | None
    chosen: Mapping[str, str]
    sheet: str | None
    snapshot: bool = False


def harvest_of(asked: Asked, progress: Progress, *, now: Callable[[], datetime]) -> Harvest:
    """Return the cameras of a source; ``now`` is the wall clock, aware UTC.

    Raises
    ------
    ImportRefused
        The source as a whole cannot be imported.
    """
    if asked.source.startswith(("wvp://", "wvps://")):
        return wvp.channels_of(asked.source, datum=asked.datum, progress=progress)
    if asked.source.startswith("onvif://"):
        line = (urlsplit(asked.source).hostname or "device", asked.source)
        return onvif.devices_of([line], snapshot=asked.snapshot, now=now, progress=progress)
    return _from_file(asked, progress, now=now)


def _from_file(asked: Asked, progress: Progress, *, now: Callable[[], datetime]) -> Harvest:
    file, reading = Path(asked.source), Reading(asked.datum, asked.chosen)
    kind = file.suffix.lower()
    if "://" in asked.source:
        raise ImportRefused(
            f"{masked(asked.source)}: no such kind of source; give wvp://, wvps://, onvif:// or a file"
        )
    if not file.is_file():
        raise ImportRefused(f"{file}: there is no such file; mend the path")
    if kind == ".txt":
        return onvif.devices_of(onvif.lines_of(file), snapshot=asked.snapshot, now=now, progress=progress)
    if kind in geojson.SUFFIXES:
        return geojson.points_of(file, reading, progress)
    if kind in sheets.CSV | sheets.XLSX:
        return candidates_of(file, sheets.rows_of(file, sheet=asked.sheet), reading, progress)
    raise ImportRefused(f"{file}: no such kind of source; give a .csv, .xlsx or .geojson file, or a .txt of onvif://")


def short_name(source: str) -> str:
    """Return what the file of a source's feeds is called after: ``feeds-<this>.yaml``.

    >>> short_name("registers/城东 2026.xlsx"), short_name("wvp://admin:x@10.0.0.8:18080")
    ('城东-2026', '10.0.0.8')
    """
    bare = urlsplit(source).hostname if "://" in source else Path(source).stem
    return _STRANGE.sub("-", bare or "").strip("-.") or "import"
