"""What the commands share on the terminal: where messages go, how they end, the ``--config`` option."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import structlog
import typer
from rich.console import Console

import configs

OK, FAILED, USAGE, SOME_FAILED = 0, 1, 2, 3
"""Exit codes: all well; it could not be done; the call or the configuration is wrong; some sources failed."""

DEMO = Path(configs.__file__).parent / "demo"

ConfigOption = Annotated[
    Path,
    typer.Option("--config", help="Folder with gridpatrol.yaml.", show_default="the demonstration city"),
]

err = Console(stderr=True, highlight=False, soft_wrap=True)
"""Everything for people; standard output is for results."""


def set_up_logging() -> None:
    """Send events to standard error, one line each; ours from ``info`` up, libraries' from ``warning`` up."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            # Plain tracebacks: the default one prints every local variable, passwords among them.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def fail(sentence: str, code: int = FAILED) -> NoReturn:
    """Say one sentence on standard error and end with ``code``."""
    err.print(sentence, markup=False)
    raise typer.Exit(code)
