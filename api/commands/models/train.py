"""``gridpatrol models train``: follow a recipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from api.commands.console import DEMO, USAGE, ConfigOption, err, fail
from api.commands.opening import open_configuration
from api.datafolder import DataFolderError
from api.wiring.models import serving_checkpoint
from detector.errors import ModelError
from detector.training.progress import Progress as Step
from detector.training.run import Order, resumable
from detector.training.run import train as train_by

INTERRUPTED = 130
CURRENT = "current"


def train(  # noqa: PLR0913, PLR0917 - each is an option of the command
    recipe: Annotated[Path, typer.Option(help="The recipe, such as configs/recipes/city.yaml.")],
    out: Annotated[Path, typer.Option(help="Folder of the run: checkpoints, curves, runcard.json.")],
    base: Annotated[
        str | None,
        typer.Option(help="Checkpoint (.pt) instead of the recipe's; current: that of the model that serves."),
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="data.yaml or folder instead of the recipe's datasets; repeatable.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Instead of the recipe's.", min=1)] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out where it stopped.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The run card on standard output.")] = False,
    config: ConfigOption = DEMO,
) -> None:
    """Train a model by a recipe. Ctrl-C keeps every finished epoch; go on with --resume."""
    try:
        order = Order(recipe, out, base=_base(base, config), data=tuple(data or ()), epochs=epochs, resume=resume)
        # Ultralytics and torch speak on standard output, which is for results.
        with redirect_stdout(sys.stderr), _progress() as on_progress:
            card = train_by(order, on_progress)
    except (DataFolderError, ModelError) as error:
        fail(str(error), USAGE)
    except KeyboardInterrupt:
        way = "go on with --resume" if resumable(out) else "no epoch was finished: start again"
        fail(f"stopped; {way}", INTERRUPTED)
    if as_json:
        typer.echo(json.dumps(asdict(card), ensure_ascii=False))
    else:
        typer.echo(f"{out / 'run' / 'weights' / card.checkpoint}: the best of {len(card.curves)} epochs")


def _base(named: str | None, config: Path) -> Path | None:
    if named != CURRENT:
        return Path(named) if named else None
    opened = open_configuration(config)
    return serving_checkpoint(opened.configuration, opened.folder)


@contextmanager
def _progress() -> Iterator[Callable[[Step], None]]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not sys.stderr.isatty()) as bars:
        task = bars.add_task("making ready", total=None)

        def told(step: Step) -> None:
            bars.update(
                task, description=f"epoch {step.epoch}/{step.epochs}", completed=step.batch, total=step.batches
            )
            if step.figures:
                err.print(_epoch(step), markup=False)

        yield told


def _epoch(step: Step) -> str:
    map50, map50_95 = (step.figures.get(f"metrics/{name}(B)", 0.0) for name in ("mAP50", "mAP50-95"))
    return f"epoch {step.epoch} of {step.epochs}: mAP50 {map50:.3f}, mAP50-95 {map50_95:.3f} on the validation split"
