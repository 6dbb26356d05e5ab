"""Pasted paper on street pictures: what a model's findings of it are, and what it misses.

    .venv/bin/python tests/bench/bench_street_ads.py [--weights NAME-or-FILE …] [--input-px 512] [--json]

The street pictures have no labels of pasted paper. Those of the validation split were looked through, and it was said
where there is some (yes) and where there may be (doubt: a plate or paper, an official notice, too blurred to tell);
all else shows none (configs/recipes/street-ads.csv; the card tells by whom). The pictures are not part of the
project (docs/models.md). Findings at doubtful places count neither way.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from api.commands.models.measuring import open_weights
from configs.settings import ModelSettings
from detector.detection import Detection
from detector.evaluation.matching import match, overlaps
from detector.evaluation.precision import average_precisions
from detector.training.judged import JudgedBox, Said, read_judged
from detector.training.yolofolder import open_yolo_folder, read_picture
from tests.bench.results import PROJECT, write

JUDGED = PROJECT / "configs" / "recipes" / "street-ads.csv"
DATA = PROJECT / "configs" / "recipes" / "streets.data.yaml"
PREFIX, LABEL = "street_", "ad"
THRESHOLDS = (0.13, 0.25, 0.5)
MEETS, INSIDE = 0.3, 0.7
"""A finding is of a doubtful thing when it overlaps it so much, or lies in it with so much of itself."""


@dataclass(frozen=True)
class Finding:
    """A finding of pasted paper: its score, and whether it lies on a piece that nobody doubts."""

    score: float
    right: bool


def findings(detected: Sequence[Detection], judged: Sequence[JudgedBox]) -> list[Finding]:
    """Return a picture's findings, those at doubtful places left out."""
    boxes = np.array([one.box for one in detected], np.float32).reshape(-1, 4)
    sure, doubtful = (
        np.array([one.corners for one in judged if one.said is said], np.float32).reshape(-1, 4)
        for said in (Said.YES, Said.DOUBT)
    )
    right, _ = match(np.zeros(len(sure), np.intp), sure, np.zeros(len(boxes), np.intp), boxes)
    counts = right[:, 0] | ~_doubted(boxes, doubtful)
    return [Finding(one.score, bool(right[n, 0])) for n, one in enumerate(detected) if counts[n]]


def _doubted(boxes: np.ndarray, doubtful: np.ndarray) -> np.ndarray:
    sides = np.minimum(boxes[:, None, 2:], doubtful[None, :, 2:]) - np.maximum(
        boxes[:, None, :2], doubtful[None, :, :2]
    )
    inside = np.prod(np.maximum(sides, 0), axis=2) / np.prod(boxes[:, None, 2:] - boxes[:, None, :2], axis=2).clip(1)
    meets = overlaps(doubtful, boxes).T > MEETS
    return np.asarray((meets | (inside > INSIDE)).any(axis=1))


def measure(weights: str, input_px: int | None) -> dict[str, Any]:
    """Look at every picture and return a row."""
    model = open_weights(weights, None, None, as_patrol=True, input_px=input_px)
    judged, found, pieces, pictures = read_judged(JUDGED), [], 0, 0
    for labelled in open_yolo_folder(DATA).labelled("val"):
        if not labelled.picture.name.startswith(PREFIX):
            continue
        pictures += 1
        said = judged.get(labelled.picture.stem, ())
        pieces += sum(one.said is Said.YES for one in said)
        (detected,) = model.detect([read_picture(labelled.picture)])
        found += findings([one for one in detected if one.label == LABEL], said)
    model.close()
    found.sort(key=lambda one: -one.score)
    right = np.array([one.right for one in found])
    row = {"weights": Path(weights).name, "input_px": input_px, "pictures": pictures, "pieces": pieces}
    row["ap50"] = round(float(average_precisions(right[:, None], pieces)[0]), 3)
    for least in THRESHOLDS:
        counted = [one.right for one in found if one.score >= least]
        row[f"from_{least}"] = f"{sum(counted)} of {len(counted)} right, {sum(counted)} of {pieces} found"
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", nargs="+", default=[ModelSettings.model_fields["name"].default])
    parser.add_argument("--input-px", type=int)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    if not (PROJECT.parent / "shared" / "data").is_dir():
        parser.exit(0, "needs the street pictures (docs/models.md); nothing was measured\n")
    write("street_ads", {"rows": [measure(each, told.input_px) for each in told.weights]}, as_json=told.json)


if __name__ == "__main__":
    main()
