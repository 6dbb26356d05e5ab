"""``gridpatrol models render-ads``: made illegal ads on real backgrounds, for training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from api.commands.console import USAGE, err, fail
from api.commands.models.stalls import write_sheet
from detector.errors import ModelError
from detector.training.posters.dataset import Made, Order, render_ads
from detector.training.posters.fonts import installed_fonts
from detector.training.posters.sheet import contact_sheet, tile

SHOWN = 48


def render(
    backgrounds: Annotated[Path, typer.Option(help="data.yaml of labelled real pictures, or its folder.")],
    out: Annotated[Path, typer.Option(help="Folder for the pictures made, their labels and data.yaml.")],
    count: Annotated[int, typer.Option(help="How many pictures to make.", min=1)] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same pictures.", min=0)] = 1,
    share: Annotated[
        list[str] | None,
        typer.Option(help="How often a source is drawn on, such as wall=45; repeatable. None: as its pictures."),
    ] = None,
    sheet: Annotated[Path | None, typer.Option(help="Contact sheet (.jpg or .png) to look at.")] = None,
) -> None:
    """Paste made and real illegal ads onto training pictures, with boxes; provenance.csv tells where each is from."""
    tiles: list[np.ndarray] = []

    def on_made(made: Made) -> None:
        if sheet is not None and len(tiles) < SHOWN:
            tiles.append(tile(made.image, made.ads, made.others))

    try:
        order = Order(backgrounds, out, count, seed, _shares(share or []))
        fonts = installed_fonts()
        if (shortage := fonts.shortage()) is not None:
            err.print(shortage, markup=False)
        data = render_ads(order, fonts, on_made)
    except ModelError as error:
        fail(str(error), USAGE)
    except OSError as error:
        fail(f"--out {out} cannot be written ({error.strerror}); name a folder that this user may write", USAGE)
    write_sheet(contact_sheet(tiles), sheet)
    typer.echo(f"{data}: {count} pictures made")


def _shares(texts: Sequence[str]) -> dict[str, float]:
    shares = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            shares[name] = float(number)
        except ValueError:
            shares[name] = math.nan
        if not math.isfinite(shares[name]):
            fail(f"--share {text} is not SOURCE=NUMBER; write for instance --share wall=45", USAGE)
    if shares and not any(value > 0 for value in shares.values()):
        fail("--share leaves nothing to draw on; give one source a number above 0", USAGE)
    return shares
