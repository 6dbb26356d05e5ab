"""What libraries would take for themselves and our processes do better without."""

from __future__ import annotations

import cv2

from streams.heap import keep_few_heaps

_HEAPS = 2


def be_thrifty() -> None:
    """Let the C library keep few heaps and OpenCV start no threads; call it before threads are started.

    Pictures are small: looked at side by side they fill the processors, while threads that share one wait for each
    other.
    """
    cv2.setNumThreads(1)
    keep_few_heaps(_HEAPS)
