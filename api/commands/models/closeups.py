"""``gridpatrol models close-ups``: parts of real pictures around the things of one class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.console import USAGE, fail
from detector.errors import ModelError
from detector.training.closeups import Order, make_closeups


def closeups(
    data: Annotated[Path, typer.Option(help="data.yaml of real pictures; only the training split is used.")],
    out: Annotated[Path, typer.Option(help="Folder for images, labels and data.yaml.")],
    label: Annotated[str, typer.Option(help="The class to come close to.")] = "ad",
    prefix: Annotated[str, typer.Option(help="Only pictures whose file name starts so.")] = "",
    each: Annotated[int, typer.Option(help="Close-ups tried per picture.", min=1, max=50)] = 3,
    seed: Annotated[int, typer.Option(help="The same seed makes the same.", min=0)] = 1,
) -> None:
    """Cut close-ups of small things, so that they are also learned large."""
    try:
        count = make_closeups(Order(data, out, label, prefix=prefix, each=each, seed=seed))
    except ModelError as error:
        fail(str(error), USAGE)
    except OSError as error:
        fail(f"{error.filename or out} cannot be used ({error.strerror}); name another place", USAGE)
    typer.echo(f"{out / 'data.yaml'}: {count} close-ups")
