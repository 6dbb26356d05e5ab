"""Whether bytes are a whole JPEG that can be shown, found out before they are kept."""

from __future__ import annotations

import struct

import cv2
import numpy as np

from api.errors import NotAPicture

MAX_PIXELS = 64_000_000
"""A picture with more is refused unseen: a few bytes can claim an area that fills the memory when it is decoded."""

_START, _SCAN, _END = b"\xff\xd8\xff", 0xDA, b"\xff\xd9"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of segments that tell the size, ITU-T T.81 table B.1."""


def check_jpeg(jpeg: bytes) -> None:
    """Return when the bytes are a JPEG from its first marker to its last, and OpenCV can decode it.

    It is decoded at an eighth of its size, as only whether it can be is asked.

    Raises
    ------
    NotAPicture
        Saying what is wrong.
    """
    if not jpeg.startswith(_START):
        raise NotAPicture("the picture is no JPEG; send image/jpeg")
    pixels, scan = _header(jpeg)
    if not 0 < pixels <= MAX_PIXELS:
        raise NotAPicture(f"the picture has {pixels} pixels; send 1 to {MAX_PIXELS}")
    if jpeg.find(_END, scan) < 0:
        raise NotAPicture("the picture's end is missing; send all of the JPEG")
    if not _decodes(jpeg):
        raise _broken()


def _header(jpeg: bytes) -> tuple[int, int]:
    """Return the number of pixels, and where the first scan begins (before it a thumbnail may have an end too)."""
    at, pixels = 2, 0
    try:
        while True:
            lead, marker, length = struct.unpack_from(">BBH", jpeg, at)
            if lead != 0xFF:  # every marker begins so
                raise _broken()
            if marker == _SCAN:
                return pixels, at
            if marker in _FRAMES:
                height, width = struct.unpack_from(">HH", jpeg, at + 5)
                pixels = height * width
            at += 1 if marker == 0xFF else 2 + length  # padding may go before a marker
    except struct.error as error:
        raise _broken() from error


def _decodes(jpeg: bytes) -> bool:
    try:
        return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_8) is not None
    except cv2.error:
        return False


def _broken() -> NotAPicture:
    return NotAPicture("the picture is a broken JPEG; send one that can be decoded")
