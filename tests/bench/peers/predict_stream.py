"""Ultralytics as documented for many cameras: ``predict`` over a list of streams with ``stream=True``."""

from __future__ import annotations

import sys
import tempfile
from itertools import cycle
from pathlib import Path

from ultralytics import YOLO

sys.path.insert(0, str(Path(__file__).parent))

from orders import looked, orders


def main() -> None:
    told = orders()
    model = YOLO(told["weights"])
    with tempfile.NamedTemporaryFile("w", suffix=".streams") as listed:
        listed.write("\n".join(told["urls"].values()))
        listed.flush()
        results = model.predict(listed.name, stream=True, imgsz=told["input_px"], verbose=False)
        for feed, _ in zip(cycle(told["urls"]), results, strict=False):
            looked(feed)


if __name__ == "__main__":
    main()
