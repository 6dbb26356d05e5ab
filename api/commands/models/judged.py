"""``gridpatrol models judged``: a dataset of what was said of boxes of one class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.console import USAGE, fail
from detector.errors import ModelError
from detector.training.judged import Order, make_judged


def judged(
    data: Annotated[Path, typer.Option(help="data.yaml of the pictures, with the labels they have.")],
    boxes: Annotated[Path, typer.Option(help="CSV: picture,x1,y1,x2,y2,verdict (yes, doubt or no).")],
    out: Annotated[Path, typer.Option(help="Folder for links to the pictures, labels and data.yaml.")],
    label: Annotated[str, typer.Option(help="The class that was looked for.")] = "ad",
) -> None:
    """Make a dataset of pictures that somebody looked through for a class that nobody had labelled there."""
    try:
        made = make_judged(Order(data, boxes, out, label))
    except ModelError as error:
        fail(str(error), USAGE)
    except OSError as error:
        fail(f"{error.filename or out} cannot be used ({error.strerror}); name another place", USAGE)
    told = ", ".join(f"{count} {kind}" for kind, count in made.pictures.items())
    typer.echo(f"{out / 'data.yaml'}: pictures by what they show of {label}: {told}")
    typer.echo(f"left out: {made.left_out} with a doubt and no yes, {made.unknown} that the data does not have")
