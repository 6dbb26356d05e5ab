"""Which tests run beside which: two workers share them, see ``PYTEST_WORKERS`` in the Makefile."""

from __future__ import annotations

import pytest

TOGETHER = "tests/e2e/"
"""Whole cities of processes: one after the other in one worker, because two at once would starve each other."""
LONGEST = ("tests/detector/training/", "tests/detector/test_export.py", "tests/streams/test_capture_workers.py")
"""Begun first, so that none of them is what everybody waits for at the end."""


def pytest_itemcollected(item):
    """Say which tests stay together before the plugin that shares them out asks."""
    file = _file(item)
    item.add_marker(pytest.mark.xdist_group("cities" if file.startswith(TOGETHER) else file))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: _rank(_file(item)))


def _file(item) -> str:
    return item.nodeid.partition("::")[0]


def _rank(file: str) -> int:
    return 0 if file.startswith(TOGETHER) else 1 if file.startswith(LONGEST) else 2
