"""Pictures that a gateway sends in place of a camera's: one and the same for many feeds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from urllib.parse import urlsplit

from streams.feed import Feed, Protocol

_REMEMBERED = 20_000


class Placeholders:
    """Knows pictures that came from more than one feed of a host. Safe to share between threads.

    Two cameras never send the same bytes. A media gateway that cannot reach its cameras does: its logo or a "no
    signal" picture, as a normal answer. Only snapshots are judged: their digests are those of the bytes that came.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._from: OrderedDict[tuple[str, str], str] = OrderedDict()

    def other_feed(self, feed: Feed, digest: str) -> str | None:
        """Note a picture of ``feed`` and return another feed of its host that it came from before, if any."""
        if feed.protocol is not Protocol.SNAPSHOT:
            return None
        key = (urlsplit(feed.url).netloc.rpartition("@")[2], digest)
        with self._lock:
            first = self._from.setdefault(key, feed.id)
            self._from.move_to_end(key)
            if len(self._from) > _REMEMBERED:
                self._from.popitem(last=False)
        return None if first == feed.id else first
