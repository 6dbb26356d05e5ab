"""The naive visit loop in processes, one a processor, each with its own model."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from pathlib import Path

import cv2
from ultralytics import YOLO

sys.path.insert(0, str(Path(__file__).parent))

from orders import looked, orders

_own = {}


def start(weights: str, input_px: int) -> None:
    _own["model"], _own["input_px"] = YOLO(weights), input_px


def visit(feed_and_url):
    feed, url = feed_and_url
    capture = cv2.VideoCapture(url)
    try:
        ok, frame = capture.read()
    finally:
        capture.release()
    if ok:
        _own["model"].predict(frame, imgsz=_own["input_px"], verbose=False)
    return feed, ok


def main() -> None:
    told = orders()
    context = multiprocessing.get_context("spawn")
    with context.Pool(os.cpu_count(), start, (told["weights"], told["input_px"])) as pool:
        while True:
            began = time.monotonic()
            for feed, ok in pool.imap_unordered(visit, told["urls"].items()):
                if ok:
                    looked(feed)
            time.sleep(max(0.0, began + told["interval_s"] - time.monotonic()))


if __name__ == "__main__":
    main()
