"""The naive visit loop over ``cv2.VideoCapture``."""

from __future__ import annotations

import cv2
from naive import go_round


def grab(url):
    capture = cv2.VideoCapture(url)
    try:
        ok, frame = capture.read()
        return frame if ok else None
    finally:
        capture.release()


if __name__ == "__main__":
    go_round(grab)
