"""``gridpatrol models compare``: which of two models is better, and whether that is more than chance."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import Annotated

import typer

from api.commands.console import FAILED, OK, USAGE, fail
from api.commands.models.measuring import (
    AsPatrolOption,
    DataOption,
    ManifestOption,
    MapOption,
    SourcesOption,
    SplitOption,
    bar,
    open_weights,
    renamed,
    tell,
)
from api.commands.models.tables import show
from detector.evaluation.bootstrap import RESAMPLES
from detector.evaluation.comparison import Comparison
from detector.evaluation.comparison import compare as compare_on
from detector.evaluation.dataset import open_data
from detector.evaluation.errors import DataError
from detector.evaluation.evaluation import Plan
from detector.evaluation.sections import compared, verdict

_WEIGHTS = "A name of the manifest, or a .pt, .onnx, .engine or OpenVINO .xml file."


def compare(  # noqa: PLR0913, PLR0917 - each is an option of the command
    a: Annotated[str, typer.Argument(help=_WEIGHTS)],
    b: Annotated[str, typer.Argument(help="The one that is judged against the first.")],
    data: DataOption,
    split: SplitOption = "val",
    class_map: MapOption = None,
    respect_sources: SourcesOption = False,
    as_patrol: AsPatrolOption = False,
    resamples: Annotated[int, typer.Option(help="Draws of the bootstrap.", min=100, max=100_000)] = RESAMPLES,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.", min=0)] = 0,
    manifest: ManifestOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Measure two models on the same pictures, in turn, and say which is better.

    Each difference of average precision comes with its 95 % interval and p from a paired bootstrap over the pictures,
    and each model with its processor time. For a dataset of verdicts it says feed by feed what is better and worse.
    """
    try:
        plan = Plan(open_data(data, split), renamed(class_map), respect_sources=respect_sources)
        # Ultralytics and OpenVINO speak on standard output, which is for results.
        with redirect_stdout(sys.stderr), bar() as on_picture:
            models = (
                open_weights(a, None, manifest, as_patrol=as_patrol),
                open_weights(b, None, manifest, as_patrol=as_patrol),
            )
            told = compare_on(models, plan, tell=tell, on_picture=on_picture, resamples=resamples, seed=seed)
            for model in models:
                model.close()
    except DataError as error:
        fail(str(error), USAGE)
    _show(told, as_json=as_json)
    raise typer.Exit(FAILED if told.trouble or not told.a.look.complete else OK)


def _show(told: Comparison, *, as_json: bool) -> None:
    if as_json:
        json.dump(told.as_json(), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    show(compared(told))
    typer.echo(verdict(told))
