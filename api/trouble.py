"""What troubles the case API right now, for people to see."""

from __future__ import annotations

import threading


class Trouble:
    """At most one sentence for each place that can be in trouble; may be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sentences: dict[str, str] = {}

    def tell(self, where: str, sentence: str | None) -> None:
        """Say what troubles ``where``, or with None that nothing does any more."""
        with self._lock:
            self._sentences.pop(where, None)
            if sentence:
                self._sentences[where] = sentence

    def sentences(self) -> list[str]:
        """Return what is wrong now, the latest last."""
        with self._lock:
            return list(self._sentences.values())
