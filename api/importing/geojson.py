"""Points of a GeoJSON file to candidates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.importing.candidate import Harvest, ImportRefused, Refusal
from api.importing.sheets import Row
from api.importing.table import Progress, Reading, candidates_of

SUFFIXES = {".geojson", ".json"}
_STANDARD = "wgs84"
"""RFC 7946, 4: the only datum of a GeoJSON that says nothing else."""


def points_of(file: Path, reading: Reading, progress: Progress) -> Harvest:
    """Return the file's points as cameras: their properties are read like a register's columns.

    Raises
    ------
    ImportRefused
        It cannot be read, is no collection of features, or names another datum than the one stated.
    """
    collection = _collection(file)
    _refuse_crs(file, collection, reading.datum)
    harvest, rows = Harvest(), list[tuple[str, dict[str, Any]]]()
    for number, feature in enumerate(collection["features"], 1):
        try:
            rows.append((f"feature {number}", _row(feature)))
        except ValueError as error:
            harvest.refusals.append(Refusal(f"feature {number}", str(error)))
    found = _as_table(file, rows, Reading(reading.datum or _STANDARD, reading.chosen), progress)
    return Harvest(found.candidates, [*harvest.refusals, *found.refusals], found.notes)


def _collection(file: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ImportRefused(f"{file}: cannot be read: {error.strerror}; mend the path or its permissions") from error
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"{file}: is no JSON in UTF-8; export it as GeoJSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise ImportRefused(f"{file}: is no GeoJSON FeatureCollection; export it as one")
    return document


def _refuse_crs(file: Path, collection: Mapping[str, Any], datum: str | None) -> None:
    """Refuse a coordinate system named as before RFC 7946, unless it is WGS-84 or the datum is stated."""
    crs = collection.get("crs")
    named = str(crs.get("properties", {}).get("name", "")) if isinstance(crs, dict) else ""
    if named and datum is None and not named.endswith((":CRS84", ":4326")):
        raise ImportRefused(f"{file}: names the coordinate system {named}; state it, such as --datum epsg:4545")


def _row(feature: Any) -> dict[str, Any]:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        raise ValueError("it is no feature with properties; write its name and url as properties")  # noqa: TRY004 - a bad row
    geometry, properties = feature.get("geometry"), dict(feature["properties"])
    if feature.get("id") is not None:
        properties.setdefault("id", feature["id"])
    if not isinstance(geometry, dict):
        return properties
    if geometry.get("type") != "Point":
        raise ValueError(f"it is a {geometry.get('type')}; a camera is a Point")
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or len(coordinates) < 2:
        raise ValueError("the point has no two coordinates; write [longitude, latitude]")
    return properties | {"lon": coordinates[0], "lat": coordinates[1]}


def _as_table(file: Path, rows: list[tuple[str, dict[str, Any]]], reading: Reading, progress: Progress) -> Harvest:
    if not rows:
        return Harvest()
    headers = list(dict.fromkeys(key for _, row in rows for key in row))
    table: list[Row] = [("header", [*headers])]
    table += [(where, [row.get(key) for key in headers]) for where, row in rows]
    return candidates_of(file, table, reading, progress)
