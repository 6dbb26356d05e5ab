"""The command line ``gridpatrol``: a list of commands, each in its own file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import typer

from api.commands.console import set_up_logging
from api.commands.lazy import Lazily


class Commands(Lazily):
    """All of them."""

    places: ClassVar[Mapping[str, str]] = {
        "run": "api.commands.run:run",
        "detect": "api.commands.detect:detect",
        "check": "api.commands.check:check",
        "status": "api.commands.status:status",
        "coverage": "api.commands.coverage:coverage",
        "feeds": "api.commands.feeds:app",
        "grid": "api.commands.grid:app",
        "accounts": "api.commands.accounts:app",
        "bus": "api.commands.bus:app",
        "outbox": "api.commands.outbox:app",
        "mutes": "api.commands.mutes:app",
        "models": "api.commands.models:app",
        "bench": "api.commands.bench:app",
        # What the supervisor starts; a city that runs its own supervision can start them itself.
        "serve-api": "api.commands.processes:serve_api",
        "patrol": "api.commands.processes:patrol",
    }


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def gridpatrol() -> None:
    """网格视频巡查: visits cameras and patrol vehicles, finds what a city must tend to, makes cases of it."""


def main() -> None:
    """Run the command line."""
    set_up_logging()
    app()
