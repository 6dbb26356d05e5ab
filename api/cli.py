"""The command line ``gridpatrol``: a list of commands, each in its own file."""

from __future__ import annotations

import typer

from api.commands import (
    accounts,
    bench,
    bus,
    check,
    coverage,
    detect,
    feeds,
    grid,
    models,
    mutes,
    outbox,
    processes,
    run,
    status,
)
from api.commands.console import set_up_logging

app = typer.Typer(
    help="网格视频巡查: visits cameras and patrol vehicles, finds what a city must tend to, makes cases of it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("detect")(detect.detect)
app.command("check")(check.check)
app.command("status")(status.status)
app.command("coverage")(coverage.coverage)
app.add_typer(feeds.app, name="feeds", help="Take cameras over from registers and gateways, and list them.")
app.add_typer(grid.app, name="grid", help="Look after the management grid.")
app.add_typer(accounts.app, name="accounts", help="People and machines that may use the API.")
app.add_typer(bus.app, name="bus", help="The bus between several patrol processes.")
app.add_typer(outbox.app, name="outbox", help="Reports that the case API refused.")
app.add_typer(mutes.app, name="mutes", help="Places whose findings are not raised, as operators rejected them often.")
app.add_typer(models.app, name="models", help="Train, measure, export, compare and promote detection models.")
app.add_typer(bench.app, name="bench", help="Measure what the patrol costs on this machine.")
# What the supervisor starts; a city that runs its own supervision can start them itself.
app.command("serve-api")(processes.serve_api)
app.command("patrol")(processes.patrol)


def main() -> None:
    """Run the command line."""
    set_up_logging()
    app()
