"""``gridpatrol models export``: a checkpoint becomes files that the patrol runs, each measured."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from api.commands.console import FAILED, OK, USAGE, err, fail
from detector.errors import ModelError
from detector.evaluation.errors import DataError
from detector.exporting.export import CALIBRATION_PICTURES, LARGEST_MB, MOST_LOST, Exported, Order
from detector.exporting.export import export as export_by
from detector.exporting.formats import FORMATS, Format

_INTERRUPTED = 130


def export(  # noqa: PLR0913, PLR0917 - each is an option of the command
    checkpoint: Annotated[Path, typer.Argument(help="An Ultralytics detection checkpoint (.pt).")],
    name: Annotated[str, typer.Option(help="In the manifest, of the first format; the others are NAME-FORMAT.")],
    out: Annotated[Path, typer.Option(help="Folder of the manifest.")] = Path("models"),
    formats: Annotated[str, typer.Option(help=f"Some of {', '.join(FORMATS)}, with commas.")] = "fp16,int8,onnx",
    data: Annotated[
        Path | None,
        typer.Option(help="Dataset: int8 is calibrated on its training pictures, all is measured on val."),
    ] = None,
    input_px: Annotated[
        int | None, typer.Option(help="Long side of the input, a multiple of 32; as trained when not given.", min=32)
    ] = None,
    origin: Annotated[str, typer.Option(help="What the weights were trained from and on.")] = "not stated",
    licence: Annotated[str, typer.Option(help="Their terms.")] = "AGPL-3.0-only",
    max_loss: Annotated[float, typer.Option(help="int8 may lose so much mAP50.", min=-1, max=1)] = MOST_LOST,
    pictures: Annotated[
        int, typer.Option(help="So many training pictures calibrate int8.", min=4)
    ] = CALIBRATION_PICTURES,
    checkpoint_too: Annotated[
        bool,
        typer.Option(
            "--checkpoint/--no-checkpoint",
            help="List the checkpoint too, so that training can go on from it (train --base current). "
            "Paths, repository and training arguments are taken out of it.",
        ),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Write a checkpoint in one or more formats, measure each, and list them in the manifest with their hashes.

    int8 that loses too much is not listed: the others are, and the exit code is 1.
    """
    order = Order(
        checkpoint=checkpoint,
        name=name,
        out=out,
        formats=_formats(formats),
        data=data,
        input_px=_multiple(input_px),
        origin=origin,
        licence=licence,
        most_lost=max_loss,
        calibration_pictures=pictures,
        keep_checkpoint=checkpoint_too,
    )
    try:
        # Ultralytics, torch and NNCF speak on standard output, which is for results.
        with redirect_stdout(sys.stderr), progress() as (tell, on_picture):
            done = export_by(order, tell=tell, on_picture=on_picture)
    except (ModelError, DataError) as error:
        fail(str(error), USAGE)
    except KeyboardInterrupt:
        fail("stopped; nothing was listed", _INTERRUPTED)
    if as_json:
        json.dump([asdict(each) | {"measured": _plain(each)} for each in done], sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _show(done, out)
    refused = [each.refused for each in done if each.refused]
    for sentence in refused:
        err.print(f"{sentence}: not listed", markup=False)
    raise typer.Exit(FAILED if refused else OK)


def _formats(written: str) -> tuple[Format, ...]:
    named = tuple(dict.fromkeys(filter(None, (each.strip() for each in written.split(",")))))
    known: tuple[Format, ...] = get_args(Format)
    wrong = [each for each in named if each not in known]
    if wrong or not named:
        fail(
            f"--formats {written}: {wrong[0] if wrong else 'nothing'} is no format; known are {', '.join(known)}",
            USAGE,
        )
    return tuple(form for each in named for form in known if form == each)


def _multiple(input_px: int | None) -> int | None:
    if input_px is not None and input_px % 32:
        fail(f"--input-px {input_px} is no multiple of 32; take {round(input_px / 32) * 32}", USAGE)
    return input_px


@contextmanager
def progress() -> Iterator[tuple[Callable[[str], None], Callable[[int, int], None]]]:
    """Yield what takes a sentence, and what takes how many pictures are done and of how many."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not sys.stderr.isatty(), transient=True) as bars:
        task = bars.add_task("measuring", total=None, visible=False)

        def on_picture(done: int, of: int) -> None:
            bars.update(task, completed=done, total=of, visible=True)

        yield (lambda sentence: err.print(sentence, markup=False)), on_picture


def _plain(exported: Exported) -> list[dict[str, object]]:
    return [each.model_dump(mode="json") for each in exported.measured]


def _show(done: Sequence[Exported], out: Path) -> None:
    table = Table(box=None, pad_edge=False, header_style="")
    for heading in ("format", "arithmetic", "mAP50", "lost", "mAP50-95", "lost", "CPU ms", "MB", "listed as"):
        table.add_column(heading, justify="left" if heading in {"format", "arithmetic", "listed as"} else "right")
    for each in done:
        listed = each.name or ("refused" if each.refused else "-")
        for row in _rows(each):
            table.add_row(each.form, *row, f"{each.largest_mb:.1f}", listed)
    Console(highlight=False, width=None if sys.stdout.isatty() else 120).print(table)
    for each in done:
        if each.name and each.largest_mb > LARGEST_MB:
            err.print(f"{each.name} is larger than {LARGEST_MB:g} MB: too large to keep under version control")
    typer.echo(f"{out / 'manifest.yaml'} lists {', '.join(each.name for each in done if each.name) or 'nothing new'}")


def _rows(exported: Exported) -> Iterator[tuple[str, ...]]:
    if not exported.measured:
        yield ("not measured", *[""] * 5)
    for told in exported.measured:
        yield (
            told.precision,
            f"{told.map50:.3f}",
            f"{told.map50_lost:.3f}",
            f"{told.map50_95:.3f}",
            f"{told.map50_95_lost:.3f}",
            f"{told.ms:.1f}",
        )
