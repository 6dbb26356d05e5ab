"""``gridpatrol check``."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import typer

from api.check import check as check_configuration
from api.commands.console import DEMO, OK, USAGE, ConfigOption


def check(
    config: ConfigOption = DEMO,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Validate settings, feeds, zones, grid and model without starting; list every mistake."""
    report = check_configuration(config, environ=os.environ)
    if as_json:
        json.dump(report.as_json(), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in report.lines())
    raise typer.Exit(USAGE if report.mistakes else OK)
