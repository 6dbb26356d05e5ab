"""How papers hang together on a piece of wall: alone, in rows of copies, scattered, or one over the other."""

from __future__ import annotations

import numpy as np

from detector.training.posters.paper import Paper
from detector.training.posters.paste import Place, Plane
from detector.training.posters.placing import Spot

ARRANGEMENTS = {"alone": 0.42, "row": 0.24, "scattered": 0.2, "stack": 0.14}
"""Arrangements, and how often each is met."""
COUNTS = {"alone": (1, 2), "row": (2, 7), "scattered": (2, 5), "stack": (2, 5)}
"""Papers in each: from, and below."""
ROOM = {"alone": (1.0, 1.0), "row": (2.4, 1.3), "scattered": (2.2, 1.8), "stack": (1.4, 1.4)}
"""Width and height that each wants free, in long sides of a paper."""
_REACH = {"alone": 0.0, "scattered": 1.1, "stack": 0.45}


def plane_at(rng: np.random.Generator, spot: Spot, picture_px: int) -> Plane:
    """Guess the wall at a spot of a picture whose long side is ``picture_px``.

    A wall whose level lines slope is seen from the side: it is narrower, and its far end smaller.
    """
    slope = spot.slope * rng.uniform(0.8, 1.1) + rng.normal(0, 0.03)
    narrow = max(0.55, 1 - abs(slope) * rng.uniform(0.2, 0.9) - abs(rng.normal(0, 0.08)))
    down = (spot.lean + float(rng.normal(0, 0.02)), 1.0)
    return Plane((spot.x, spot.y), (narrow, slope * narrow), down, float(slope * rng.uniform(-0.6, 0.6) / picture_px))


def places(rng: np.random.Generator, how: str, papers: list[Paper], long_px: float) -> list[Place]:
    """Say where each paper hangs; ``long_px`` is the long side of one, ``how`` a key of ``ARRANGEMENTS``."""
    careless = 0.03 if rng.random() < 0.6 else 0.12
    turns = rng.normal(0, careless, len(papers))
    middles = _grid(rng, papers, long_px) if how == "row" else _strewn(rng, _REACH[how] * long_px, len(papers))
    sizes = rng.uniform(0.55, 1.1, len(papers)) if how in {"scattered", "stack"} else np.ones(len(papers))
    widths = [long_px * paper.alpha.shape[1] / max(paper.alpha.shape) for paper in papers]
    together = zip(middles, widths, sizes, turns, strict=True)
    return [Place(u, v, width * float(size), float(turn)) for (u, v), width, size, turn in together]


def _grid(rng: np.random.Generator, papers: list[Paper], long_px: float) -> list[tuple[float, float]]:
    height, width = (side * long_px / max(papers[0].alpha.shape) for side in papers[0].alpha.shape)
    columns = int(rng.integers(1, len(papers) + 1)) if rng.random() < 0.4 else len(papers)
    rows = -(-len(papers) // columns)
    gap = 1 + float(rng.choice([0.02, 0.08, 0.3, 0.6]))
    order = np.arange(len(papers))
    across = (order % columns - (columns - 1) / 2) * width * gap
    along = (order // columns - (rows - 1) / 2) * height * gap
    wobble = rng.normal(0, 0.04 * long_px, (len(papers), 2))
    return [(float(u), float(v)) for u, v in np.stack([across, along], axis=1) + wobble]


def _strewn(rng: np.random.Generator, reach: float, count: int) -> list[tuple[float, float]]:
    return [(float(rng.uniform(-reach, reach)), float(rng.uniform(-reach, reach) * 0.8)) for _ in range(count)]
