"""What libraries would take for themselves and a patrol does better without."""

from __future__ import annotations

import ctypes
import sys

import cv2

_M_ARENA_MAX = -8
"""mallopt(3) of the GNU C library."""
_ARENAS = 2


def be_thrifty() -> None:
    """Let the C library keep few heaps and OpenCV start no threads; call it before threads are started.

    A dozen visits at once each take and give back pictures: with a heap for each thread, as is the GNU C library's
    habit, every heap keeps its largest. And pictures are small: looked at side by side they fill the processors,
    while threads that share one wait for each other.
    """
    cv2.setNumThreads(1)
    if sys.platform == "linux":
        set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
        if set_option is not None:
            set_option(_M_ARENA_MAX, _ARENAS)
