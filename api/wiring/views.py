"""The guard over views, with what it remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time

from configs.feeds import FeedSettings
from configs.settings import ViewSettings
from streams.viewguard import ViewGuard, ViewRules

VIEW_OF = "*view:"
"""Before a feed's id, the key under which the ledger remembers its view; no feed id starts with a star."""


def view_guard(
    settings: ViewSettings,
    memory: Mapping[str, str],
    feeds: Sequence[FeedSettings],
    *,
    tell: Callable[[str | None], None],
) -> ViewGuard:
    """Return the guard, going on from what the ledger remembers, but for feeds that have got a new view since."""
    rules = ViewRules(
        unlike_below=settings.unlike_below,
        blurred_below=settings.blurred_below,
        turned_after=settings.turned_after,
        accept_after=settings.accept_after,
    )
    guard = ViewGuard(rules, tell=tell)
    known = {key.removeprefix(VIEW_OF): text for key, text in memory.items() if key.startswith(VIEW_OF)}
    if settings.guard:
        guard.restore(known, feeds=[feed.id for feed in feeds if feed.view == "fixed"])
    for feed in feeds:
        if settings.guard and feed.view_since is not None:
            guard.accept(feed.id, at=datetime.combine(feed.view_since, time(), UTC))
    return guard
