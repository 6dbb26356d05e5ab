"""One mistake in what somebody wrote, told so that they can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


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
