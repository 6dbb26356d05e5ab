"""What looking closer costs, for those who ask for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from configs.feeds import FeedSettings
from detector.tiling import Tiling

_NAMED = 5


def tiled_looks(feeds: Sequence[FeedSettings]) -> Iterator[str]:
    """Yield one sentence per tiling in use: which feeds, and how many looks of the model each visit takes."""
    tiled: dict[str, list[str]] = defaultdict(list)
    for feed in feeds:
        if feed.enabled and Tiling.parse(feed.tiles).looks > 1:
            tiled[feed.tiles].append(feed.id)
    for tiles, ids in sorted(tiled.items()):
        named = ", ".join(ids[:_NAMED]) + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "")
        looks = Tiling.parse(tiles).looks
        yield f"tiles {tiles} of {named}: each visit takes {looks} looks of the model instead of one"
