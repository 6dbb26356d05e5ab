"""The ``--tiles`` option: look closer."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.console import USAGE, fail
from detector.model import Model
from detector.tiling import WHOLE, Tiled, Tiling

NO_TILES = "1x1"
TilesOption = Annotated[
    str, typer.Option("--tiles", help="Look at overlapping tiles, too, columns x rows: 2x2 takes five looks for one.")
]


def tiling_of(tiles: str) -> Tiling:
    """Return the tiling that was asked for; what is none ends the command."""
    try:
        return Tiling.parse(tiles)
    except ValueError as error:
        fail(f"--tiles {error}", USAGE)


def looking_closer(model: Model, tiling: Tiling) -> Model:
    """Return the model, made to look at every picture in these tiles."""
    return model if tiling == WHOLE else Tiled(model, tiling)
