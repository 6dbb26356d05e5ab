"""Processor time and memory of processes, seen from outside: Linux's /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Return seconds of processor time that a process and all its children, living and waited for, have used."""
    return sum(_own_cpu_s(each) for each in tree(pid))


def memory_mb(pid: int) -> float:
    """Return megabytes of memory that a process and its children hold: what two of them share is counted once."""
    return sum(_share_bytes(each) for each in tree(pid)) / 1e6


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all its living children and theirs."""
    yield pid
    for child in children(pid):
        yield from tree(child)


def children(pid: int) -> list[int]:
    """Return the living children of a process."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, path.read_text().split())
    return found


def command_of(pid: int) -> list[str]:
    """Return a process's command line; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def _own_cpu_s(pid: int) -> float:
    """utime, stime, cutime, cstime of proc(5): its own threads, and the children it has waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS_PER_S


def _share_bytes(pid: int) -> int:
    """Pss of proc(5): a page that three processes have counts a third in each."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
