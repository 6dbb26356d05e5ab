"""When a JPEG was taken, by its own EXIF record."""

from __future__ import annotations

import contextlib
import struct
from datetime import UTC, datetime

_EXIF_IFD, _ORIGINAL, _OFFSET_ORIGINAL = 0x8769, 0x9003, 0x9011
_HEAD = 65_536  # an APP1 segment is no longer than this


def taken_at(data: bytes) -> datetime | None:
    """Return when the JPEG in ``data`` was taken, aware UTC, or None when it does not say so beyond doubt.

    ``DateTimeOriginal`` alone is a local time of an unknown place, so it counts only with ``OffsetTimeOriginal``.
    Tags and layout after Exif 2.32, section 4.6.
    """
    start = data.find(b"Exif\0\0", 0, _HEAD)
    if start < 0:
        return None
    with contextlib.suppress(struct.error, ValueError, IndexError, OverflowError):
        return _taken_at(data[start + 6 : start + 6 + _HEAD])
    return None


def _taken_at(tiff: bytes) -> datetime | None:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    (first,) = struct.unpack_from(order + "I", tiff, 4)
    exif = _entries(tiff, first, order).get(_EXIF_IFD)
    entries = _entries(tiff, exif[1], order) if exif else {}
    if _ORIGINAL not in entries or _OFFSET_ORIGINAL not in entries:
        return None
    local, offset = _text(tiff, *entries[_ORIGINAL]), _text(tiff, *entries[_OFFSET_ORIGINAL])
    return datetime.strptime(local + offset, "%Y:%m:%d %H:%M:%S%z").astimezone(UTC)


def _entries(tiff: bytes, at: int, order: str) -> dict[int, tuple[int, int]]:
    """Return tag → (count, value or offset) of one directory."""
    (count,) = struct.unpack_from(order + "H", tiff, at)
    rows = (struct.unpack_from(order + "HHII", tiff, at + 2 + 12 * row) for row in range(count))
    return {tag: (number, value) for tag, _kind, number, value in rows}


def _text(tiff: bytes, count: int, offset: int) -> str:
    return tiff[offset : offset + count].split(b"\0")[0].decode("ascii", "replace").strip()
