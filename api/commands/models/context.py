"""``gridpatrol models context``: label people, vehicles and other context by a pretrained network's word."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from api.commands.console import USAGE, fail
from api.commands.models.stalls import write_sheet
from configs.settings import ModelSettings
from detector.errors import ModelError
from detector.loading import load_model
from detector.model import Model
from detector.training.composites.sheet import ContactSheet
from detector.training.context import add_context
from detector.training.guesses import LEAST_SCORE, Guesses
from detector.training.yolofolder import Box, Labelled


def context(
    data: Annotated[Path, typer.Option(help="data.yaml of the dataset; it stays as it is.")],
    weights: Annotated[Path, typer.Option(help="Checkpoint (.pt) of a network trained on COCO's 80 classes.")],
    out: Annotated[Path, typer.Option(help="Folder for the new labels, links to the pictures and context.csv.")],
    min_score: Annotated[float, typer.Option(help="Guesses below this are left out.", min=LEAST_SCORE, max=1)] = 0.35,
    cache: Annotated[Path | None, typer.Option(help="JSON file that keeps what the network saw.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="A picture (.png, .jpg) that shows the first 64.")] = None,
) -> None:
    """Write a copy of a dataset in which people, vehicles, umbrellas and the like are labelled too."""
    shown = ContactSheet()

    def on_picture(labelled: Labelled, boxes: Sequence[Box], names: Sequence[str]) -> None:
        if len(boxes) > len(labelled.boxes):
            shown.add_file(labelled.picture, boxes, names)

    try:
        # Ultralytics speaks on standard output, which is for results.
        with redirect_stdout(sys.stderr):
            guesses = Guesses(_network(weights), cache)
            try:
                added = add_context(data, out, guesses, min_score=min_score, on_picture=on_picture)
            finally:
                guesses.save()
    except ModelError as error:
        fail(str(error), USAGE)
    except OSError as error:
        fail(f"{error.filename or out} cannot be used ({error.strerror}); name another place", USAGE)
    write_sheet(shown.image(), sheet)
    told = ", ".join(f"{count} {name}" for name, count in added.boxes.most_common()) or "nothing seen"
    typer.echo(f"{added.data_yaml}: {sum(added.pictures.values())} pictures; {told}")


def _network(weights: Path) -> Model:
    settings = ModelSettings(name=str(weights.absolute()), backend="ultralytics", min_score=LEAST_SCORE)
    return load_model(settings, root=weights.parent)
