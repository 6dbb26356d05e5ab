"""What every peer script shares: its orders, and how it tells of a look."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

_lock = threading.Lock()


def orders() -> dict[str, Any]:
    """Return the orders: urls by feed, interval_s, weights, input_px."""
    return json.loads(sys.argv[1])


def looked(feed: str) -> None:
    """Tell of a look at a feed."""
    with _lock:
        sys.stdout.write(json.dumps({"feed": feed}) + "\n")
        sys.stdout.flush()
