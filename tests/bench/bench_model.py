"""How much processor time a forward pass takes: ``python tests/bench/bench_model.py [--out bench_model.json]``.

Processor time of the whole process (all threads), letterboxing and suppression included, the least of several rounds:
neighbours on the machine only ever add to it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from detector.backends.openvino import OpenVinoModel
from detector.backends.options import Options
from detector.manifest import Manifest
from detector.model import Image, Model
from detector.weights import Weights

PICTURES = {"704x576": (576, 704), "1280x720": (720, 1280), "1920x1080": (1080, 1920)}
INPUTS_PX = (416, 512, 640)
ROUNDS = 6
PASSES = 8


def measured(weights: Weights) -> Iterator[dict[str, Any]]:
    for input_px in INPUTS_PX:
        for precision in ("f32", "auto"):
            options = Options(precision=precision)
            model = OpenVinoModel(dataclasses.replace(weights, input_px=input_px), options)
            for name, size in PICTURES.items():
                cost = cpu_ms(model, np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8))
                yield {"picture": name, "input_px": input_px, "precision": precision, "cpu_ms": round(cost, 1)}
            model.close()


def cpu_ms(model: Model, picture: Image) -> float:
    model.detect([picture])
    return min(one_round(model, picture) for _ in range(ROUNDS))


def one_round(model: Model, picture: Image) -> float:
    started = time.process_time()
    for _ in range(PASSES):
        model.detect([picture])
    return (time.process_time() - started) / PASSES * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="gridpatrol-starter")
    parser.add_argument("--out", type=Path, default=Path("bench_model.json"))
    told = parser.parse_args()
    rows = []
    for row in measured(Manifest.load(ROOT / "models" / "manifest.yaml").verify(told.name)):
        sys.stdout.write("{picture:>10}  input {input_px}  {precision:4}  {cpu_ms:6.1f} ms CPU\n".format(**row))
        rows.append(row)
    told.out.write_text(json.dumps({"machine": platform.processor() or platform.machine(), "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
