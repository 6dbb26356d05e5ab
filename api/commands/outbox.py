"""``gridpatrol outbox …``: reports that the case API refused for good, kept with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from api.commands.console import DEMO, ConfigOption, fail
from api.commands.opening import open_configuration
from api.wiring.ledger import patrol_ledger
from gridmap.errors import LedgerError
from gridmap.ledger import Ledger

app = typer.Typer(help="Reports that the case API refused.", no_args_is_help=True)


@contextmanager
def _ledger(config: Path) -> Iterator[Ledger]:
    opened = open_configuration(config)
    if opened.settings.ledger is None and not opened.folder.ledger.exists():
        fail(f"there is no {opened.folder.ledger}: no patrol ever ran with this data folder")
    try:
        ledger = patrol_ledger(opened.settings, opened.folder)
        try:
            yield ledger
        finally:
            ledger.close()
    except LedgerError as error:
        fail(str(error))


@app.command("list")
def show(config: ConfigOption = DEMO) -> None:
    """List the refused reports, oldest first."""
    with _ledger(config) as ledger:
        for report, reason in ledger.dead_letters(limit=1000):
            typer.echo(f"{report.incident_id}:{report.sequence}  {report.kind:9}  {reason}")
        counts = ledger.counts()
        typer.echo(f"{counts.dead} refused, {counts.pending} wait to be posted")


@app.command("retry")
def retry(config: ConfigOption = DEMO) -> None:
    """Let every refused report be posted again, once what was wrong has been mended. The patrol may be running."""
    with _ledger(config) as ledger:
        typer.echo(f"{ledger.revive()} reports wait to be posted again")
