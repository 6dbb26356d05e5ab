"""``gridpatrol coverage``."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from api.commands.console import DEMO, USAGE, ConfigOption, err, fail
from api.commands.models.since import span_of
from api.commands.opening import open_settings
from detector.coverage import Tally
from detector.coveragecount import By, Question
from detector.coveragereport import Coverage, coverage_of

_MOST_ROWS = 50
"""Lines on a terminal; JSON and CSV have all."""
_WIDTH = 180
_COUNTS = ("planned", "done", "seen", "late", "missed", "backing_off", "extra")


def coverage(
    config: ConfigOption = DEMO,
    since: Annotated[
        timedelta, typer.Option(parser=span_of, metavar="SPAN", help="How far back: 90m, 24h, 7d.")
    ] = "24h",  # type: ignore[assignment]
    by: Annotated[list[By] | None, typer.Option(help="What to tell by; may be given more than once.")] = None,
    plan: Annotated[str | None, typer.Option(help="Only this plan, at its own interval.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated rows on standard output.")] = False,
) -> None:
    """Tell what became of the planned visits: seen, blind and why, late, missed; by plan, feed, cell, hour or day."""
    if as_json and as_csv:
        fail("--json and --csv are two forms of one answer; choose one", USAGE)
    opened = open_settings(config)
    now = datetime.now(UTC)
    asked = tuple(dict.fromkeys(by or [By.PLAN]))
    question = Question(now - since, now, now, asked, plan, ZoneInfo(opened.settings.city.timezone))
    try:
        answer = coverage_of(opened.folder.log, question)
    except OSError as error:
        fail(str(error))
    _refuse_empty(answer)
    (_show_json if as_json else _show_csv if as_csv else _show)(answer)


def _refuse_empty(answer: Coverage) -> None:
    if answer.recorded_since is None:
        fail("nothing is recorded of what was to be visited in this time; start a patrol with `gridpatrol run`")
    plan = answer.question.plan
    if plan is not None and plan not in answer.plans:
        fail(f"there was no plan {plan!r} in this time; there were: {', '.join(answer.plans)}", USAGE)


def _show_json(answer: Coverage) -> None:
    json.dump(answer.as_json(), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def _show_csv(answer: Coverage) -> None:
    rows = answer.as_json()["rows"]
    outcomes = sorted({outcome for row in rows for outcome in row["blind"]})
    keys = [name for name in (*answer.question.by, "name") if rows and name in rows[0]]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*keys, *_COUNTS, "seen_share", *(f"blind_{outcome}" for outcome in outcomes)])
    for row in rows:
        counts = [row[name] for name in (*_COUNTS, "seen_share")]
        writer.writerow([*(row[key] for key in keys), *counts, *(row["blind"].get(name, 0) for name in outcomes)])


def _show(answer: Coverage) -> None:
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _WIDTH)
    rows = answer.worst_first()
    table = Table(box=box.SIMPLE, pad_edge=False)
    for by in answer.question.by:
        table.add_column(by.value)
    for name in ("planned", "done", "seen", "seen %", "late", "missed", "backing off", "extra"):
        table.add_column(name, justify="right")
    table.add_column("blind by outcome")
    for key, tally in rows[:_MOST_ROWS]:
        table.add_row(*(value or "-" for value in key), *_cells(tally))
    table.add_section()
    table.add_row("all", *[""] * (len(answer.question.by) - 1), *_cells(answer.total))
    console.print(table)
    if len(rows) > _MOST_ROWS:
        err.print(f"{len(rows) - _MOST_ROWS} more rows; --json and --csv have all", markup=False)
    if answer.recorded_since is not None and answer.recorded_since > answer.question.since:
        local = answer.recorded_since.astimezone(answer.question.zone)
        err.print(f"what was planned is recorded since {local:%Y-%m-%d %H:%M}; before, nothing counts", markup=False)


def _cells(tally: Tally) -> list[str]:
    share = "-" if tally.seen_share is None else f"{100 * tally.seen_share:.1f}"
    blind = ", ".join(f"{count} {outcome}" for outcome, count in (tally.blind or {}).items())
    counts = (tally.late, tally.missed, tally.backing_off, tally.extra)
    return [str(tally.planned), str(tally.done), str(tally.seen), share, *map(str, counts), blind]
