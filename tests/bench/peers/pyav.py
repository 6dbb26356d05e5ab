"""The naive visit loop with PyAV: open, decode the first frame, close, in eight threads, then ``YOLO.predict``."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import av
from ultralytics import YOLO

sys.path.insert(0, str(Path(__file__).parent))

from orders import looked, orders

WORKERS = 8


def grab(feed, url):
    options = {"rtsp_transport": "tcp"} if url.startswith("rtsp") else {}
    try:
        with av.open(url, options=options, timeout=10) as container:
            return feed, next(container.decode(video=0)).to_ndarray(format="bgr24")
    except (av.error.FFmpegError, StopIteration):
        return feed, None


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
