"""Libraries that tell their makers, unasked and over the network, that they were used: here they do not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

# Read by openvino_telemetry once, when OpenVINO is first imported, and by NNCF at its import. No other switch works
# without a file in the home folder.
_QUIET = {"CI": "true", "NNCF_CI": "1"}


@contextmanager
def unwatched() -> Iterator[None]:
    """Import or call OpenVINO and NNCF within this, and they report nothing and leave no file in the home folder."""
    before = {key: os.environ.get(key) for key in _QUIET}
    os.environ.update(_QUIET)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
