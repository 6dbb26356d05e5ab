"""``gridpatrol mutes …``: places whose findings are not raised, as operators rejected them again and again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pydantic import TypeAdapter

from api.commands.console import DEMO, ConfigOption
from api.commands.opening import Installation, open_settings, opened_cases
from api.http.muteshapes import MuteView
from api.http.muteviews import mute_views
from api.mute import Mute, MuteState
from api.muting import Muting, known_mute
from api.store.port import CaseStore
from api.store.records import MuteQuery

app = typer.Typer(
    help="Places whose findings are not raised, as operators rejected them often.", no_args_is_help=True
)
_BY = "command line"
_VIEWS = TypeAdapter(list[MuteView])

IdArgument = Annotated[int, typer.Argument(min=0, max=2**31 - 1, help="Number of the mute, as `list` shows it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@app.command("list")
def show_all(
    state: Annotated[MuteState | None, typer.Option(help="Only those that stand so.")] = None,
    feed: Annotated[str | None, typer.Option(help="Only those of this feed.")] = None,
    as_json: JsonOption = False,
    config: ConfigOption = DEMO,
) -> None:
    """List muted places, newest first. Works with the API stopped too."""
    now = datetime.now(UTC)
    with _opened(config) as (installation, store), store.reading() as book:
        found = book.mutes.page(MuteQuery(state=state, feed=feed, now=now))
        views = mute_views(book, found, now=now, rule=installation.settings.mute)
    if as_json:
        sys.stdout.write(_VIEWS.dump_json(views, indent=2).decode() + "\n")
        return
    zone = ZoneInfo(installation.settings.city.timezone)
    lines = [_line(mute, now, zone) for mute in found]
    sys.stdout.write("\n".join(lines or ["nothing is muted"]) + "\n")


@app.command("show")
def show(mute_id: IdArgument, as_json: JsonOption = False, config: ConfigOption = DEMO) -> None:
    """Say why a place is muted: the rejects it rests on, and what was done to it."""
    now = datetime.now(UTC)
    with _opened(config) as (installation, store), store.reading() as book:
        mute = known_mute(book, mute_id)
        (view,) = mute_views(book, [mute], now=now, rule=installation.settings.mute)
    told = view.model_dump_json(indent=2)
    zone = ZoneInfo(installation.settings.city.timezone)
    sys.stdout.write((told if as_json else "\n".join(_explained(mute, now, zone))) + "\n")


@app.command("lift")
def lift(
    mute_id: IdArgument,
    note: Annotated[str, typer.Option(help="Why; kept in its history.")] = "",
    config: ConfigOption = DEMO,
) -> None:
    """Raise findings at a muted place again. The patrol hears of it within seconds."""
    with _opened(config) as (installation, store), store.writing() as book:
        rule = installation.settings.mute
        mute = Muting(book, rule, now=datetime.now(UTC), by=_BY).lift(mute_id, note)
    typer.echo(f"mute {mute.id} is lifted: {mute.matter} is raised again at its place in {mute.feed_id}")


@contextmanager
def _opened(config: ConfigOption) -> Iterator[tuple[Installation, CaseStore]]:
    installation = open_settings(config)
    with opened_cases(installation) as store:
        yield installation, store


def _line(mute: Mute, now: datetime, zone: ZoneInfo) -> str:
    state = mute.state_at(now)
    return (
        f"{mute.id:5}  {state:12}  {mute.feed_id:20}  {mute.matter:18}  until {_local(mute.expires_at, zone)}  "
        f"{len(mute.grounds)} rejects, {mute.held_back} held back"
    )


def _explained(mute: Mute, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    yield _line(mute, now, zone)
    yield f"place     {', '.join(f'{value:.3f}' for value in mute.box)} of the view of {mute.feed_id}"
    if mute.unlike is not None and mute.unlike_at is not None:
        yield f"look      {mute.unlike:.2f} unlike what was rejected, seen {_local(mute.unlike_at, zone)}"
    for ground in mute.grounds:
        yield f"rejected  {_local(ground.at, zone)}  {ground.reason:12} by {ground.by}, incident {ground.incident_id}"
    for step in mute.history:
        yield f"history   {_local(step.at, zone)}  {step.deed:12} by {step.by}{f': {step.note}' if step.note else ''}"


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
