"""Feed ids from what registers call their cameras."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_FIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")
_KEPT = 40


def feed_id(given: str, *, name: str, url: str) -> str:
    """Return the id of a feed: the same for the same camera on every import.

    An id that fits is taken as it is. Otherwise it is made of the ASCII letters and digits of the given id, or of
    the name where none is given, and ten hexadecimal digits of the SHA-256 of what it is made for: the given id,
    or the URL.

    >>> feed_id("cam-1", name="", url="")
    'cam-1'
    >>> feed_id("解放碑01", name="", url="")
    '01-26802e799c'
    >>> feed_id("", name="解放碑", url="rtsp://192.0.2.1/1")
    'cam-294dd09a60'
    """
    if _FIT.fullmatch(given):
        return given
    plain = unicodedata.normalize("NFKD", given or name)
    letters = _UNFIT.sub("-", plain).strip("-._")[:_KEPT].strip("-._") or "cam"
    digest = hashlib.sha256((given or url).encode()).hexdigest()[:10]
    return f"{letters}-{digest}"
