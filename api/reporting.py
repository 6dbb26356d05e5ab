"""From a change of an incident to what is posted about it: the report and its picture."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import cv2
import numpy as np

from api.http.schemas import CellShape, IncidentReport, PlaceShape, ReportKind
from configs.settings import EvidenceSettings
from detector.annotate import blur
from gridmap.grouping import Happening
from gridmap.imprint import Imprint
from gridmap.place import CellMatch, Place
from streams.frame import Frame, Image

Polygon = tuple[tuple[float, float], ...]


def incident_report(
    happening: Happening,
    *,
    feed: tuple[str, str],
    captured_at: datetime,
    synthetic: bool,
    look: Imprint | None = None,
) -> IncidentReport:
    """Return what is posted about a change; the sequence is put in when the report is sent.

    Feed (its id and name), box and time are those of the look that changed it, which go with the picture: an incident
    may be seen by another camera than the one that found it.
    """
    change, incident, sighting = happening
    feed_id, feed_name = feed
    return IncidentReport(
        incident_id=incident.id,
        sequence=0,
        kind=ReportKind(change.value),
        feed_id=feed_id,
        feed_name=feed_name,
        matter=incident.matter,
        label=incident.label,
        score=incident.score,
        box=_unit_box(sighting.view_box) if sighting else None,
        captured_at=captured_at,
        first_seen=incident.first_seen,
        last_seen=incident.last_seen,
        sightings=incident.sightings,
        place=place_shape(incident.place),
        cell=cell_shape(incident.cell),
        model_id=incident.model_id,
        synthetic=synthetic,
        look=look.text if look else None,
    )


def _unit_box(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (min(1.0, max(0.0, round(value, 5))) for value in box)
    return (x1, y1, x2, y2)


def place_shape(place: Place | None) -> PlaceShape | None:
    """Return a place in its wire shape; 7 decimals of a degree are a centimetre."""
    if place is None:
        return None
    return PlaceShape(
        lon=round(place.lon, 7),
        lat=round(place.lat, 7),
        accuracy_m=round(place.accuracy_m, 1),
        method=place.method.value,
    )


def cell_shape(cell: CellMatch | None) -> CellShape | None:
    """Return a cell match in its wire shape."""
    if cell is None:
        return None
    return CellShape(id=cell.cell_id, relation=cell.relation.value, distance_m=round(cell.distance_m, 1))


def evidence_jpeg(frame: Frame, privacy: Iterable[Polygon], settings: EvidenceSettings) -> bytes:
    """Return the picture as it may be kept: privacy zones blurred, no larger than allowed, JPEG.

    Parameters
    ----------
    frame
        Left as it is. When it was decoded at a reduced size the picture is made from its file.
    privacy
        Polygons in normalised view coordinates.
    """
    image = frame.image if frame.encoded is None else _in_full(frame.encoded)
    height, width = image.shape[:2]
    polygons = [np.array([(x * width, y * height) for x, y in ring], dtype=np.float64) for ring in privacy]
    kept = blur(image, polygons) if polygons else image
    scale = settings.max_side_px / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        kept = np.asarray(cv2.resize(kept, size, interpolation=cv2.INTER_AREA), np.uint8)
    encoded, data = cv2.imencode(".jpg", kept, [cv2.IMWRITE_JPEG_QUALITY, settings.quality])
    if not encoded:
        raise ValueError("OpenCV could not encode the evidence picture")
    return data.tobytes()


def _in_full(encoded: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR), np.uint8)
