"""The coverage report over an installation's log."""

from __future__ import annotations

from pathlib import Path

from detector.coveragecount import Question
from detector.coveragereport import Coverage, coverage_of


def ask(log: Path, question: Question) -> Coverage:
    """Return what became of the visits planned in a time.

    Raises
    ------
    OSError
        When a part of the log cannot be read.
    """
    return coverage_of(log, question)
