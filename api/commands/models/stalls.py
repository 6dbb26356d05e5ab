"""``gridpatrol models render-stalls``: made pictures of street vending."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.progress import Progress

from api.commands.console import USAGE, err, fail
from detector.errors import ModelError
from detector.training.composites.sheet import ContactSheet
from detector.training.composites.stalls import Made, Wish, render_stalls


def render(  # noqa: PLR0913, PLR0917 - each is an option of the command
    data: Annotated[Path, typer.Option(help="data.yaml of real pictures, with a class stall.")],
    out: Annotated[Path, typer.Option(help="Folder for images, labels, data.yaml and provenance.csv.")],
    count: Annotated[int, typer.Option(help="How many pictures.", min=1, max=99999)] = 350,
    seed: Annotated[int, typer.Option(help="The same seed over the same pictures makes the same.", min=0)] = 1,
    sheet: Annotated[Path | None, typer.Option(help="A picture (.png, .jpg) that shows the first 64.")] = None,
    streets: Annotated[
        str, typer.Option(help="What the names of pictures that become streets begin with.")
    ] = "street_",
    leave_out: Annotated[
        Path | None,
        typer.Option(help="Text file, one name a line: pictures to use neither as street nor for stalls."),
    ] = None,
) -> None:
    """Set real stalls, and stalls built of real goods, into real streets of the training split."""
    try:
        wish = Wish(count, seed, streets, _names(leave_out))
        with Progress(console=err, disable=not sys.stderr.isatty(), transient=True) as bars:
            task = bars.add_task("stalls", total=count)
            shown = ContactSheet()

            def on_made(made: Made) -> None:
                shown.add(made.image, made.boxes, made.names)
                bars.advance(task)

            render_stalls(data, out, wish, on_made)
    except ModelError as error:
        fail(str(error), USAGE)
    except OSError as error:
        fail(f"--out {out} cannot be written ({error.strerror}); name a folder that this user may write", USAGE)
    write_sheet(shown.image(), sheet)
    typer.echo(f"{out / 'data.yaml'}: {count} pictures made; look at some before training on them")


def write_sheet(shown: np.ndarray, file: Path | None) -> None:
    """Write the contact sheet, ``(H, W, 3) uint8`` BGR, or end with the sentence that says why not."""
    if file is None:
        return
    try:
        written = cv2.imwrite(str(file), shown)
    except cv2.error:  # a suffix that names no kind of picture
        written = False
    if not written:
        fail(f"--sheet {file} cannot be written; name a .png or .jpg file in a folder that is there", USAGE)


def _names(file: Path | None) -> frozenset[str]:
    try:
        return frozenset(file.read_text(encoding="utf-8").split()) if file is not None else frozenset()
    except (OSError, UnicodeDecodeError):
        fail(f"--leave-out {file} cannot be read; name a text file with one picture name a line", USAGE)
