"""What was seen in frames, written down: CSV, COCO JSON, GeoJSON, and the plain record of one frame."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from detector.detection import Box, Detection
from streams.frame import Frame
from streams.url import masked

COLUMNS = ("source", "index", "name", "captured_at", "label", "score", "x1", "y1", "x2", "y2", "lon", "lat")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in one frame, without its pixels, so that a long clip can be reported.

    Parameters
    ----------
    source
        What was looked at, without credentials.
    index, name, captured_at, width, height
        As the frame has them.
    detections
        Highest score first, boxes in pixels of the frame.
    place
        Where the frame was taken, ``(lon, lat)`` degrees WGS-84, or None. It is the camera's place, not the thing's.
    """

    source: str
    index: int
    name: str
    captured_at: datetime
    width: int
    height: int
    detections: tuple[Detection, ...]
    place: tuple[float, float] | None = None

    @classmethod
    def of(cls, source: str, frame: Frame, detections: Sequence[Detection]) -> Seen:
        """Return what was seen in a frame; a vehicle's position fix becomes its place."""
        return cls(
            source=masked(source),
            index=frame.index,
            name=frame.name,
            captured_at=frame.captured_at,
            width=frame.width,
            height=frame.height,
            detections=tuple(detections),
            place=(frame.fix.lon, frame.fix.lat) if frame.fix else None,
        )


def frame_record(frame: Frame, detections: Sequence[Detection]) -> dict[str, Any]:
    """Return a frame and what was seen in it as plain values; the time is ISO 8601 with its offset."""
    return {
        "index": frame.index,
        "name": frame.name,
        "captured_at": frame.captured_at.isoformat(),
        "width": frame.width,
        "height": frame.height,
        "detections": [
            {"label": detection.label, "score": _score(detection), "box": _rounded(detection.box)}
            for detection in detections
        ],
    }


class CsvReport:
    """A table with one row per detection, written as it comes. UTF-8, comma separated, one header line.

    ``lon`` and ``lat`` (degrees, WGS-84) are empty where no place is known.

    Parameters
    ----------
    path
        The file to write; one that is there is replaced.

    Raises
    ------
    OSError
        When it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._file)
        self._rows.writerow(COLUMNS)

    def add(self, seen: Seen) -> None:
        """Write a frame's detections."""
        frame = (seen.source, seen.index, seen.name, seen.captured_at.isoformat())
        for detection in seen.detections:
            thing = (detection.label, _score(detection), *_rounded(detection.box))
            self._rows.writerow((*frame, *thing, *(seen.place or ("", ""))))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def __enter__(self) -> Self:
        """Return the report."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file, whatever happened."""
        self.close()


def coco_document(frames: Iterable[Seen], labels: Sequence[str]) -> dict[str, Any]:
    """Return frames and detections in COCO's object detection format, with scores.

    Parameters
    ----------
    frames
        Each becomes an image; ids count from 1 in their order.
    labels
        The model's class names: category ids count from 1 in their order, whether or not they were seen.
    """
    frames = list(frames)
    category = {label: place for place, label in enumerate(labels, start=1)}
    found = [(image, detection) for image, seen in enumerate(frames, start=1) for detection in seen.detections]
    return {
        "info": {"description": "detections, not ground truth"},
        "images": [_coco_image(image, seen) for image, seen in enumerate(frames, start=1)],
        "annotations": [
            {"id": place, "image_id": image, "category_id": category[thing.label], **_coco_box(thing)}
            for place, (image, thing) in enumerate(found, start=1)
        ],
        "categories": [{"id": place, "name": label, "supercategory": ""} for label, place in category.items()],
    }


def geojson_document(frames: Iterable[Seen]) -> dict[str, Any]:
    """Return a FeatureCollection (RFC 7946: WGS-84, lon before lat) with a point for each detection of a known place.

    The point is where the frame was taken from.
    """
    return {
        "type": "FeatureCollection",
        "features": [
            _feature(seen, detection, seen.place)
            for seen in frames
            if seen.place is not None
            for detection in seen.detections
        ],
    }


def _feature(seen: Seen, detection: Detection, place: tuple[float, float]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": list(place)},
        "properties": {
            "source": seen.source,
            "index": seen.index,
            "name": seen.name,
            "captured_at": seen.captured_at.isoformat(),
            "label": detection.label,
            "score": _score(detection),
            "box": _rounded(detection.box),
            "model_id": detection.model_id,
        },
    }


def _coco_image(image: int, seen: Seen) -> dict[str, Any]:
    return {
        "id": image,
        "file_name": seen.name or f"{seen.source}#{seen.index}",
        "width": seen.width,
        "height": seen.height,
        "date_captured": seen.captured_at.isoformat(),
    }


def _coco_box(detection: Detection) -> dict[str, Any]:
    x1, y1, x2, y2 = _rounded(detection.box)
    width, height = round(x2 - x1, 2), round(y2 - y1, 2)
    return {
        "bbox": [x1, y1, width, height],
        "area": round(width * height, 2),
        "iscrowd": 0,
        "score": _score(detection),
    }


def _rounded(box: Box) -> list[float]:
    # A hundredth of a pixel is far below what a model can tell, and keeps the files readable.
    return [round(value, 2) for value in box]


def _score(detection: Detection) -> float:
    return round(detection.score, 4)
