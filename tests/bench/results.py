"""How benchmarks tell their results: a table, and JSON in var/bench."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_MOST_COLUMNS = 10
PROJECT = Path(__file__).parents[2]


def command(*words: str) -> Any:
    """Run a gridpatrol command and return the JSON it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "api", *words], cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def write(name: str, result: dict[str, Any], *, as_json: bool = False) -> None:
    """Write ``var/bench/NAME.json`` and print the rows, as a table or as JSON."""
    whole = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), **result}
    out = PROJECT / "var" / "bench" / f"{name}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(whole, indent=2))
    if as_json:
        json.dump(whole, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        table(result["rows"])


def table(rows: Sequence[dict[str, Any]]) -> None:
    """Print plain values of rows that have the same keys; rows of many values stand side by side."""
    columns = [key for key, value in rows[0].items() if not isinstance(value, dict | list)] if rows else []
    if len(columns) > _MOST_COLUMNS:
        for column in columns:
            print(column.rjust(max(map(len, columns))), *(_text(row[column]).rjust(10) for row in rows))
        return
    wide = [max(len(column), *(len(_text(row[column])) for row in rows)) for column in columns]
    print("  ".join(column.rjust(width) for column, width in zip(columns, wide, strict=True)))
    for row in rows:
        print("  ".join(_text(row[column]).rjust(width) for column, width in zip(columns, wide, strict=True)))


def _text(value: Any) -> str:
    return "–" if value is None or value == "" else str(value)


def machine() -> dict[str, Any]:
    """Return what it was measured on, and how busy that was."""
    return {"processors": os.cpu_count(), "kind": platform.machine(), "load": [round(x, 1) for x in os.getloadavg()]}
