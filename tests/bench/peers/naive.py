"""The naive visit loop: each feed opened, read once and closed in one of eight threads, then ``YOLO.predict``."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from orders import looked, orders
from ultralytics import YOLO

WORKERS = 8


def go_round(grab: Callable[[str], Any]) -> None:
    """Visit all feeds each interval; ``grab`` makes a frame of an address, or None."""
    told = orders()
    model = YOLO(told["weights"])
    with ThreadPoolExecutor(WORKERS) as pool:
        while True:
            began = time.monotonic()
            feeds = {pool.submit(grab, url): feed for feed, url in told["urls"].items()}
            for done in as_completed(feeds):
                if (frame := done.result()) is not None:
                    model.predict(frame, imgsz=told["input_px"], verbose=False)
                    looked(feeds[done])
            time.sleep(max(0.0, began + told["interval_s"] - time.monotonic()))
