"""What the measuring's cameras show: one view in a few versions, encoded as cameras do, kept in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from api.bench.encoding import Encoded, encode
from streams.frame import Image

VERSIONS = 4
"""A camera never takes the same picture twice; so many versions of a view, each with its own noise, are enough."""
FRAMES_PER_KEY = 10
FPS = 10
_NOISE = 2.0
_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of feed.

    Parameters
    ----------
    name
        As the results name it.
    protocol
        ``rtsp`` or ``snapshot``.
    width, height
        Pixels.
    codec
        ``h264``, ``hevc`` or ``jpeg``.
    budget_ms
        Processor time that a visit may take; None where none is set.
    """

    name: str
    protocol: str
    width: int
    height: int
    codec: str
    budget_ms: float | None = None


KINDS = {
    kind.name: kind
    for kind in (
        Kind("rtsp_704x576_h264", "rtsp", 704, 576, "h264", 45),
        Kind("rtsp_1080p_h264", "rtsp", 1920, 1080, "h264", 100),
        Kind("rtsp_1080p_h265", "rtsp", 1920, 1080, "hevc"),
        Kind("snapshot_1080p", "snapshot", 1920, 1080, "jpeg", 40),
    )
}


def versions(view: Image, kind: Kind, count: int) -> Iterator[Image]:
    """Yield the view at the kind's size, each time with other sensor noise."""
    sized = cv2.resize(view, (kind.width, kind.height), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(7).normal(0, _NOISE, (kind.height, kind.width, 3)).astype(np.int16)
    for number in range(count):
        # The same noise elsewhere is as good as new, and making it takes longer than encoding.
        moved = np.roll(noise, (number * 37, number * 101), (0, 1))
        yield cv2.add(sized, moved, dtype=cv2.CV_8U).astype(np.uint8, copy=False)


def prepare(
    folder: Path, views: Sequence[Image], kinds: Sequence[Kind], *, frames_per_key: int = FRAMES_PER_KEY
) -> None:
    """Write into ``folder`` what the cameras serve: for each kind and view either JPEG files or a stream."""
    for kind in kinds:
        for number, view in enumerate(views):
            if kind.codec == "jpeg":
                for version, picture in enumerate(versions(view, kind, VERSIONS)):
                    still_file(folder, kind.name, number, version).write_bytes(_jpeg(picture))
            else:
                pictures = versions(view, kind, VERSIONS * frames_per_key)
                encoded = encode(pictures, kind.codec, fps=FPS, key_every=frames_per_key)
                encoded.write(folder / f"{kind.name}-{number}")
    names = {"kinds": [kind.name for kind in kinds], "views": len(views)}
    (folder / "material.json").write_text(json.dumps(names))


def still_file(folder: Path, kind: str, view: int, version: int) -> Path:
    """Return where one version of a snapshot is kept."""
    return folder / f"{kind}-{view}-{version}.jpg"


def stream_of(folder: Path, kind: str, view: int) -> Encoded:
    """Return a prepared stream."""
    return Encoded.read(folder / f"{kind}-{view}")


def _jpeg(picture: Image) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
