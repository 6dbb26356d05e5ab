"""``gridpatrol feeds``: cameras into the configuration, and what stands there."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.commands.acceptview import accept_view
from api.commands.console import DEMO, FAILED, OK, SOME_FAILED, USAGE, ConfigOption, err, fail
from api.commands.listfeeds import list_feeds
from api.commands.opening import mistakes_told
from api.importing.candidate import ImportRefused
from api.importing.columns import chosen_columns
from api.importing.plan import ImportPlan, as_json, planned
from api.importing.sources import Asked, harvest_of, short_name
from api.importing.table import Progress as OnProgress
from configs.values import known_datum
from streams.errors import SourceError
from streams.url import masked, with_credentials

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN = 10

app = typer.Typer(help="Take cameras over from registers and gateways, and list them.", no_args_is_help=True)


@app.callback()
def feeds() -> None:
    """Cameras: take them over from registers and gateways, and list them."""


@app.command("import")
def import_(  # noqa: PLR0913, PLR0917 - each is an option of the command
    source: Annotated[
        str,
        typer.Argument(
            help="A .csv, .xlsx or .geojson file, "
            "wvp://user:password@host:port, onvif://user:password@host, or a .txt of those."
        ),
    ],
    config: ConfigOption = DEMO,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File of feeds to write; relative ones start in the configuration's folder.",
            show_default="feeds-<name of the source>.yaml",
        ),
    ] = None,
    datum: Annotated[
        str | None,
        typer.Option(
            help="wgs84, gcj02, bd09, cgcs2000 or epsg:NNNN. Never guessed: only a GeoJSON may leave it out, being "
            "wgs84 by its standard (RFC 7946).",
            show_default=False,
        ),
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option("--map", help="COLUMN=KEY: what a column is; KEY - leaves it out. Repeatable.")
    ] = None,
    snapshot: Annotated[bool, typer.Option("--snapshot", help="Take still pictures from ONVIF devices.")] = False,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; the first with something in it.")] = None,
    credentials_env: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Write ${NAME_USER} and ${NAME_PASSWORD} instead of the credentials; a gateway's URL without "
            "credentials takes these two from the environment.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
    remove_missing: Annotated[
        bool, typer.Option("--remove-missing", help="Take feeds that the source no longer has out of the file.")
    ] = False,
    as_json_: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Take cameras over from a register, a gateway or the cameras themselves.

    What was written by hand stays. Bad rows are listed and the others enter; the exit code is 3 then.
    """
    with _refusals_told(), mistakes_told():
        _refuse_options(datum, credentials_env)
        if config == DEMO and not dry_run:
            raise ImportRefused("the demonstration city is not written to; name your city's folder with --config")
        asked = Asked(
            _with_credentials(source, credentials_env, os.environ),
            datum,
            chosen_columns(column or []),
            sheet,
            snapshot,
        )
        with _progress_bar() as progress:
            harvest = harvest_of(asked, progress, now=lambda: datetime.now(UTC))
        file = out or Path(f"feeds-{short_name(source)}.yaml")
        plan = planned(harvest, directory=config, out=file, env=credentials_env)
        removes = remove_missing and bool(plan.comparison.gone) and not plan.refusals
        writes = not dry_run and (plan.changes or removes)
        done = plan.write(remove_missing=removes) if writes else []
    if as_json_:
        json.dump(as_json(plan, written=writes), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _told(plan, removes=removes))
    _say_done(plan, done, dry_run=dry_run, kept=remove_missing and not removes)
    raise typer.Exit(SOME_FAILED if plan.refusals else OK)


app.command("list")(list_feeds)
app.command("accept-view")(accept_view)


def _with_credentials(source: str, env: str | None, environ: Mapping[str, str]) -> str:
    """Return the URL of a gateway or device with the credentials of the environment, when it has none itself."""
    user, password = (environ.get(f"{env}_{name}") for name in ("USER", "PASSWORD"))
    has_own = "@" in source.partition("://")[2].partition("/")[0]
    return source if "://" not in source or has_own else with_credentials(source, user, password)


def _refuse_options(datum: str | None, env: str | None) -> None:
    if env is not None and not _NAME.fullmatch(env):
        raise ImportRefused(f"--credentials-env {env}: is no name of a variable; use letters, digits and _")
    try:
        known_datum(datum or "wgs84")
    except ValueError as error:
        raise ImportRefused(f"--datum: {error}") from error


@contextmanager
def _refusals_told() -> Iterator[None]:
    try:
        yield
    except ImportRefused as error:
        fail(masked(str(error)), FAILED if isinstance(error.__cause__, OSError | SourceError) else USAGE)


@contextmanager
def _progress_bar() -> Iterator[OnProgress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def progress(done: int, total: int) -> None:
            if done % 100 == 0 or done == total:
                bar.update(task, completed=done, total=total)

        yield progress


def _told(plan: ImportPlan, *, removes: bool) -> Iterator[str]:
    """Yield what a person reads of an import: every refusal and change, new feeds by their first few."""
    comparison = plan.comparison
    yield from (f"refused  {refusal}" for refusal in plan.refusals)
    yield from (f"left out {each}" for each in (*comparison.repeated, *comparison.elsewhere))
    for change in comparison.changed:
        for key, (was, becomes) in change.shown().items():
            yield f"changed  {change.feed.get('id')}: {key}: {was} -> {becomes}"
    yield from (f"{'removed ' if removes else 'gone    '} {feed.get('id')}" for _, feed in comparison.gone)
    for candidate in comparison.new[:_SHOWN]:
        yield f"new      {candidate.feed['id']} {candidate.feed.get('name', '')}".rstrip()
    if len(comparison.new) > _SHOWN:
        yield f"new      … and {len(comparison.new) - _SHOWN} more"
    yield from plan.notes
    yield (
        f"{len(comparison.new)} new, {len(comparison.changed)} changed, {comparison.same} as they were, "
        f"{len(comparison.gone)} {'removed' if removes else 'gone'}, "
        f"{len(comparison.repeated) + len(comparison.elsewhere)} left out, {len(plan.refusals)} refused"
    )


def _say_done(plan: ImportPlan, done: list[str], *, dry_run: bool, kept: bool) -> None:
    for sentence in done:
        err.print(sentence, markup=False)
    if dry_run:
        err.print(f"dry run: nothing was written to {plan.out.file}", markup=False)
    if kept and plan.refusals and plan.comparison.gone:
        err.print("feeds that are gone were kept, as refused rows may be theirs; mend those first", markup=False)
    elif plan.comparison.gone and not kept and not done and not dry_run:
        err.print("feeds that are gone stay in the file; --remove-missing takes them out", markup=False)
