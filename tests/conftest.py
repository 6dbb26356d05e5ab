"""Which tests run beside which: two processes share them, see ``PYTEST_WORKERS`` in the Makefile."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling

TOGETHER = "tests/e2e/"
"""Whole cities of processes: one after the other in one process, because two at once would starve each other."""
LONGEST = ("tests/detector/training/", "tests/detector/test_export.py", "tests/streams/test_capture_workers.py")
"""Begun first, so that none of them is what everybody waits for at the end."""


class Shared(LoadFileScheduling):
    """A file's tests stay together, and so do all cities'."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        return "cities" if file.startswith(TOGETHER) else file


def pytest_xdist_make_scheduler(config, log):
    return Shared(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(file: str) -> int:
    return 0 if file.startswith(TOGETHER) else 1 if file.startswith(LONGEST) else 2
