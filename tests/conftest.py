"""Which tests run beside which: three processes share them, see ``PYTEST_WORKERS`` in the Makefile."""

from __future__ import annotations

import signal

import pytest
from xdist.scheduler import LoadFileScheduling

CITIES = "tests/e2e/"
"""Whole cities of processes, which mostly wait. They stand in two rows, because one was what everybody waited for at
the end, and three at once would starve each other."""
FIRST_ROW = ("city_learns", "deployed", "end_to_end", "kill", "promotion", "service_trouble")
LONGEST = ("tests/detector/training/", "tests/detector/test_export.py", "tests/streams/test_capture_workers.py")
"""Begun first, so that none of them is what everybody waits for at the end."""


class Shared(LoadFileScheduling):
    """A file's tests stay together, and so do the cities of a row."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        return _row(file) if file.startswith(CITIES) else file


def pytest_configure():
    """Let what the tests start be ended by Ctrl-C: a shell has all that it starts in the background ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_make_scheduler(config, log):
    return Shared(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: _rank(item.nodeid))


def _row(file: str) -> str:
    return "first cities" if any(f"test_{name}." in file for name in FIRST_ROW) else "second cities"


def _rank(file: str) -> int:
    return 0 if file.startswith(CITIES) else 1 if file.startswith(LONGEST) else 2
