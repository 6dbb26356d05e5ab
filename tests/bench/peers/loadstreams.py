"""Ultralytics' ``LoadStreams``, which decodes every frame of every feed, asked for its newest ones each interval."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from ultralytics import YOLO
from ultralytics.data.loaders import LoadStreams

sys.path.insert(0, str(Path(__file__).parent))

from orders import looked, orders


def main() -> None:
    told = orders()
    model = YOLO(told["weights"])
    with tempfile.NamedTemporaryFile("w", suffix=".streams") as listed:
        listed.write("\n".join(told["urls"].values()))
        listed.flush()
        streams = iter(LoadStreams(listed.name))
        feeds = list(told["urls"])
        while True:
            began = time.monotonic()
            _, frames, _ = next(streams)
            for feed, frame in zip(feeds, frames, strict=True):
                model.predict(frame, imgsz=told["input_px"], verbose=False)
                looked(feed)
            time.sleep(max(0.0, began + told["interval_s"] - time.monotonic()))


if __name__ == "__main__":
    main()
