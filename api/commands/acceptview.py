"""``gridpatrol feeds accept-view``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from api.acceptedview import AcceptedView
from api.commands.console import DEMO, ConfigOption, fail
from api.commands.opening import Opened, open_configuration, opened_cases
from configs.feeds import FeedSettings
from configs.mistakes import nearest

_BY = "command line"


def accept_view(
    feed: Annotated[str, typer.Argument(help="Id of the feed.")],
    note: Annotated[str, typer.Option(help="Why; kept with it.")] = "",
    config: ConfigOption = DEMO,
) -> None:
    """Take what a camera shows from its next visit on for its view: it was moved for good.

    The patrol hears of it within seconds. What was open under the old view is handed to people.
    """
    opened = open_configuration(config)
    written = _guarded(opened, feed)
    with opened_cases(opened) as store, store.writing() as book:
        book.views.add(AcceptedView(feed, datetime.now(UTC), _BY, note))
    typer.echo(f"feed {feed}: what it shows from its next visit on is its view")
    if drawn := list(_drawn(written)):
        typer.echo(f"feed {feed}: its {' and '.join(drawn)} count in the new view as they are; draw them anew for it")


def _guarded(opened: Opened, feed_id: str) -> FeedSettings:
    """Return a feed of which a view is known; end the command when it is none."""
    feeds = {feed.id: feed for feed in opened.configuration.feeds}
    feed = feeds.get(feed_id)
    if feed is None:
        like = nearest(feed_id, feeds)
        fail(f"there is no feed {feed_id!r}; " + (f"did you mean {like!r}?" if like else "see gridpatrol feeds list"))
    if feed.kind == "vehicle" or feed.view == "moving":
        fail(f"feed {feed_id} is meant to look elsewhere at each visit, so it has no view to accept")
    if not opened.settings.patrol.view.guard:
        fail("patrol.view.guard is false: every view is taken as it is, so there is none to accept")
    return feed


def _drawn(feed: FeedSettings) -> Iterator[str]:
    for key in ("zones", "calibration", "footprint"):
        if getattr(feed, key):
            yield key
