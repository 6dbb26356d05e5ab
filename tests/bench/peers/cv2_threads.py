"""The naive visit loop: ``cv2.VideoCapture`` opened, read once and closed in eight threads, then ``YOLO.predict``."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import cv2
from ultralytics import YOLO

sys.path.insert(0, str(Path(__file__).parent))

from orders import looked, orders

WORKERS = 8


def grab(feed, url):
    capture = cv2.VideoCapture(url)
    try:
        ok, frame = capture.read()
        return feed, frame if ok else None
    finally:
        capture.release()


def main() -> None:
    told = orders()
    model = YOLO(told["weights"])
    with ThreadPoolExecutor(WORKERS) as pool:
        while True:
            began = time.monotonic()
            for done in as_completed([pool.submit(grab, feed, url) for feed, url in told["urls"].items()]):
                feed, frame = done.result()
                if frame is not None:
                    model.predict(frame, imgsz=told["input_px"], verbose=False)
                    looked(feed)
            time.sleep(max(0.0, began + told["interval_s"] - time.monotonic()))


if __name__ == "__main__":
    main()
