"""The C library's heap: it keeps what a process has freed, for later."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any

_M_ARENA_MAX = -8
"""mallopt(3) of the GNU C library."""


def keep_few_heaps(most: int) -> None:
    """Let the C library keep at most so many heaps, not one for each thread; call it before threads are started.

    Where a dozen threads each take and give back pictures, every heap keeps its largest.
    """
    set_option = _c_library("mallopt")
    if set_option is not None:
        set_option(_M_ARENA_MAX, most)


def give_back() -> None:
    """Give the system back what was freed: pictures that came and went leave holes that the C library keeps."""
    trim = _c_library("malloc_trim")
    if trim is not None:
        trim(0)


@cache
def _c_library(function: str) -> Any:
    """Return a function of the C library; None where it has no such one."""
    return getattr(ctypes.CDLL(None), function, None) if sys.platform == "linux" else None
