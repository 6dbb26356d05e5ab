"""Provenance: one line of JSON a picture, beside a dataset's ``data.yaml``, that tells where it came from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from configs.mistakes import Mistake
from detector.labels.picture import LabelsError

PROVENANCE = "provenance.jsonl"


def read_provenance(folder: Path) -> dict[str, dict[str, Any]]:
    """Return a dataset's provenance by file name; empty where there is none.

    Raises
    ------
    LabelsError
        When the file cannot be read, or a line is no JSON object with ``file``; the text names file and line.
    """
    path = folder / PROVENANCE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsError(Mistake(path, None, "", "cannot be read", "replace or remove it")) from error
    return dict(_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def _row(path: Path, number: int, line: str) -> tuple[str, dict[str, Any]]:
    try:
        row = json.loads(line)
        return str(row["file"]), row
    except (ValueError, KeyError, TypeError) as error:
        raise LabelsError(Mistake(path, number, "", "is no record of a picture", "take that line out")) from error
