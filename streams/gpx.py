"""GPX 1.0 and 1.1: track points with their times. The only module that reads XML from outside.

A file that somebody else wrote may be made to harm: definitions of entities are refused, points are read one by one.
"""

from __future__ import annotations

import xml.sax
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

import defusedxml.sax
from defusedxml import DefusedXmlException

from streams.errors import TrackError
from streams.recording import Position, Recording, on_earth


def read_gpx(file: BinaryIO, path: Path) -> Recording:
    """Return the track points of a GPX file, all its tracks and segments in file order.

    Points without a time, with a time or place that is none, are skipped and counted. A file that breaks off is used
    up to there, and says so in ``notes``.

    Raises
    ------
    TrackError
        Not XML, or XML that defines entities.
    """
    points = _Points(Recording(path))
    try:
        defusedxml.sax.parse(file, points, forbid_dtd=True)
    except DefusedXmlException as error:
        raise TrackError(f"{path}: it defines XML entities, which no track needs; export it again as GPX") from error
    except xml.sax.SAXParseException as error:
        line = error.getLineNumber()
        if not points.recording.positions:
            raise TrackError(
                f"{path}:{line}: not a GPX file ({error.getMessage()}); export the track as GPX"
            ) from error
        points.recording.remarks.append(f"it breaks off at line {line}; the positions before that are used")
    return points.recording


class _Points(ContentHandler):
    """Collects ``trkpt`` elements. Namespaces are left out: writers disagree on them."""

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self.recording = recording
        self._locator: Locator | None = None
        self._point: dict[str, str] | None = None
        self._line = 0
        self._depth = 0
        self._field = ""

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - SAX's name
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        name = name.rpartition(":")[2]
        if name == "trkpt":
            self._point = {"lon": attrs.get("lon", ""), "lat": attrs.get("lat", "")}
            self._line = (self._locator and self._locator.getLineNumber()) or 0
            self._depth = 0
        elif self._point is not None:
            self._depth += 1
            # Extensions may hold elements of the same names, deeper down.
            self._field = name if self._depth == 1 and name in ("time", "hdop") else ""

    def characters(self, content: str) -> None:
        if self._point is not None and self._field:
            self._point[self._field] = self._point.get(self._field, "") + content

    def endElement(self, name: str) -> None:  # noqa: N802
        self._field = ""
        if name.rpartition(":")[2] == "trkpt" and self._point is not None:
            self._add(self._point)
            self._point = None
        else:
            self._depth -= 1

    def _add(self, point: dict[str, str]) -> None:
        lon, lat = _number(point["lon"]), _number(point["lat"])
        at = _time(point.get("time", ""))
        if at is None:
            self.recording.skip("a point without a time that can be read", self._line)
        elif lon is None or lat is None or not on_earth(lon, lat):
            self.recording.skip("a point whose lon and lat are no place", self._line)
        else:
            self.recording.positions.append(Position(at.timestamp(), lon, lat, _number(point.get("hdop", ""))))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _time(text: str) -> datetime | None:
    """Return an aware time; GPX times are UTC, also when the writer forgot the Z."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
