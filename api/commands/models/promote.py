"""``gridpatrol models promote`` and ``gridpatrol models rollback``: which model serves."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from api.commands.console import DEMO, USAGE, ConfigOption, err, fail
from api.commands.opening import Opened, open_configuration
from api.datafolder import DataFolderError
from api.demo.prepare import adapted
from api.promotion import fit
from api.serving import Choice
from api.wiring.models import chosen, try_out
from api.wiring.shadowreport import shadow_report
from detector.errors import ManifestError, ModelError
from detector.manifest import Manifest

_REPORTED = timedelta(days=7)

ByOption = Annotated[str | None, typer.Option("--by", help="Who decides.", show_default="the user's name")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def promote(
    name: Annotated[str, typer.Argument(help="A name of the manifest.")],
    config: ConfigOption = DEMO,
    yes: YesOption = False,
    force: Annotated[bool, typer.Option("--force", help="Even when a matter is no longer found.")] = False,
    by: ByOption = None,
) -> None:
    """Let another model serve. A running patrol takes it up by itself within seconds."""
    opened = open_configuration(config)
    try:
        choice = _choice(opened)
        if name == choice.name:
            fail(f"{name} serves already", USAGE)
        _prove(opened, choice, name, force=force)
        _show_shadow(opened, name)
        _confirm(f"Let {name} serve instead of {choice.name}?", yes=yes)
        opened.folder.prepare()
        choice.promote(name, by=by or getpass.getuser(), at=datetime.now(UTC))
    except (DataFolderError, ModelError, OSError) as error:
        fail(str(error))
    typer.echo(f"{name} serves, instead of {choice.previous}; `gridpatrol models rollback` returns to that")


def rollback(config: ConfigOption = DEMO, by: ByOption = None) -> None:
    """Return to the model that served before the last promotion."""
    opened = open_configuration(config)
    try:
        choice = _choice(opened)
        serving, previous = choice.name, choice.previous
        if previous is None:
            fail(
                f"nothing to return to: {serving} serves as the settings have it, or everything was rolled back",
                USAGE,
            )
        try_out(opened.configuration, opened.folder, previous)
        choice.roll_back(by=by or getpass.getuser(), at=datetime.now(UTC))
    except (DataFolderError, ModelError) as error:
        fail(str(error))
    typer.echo(f"{previous} serves again, instead of {serving}")


def _choice(opened: Opened) -> Choice:
    if adapted(opened.settings, opened.folder.path).model.backend == "scripted":
        fail(
            "the scripted detector of drawn scenes serves (model.backend: scripted); no weights can take its place",
            USAGE,
        )
    return chosen(opened.configuration, opened.folder)


def _prove(opened: Opened, choice: Choice, name: str, *, force: bool) -> None:
    """End the command unless the candidate is whole, runs here, and finds what is found now."""
    # The manifest first: hashing is quick, and a name that is not known needs no library.
    Manifest.load(opened.configuration.manifest).verify(name)
    card = try_out(opened.configuration, opened.folder, name)
    fits = fit(opened.configuration, candidate=card.labels, serving=_labels(opened, choice.name))
    typer.echo(f"{card.id}: files as listed, loads, labels {', '.join(card.labels)}")
    if fits.missing:
        typer.echo(f"neither it nor {choice.name} is good for: {', '.join(fits.missing)}")
    if not fits.lost:
        return
    sentence = f"{name} has no label for what {choice.name} is good for: {', '.join(fits.lost)}"
    if not force:
        fail(f"{sentence}; train it with that label, or add --force to do without", USAGE)
    err.print(f"{sentence}; the city does without from now on", markup=False)


def _labels(opened: Opened, serving: str) -> Sequence[str]:
    try:
        return Manifest.load(opened.configuration.manifest).entry(serving).labels
    except ManifestError:
        # Weights that no manifest lists: every matter counts as found by them.
        return [label for matter in opened.configuration.catalogue.matters for label in matter.labels]


def _show_shadow(opened: Opened, name: str) -> None:
    since = datetime.now(UTC) - _REPORTED
    report = shadow_report(opened.configuration, opened.folder, since=since, candidate=name)
    if report is None:
        typer.echo(f"NO SHADOW REPORT: {name} has looked beside no model in the last {_REPORTED.days} days")
        return
    for line in report.lines():
        typer.echo(line)


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        fail("nobody is there to ask; add --yes", USAGE)
    if not typer.confirm(question, err=True):
        fail("nothing was changed", USAGE)
