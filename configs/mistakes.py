"""One mistake in what somebody wrote, told so that they can mend it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_SHOWN = re.compile(r"[\w<>-]{1,40}")
_URL_LIKE = re.compile(r"\S*(?:://|@)\S*")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in a configuration or data file.

    Parameters
    ----------
    file
        The file that holds it.
    line
        1-based line, or None where the file has no lines (a binary, a missing file).
    key
        Dotted path of the key, such as ``feeds[3].zones[0].polygon``; empty for the whole file.
    wrong
        What is wrong, one clause without a full stop.
    right
        What would be right, one clause without a full stop.
    """

    file: Path
    line: int | None
    key: str
    wrong: str
    right: str

    def __str__(self) -> str:
        """Return ``file:line: key: wrong; right``, the form editors can jump to."""
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        key = f" {self.key}:" if self.key else ""
        return f"{place}:{key} {self.wrong}; {self.right}"

    def as_json(self) -> dict[str, str | int | None]:
        """Return the mistake as plain values for editors."""
        return {**asdict(self), "file": str(self.file)}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is written: file, 1-based line (None where there are no lines), dotted key."""

    file: Path
    line: int | None
    key: str

    def mistake(self, wrong: str, right: str) -> Mistake:
        """Return the mistake made here; what looks like a URL, which may carry a password, is not repeated."""
        return Mistake(self.file, self.line, self.key, without_urls(wrong), right)


def without_urls(text: str) -> str:
    """Return ``text`` with each word that may be a URL or a mail address replaced by ``…``.

    >>> without_urls("'rtsp://admin:secret@10.0.0.1/1' is not a datum")
    '… is not a datum'
    """
    return _URL_LIKE.sub("…", text)


def dotted(path: Sequence[str | int]) -> str:
    """Return a path of keys and list positions as one dotted key; odd keys (a misplaced URL) are shown as ``…``.

    >>> dotted(["feeds", 3, "zones", 0, "polygon"])
    'feeds[3].zones[0].polygon'
    """
    parts = [f"[{slot}]" if isinstance(slot, int) else f".{slot if _SHOWN.fullmatch(slot) else '…'}" for slot in path]
    return "".join(parts).removeprefix(".")


class ConfigError(Exception):
    """Configuration cannot be used: mend the files it lists. Carries every mistake found, not the first."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like ``name``, or None if none is close.

    >>> nearest("exposed_garbge", ["exposed_garbage", "street_vending"])
    'exposed_garbage'
    """
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None
