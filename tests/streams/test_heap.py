"""What a process has freed goes back to the system when it is asked to."""

from __future__ import annotations

import subprocess
import sys

import pytest

FREED = """
import platform
from streams.captureworkers.worker import own_mb
from streams.heap import give_back, keep_few_heaps

keep_few_heaps(2)
pieces = [bytes(60_000) for _ in range(3000)]
last = pieces.pop()  # lies above all the others, so that the heap cannot simply end lower
pieces.clear()
kept = own_mb()
give_back()
print(platform.libc_ver()[0] or "other", kept - own_mb())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and the heap is the GNU C library's")
def test_what_was_freed_is_given_back():
    told = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True, timeout=60)

    library, given_back_mb = told.stdout.split()
    if library != "glibc":
        pytest.skip("another C library keeps its heap in its own way")
    assert float(given_back_mb) > 100
