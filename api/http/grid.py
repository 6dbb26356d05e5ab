"""The grid's GeoJSON, written once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid as it is sent, and a tag that changes with it."""

    body: bytes
    tag: str


def grid_of(cells: Mapping[str, Any] | None) -> Grid:
    """Return the FeatureCollection as it is sent; an empty one for None."""
    document = cells or {"type": "FeatureCollection", "features": []}
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Grid(body, hashlib.sha256(body).hexdigest()[:32])
