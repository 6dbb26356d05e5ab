"""The run card: what a training was made from and how it went, so that two runs can be told apart and repeated."""

from __future__ import annotations

import csv
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from detector.training.assemble import Assembled
from detector.weights import sha256_of

NAME = "runcard.json"


@dataclass(frozen=True, slots=True)
class RunCard:
    """One training.

    Parameters
    ----------
    recipe
        As followed, defaults filled in.
    base_sha256
        Of the checkpoint it started from.
    data_sha256
        Over labels and picture names and sizes of both splits.
    pictures, boxes
        Counts per split, by source and by class.
    curves
        One row per epoch, Ultralytics' columns: losses and validation figures.
    checkpoint, checkpoint_sha256
        The best epoch's weights, by the validation split.
    wall_s
        Seconds of wall clock, resumed parts added by Ultralytics' own count.
    libraries
        Versions that may change the outcome.
    metrics
        Of the checkpoint on the validation split, per class and per source; empty until measured.
    """

    recipe: dict[str, Any]
    base_sha256: str
    data_sha256: str
    pictures: dict[str, dict[str, int]]
    boxes: dict[str, dict[str, int]]
    curves: list[dict[str, float]]
    checkpoint: str
    checkpoint_sha256: str
    wall_s: float
    libraries: dict[str, str]
    processor: str = field(default_factory=platform.machine)
    metrics: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write ``runcard.json`` into ``folder`` and return its path."""
        path = folder / NAME
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return path


def card_of(assembled: Assembled, *, base_sha256: str, run: Path) -> RunCard:
    """Return the card of a finished run in ``run``, Ultralytics' own folder of it."""
    best = run / "weights" / "best.pt"
    curves = _curves(run / "results.csv")
    return RunCard(
        recipe=assembled.recipe.model_dump(mode="json"),
        base_sha256=base_sha256,
        data_sha256=assembled.sha256,
        pictures=_plain(assembled.pictures),
        boxes=_plain(assembled.boxes),
        curves=curves,
        checkpoint=best.name,
        checkpoint_sha256=sha256_of(best),
        wall_s=curves[-1].get("time", 0.0) if curves else 0.0,
        libraries={name: version(name) for name in ("ultralytics", "torch", "numpy", "opencv-python")},
    )


def _plain(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {split: dict(sorted(of.items())) for split, of in counts.items()}


def _curves(path: Path) -> list[dict[str, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{key.strip(): float(value) for key, value in row.items()} for row in csv.DictReader(file)]
