"""The guard over views, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from api.watch import VIEW_OF
from configs.feeds import FeedSettings
from configs.settings import ViewSettings
from streams.feedviews import FeedViews
from streams.viewguard import ViewGuard, ViewRules


def view_guard(settings: ViewSettings) -> ViewGuard | None:
    """Return what judges looks by their feed's view; None where every view is taken as it is."""
    return ViewGuard(_rules(settings)) if settings.guard else None


def feed_views(
    settings: ViewSettings,
    feeds: Sequence[FeedSettings],
    memory: Mapping[str, str],
    *,
    zone: ZoneInfo,
    now: Callable[[], datetime],
    tell: Callable[[str | None], None],
) -> FeedViews:
    """Return what is known of each feed's view, going on from what the ledger remembers.

    A view that is dated in the feed's settings is accepted as of that day in the city's zone. A day to come is passed
    over: until then nobody could accept another view.
    """
    views = FeedViews(_rules(settings), tell=tell)
    if not settings.guard:
        return views
    known = {key.removeprefix(VIEW_OF): text for key, text in memory.items() if key.startswith(VIEW_OF)}
    views.restore(known, feeds=[feed.id for feed in feeds if feed.view == "fixed"])
    for feed in feeds:
        since = datetime.combine(feed.view_since, time(), zone) if feed.view_since else None
        if since is not None and since <= now():
            views.accept(feed.id, at=since)
    return views


def _rules(settings: ViewSettings) -> ViewRules:
    return ViewRules(
        unlike_below=settings.unlike_below,
        blurred_below=settings.blurred_below,
        turned_after=settings.turned_after,
        accept_after=settings.accept_after,
    )
