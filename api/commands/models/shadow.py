"""``gridpatrol models shadow``."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from api.commands.console import DEMO, ConfigOption, fail
from api.commands.models.since import span_of
from api.commands.opening import Opened, open_configuration
from api.wiring.shadowreport import shadow_report


def shadow(
    config: ConfigOption = DEMO,
    since: Annotated[
        timedelta, typer.Option(parser=span_of, metavar="SPAN", help="How far back: 90m, 24h, 7d.")
    ] = "24h",  # type: ignore[assignment]
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Compare the candidate in shadow with the serving model, over the pictures that both saw."""
    opened = open_configuration(config)
    try:
        report = shadow_report(opened.configuration, opened.folder, since=datetime.now(UTC) - since)
    except OSError as error:
        fail(str(error))
    if report is None:
        fail(_none(opened))
    if as_json:
        json.dump(report.as_json(), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in report.lines())


def _none(opened: Opened) -> str:
    named = opened.settings.model.shadow
    if named is None:
        return "no model looks in shadow; set model.shadow in gridpatrol.yaml to a name of the manifest and restart"
    return f"{named} has not looked at a picture in this time, or its looks are not written yet (up to a minute)"
