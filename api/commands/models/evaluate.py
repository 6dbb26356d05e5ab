"""``gridpatrol models eval``: how good a model is on labelled pictures."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated, Literal

import typer

from api.commands.console import FAILED, OK, USAGE, fail
from api.commands.models.measuring import (
    AsPatrolOption,
    DataOption,
    InputOption,
    ManifestOption,
    MapOption,
    SourcesOption,
    SplitOption,
    bar,
    open_weights,
    renamed,
    tell,
    writable,
)
from api.commands.models.tables import show
from api.commands.tiles import NO_TILES, TilesOption, looking_closer, tiling_of
from configs.settings import ModelSettings
from detector.evaluation.dataset import open_data
from detector.evaluation.errors import DataError
from detector.evaluation.evaluation import DEFAULT_GROUP, Evaluation, Plan
from detector.evaluation.evaluation import evaluate as evaluate_on
from detector.evaluation.report import write_report
from detector.evaluation.sections import headline, sections


def evaluate(  # noqa: PLR0913, PLR0917 - each is an option of the command
    data: DataOption,
    weights: Annotated[
        str, typer.Option(help="A name of the manifest, or a .pt, .onnx, .engine or OpenVINO .xml file.")
    ] = ModelSettings.model_fields["name"].default,
    backend: Annotated[
        Literal["openvino", "ultralytics"] | None,
        typer.Option(help="What runs it; as the weights need it when not given.", show_default=False),
    ] = None,
    split: SplitOption = "val",
    class_map: MapOption = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            help="Classes that are one question about a picture; repeatable.", show_default=",".join(DEFAULT_GROUP)
        ),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="For all classes, instead of the weights' own.", min=0, max=1)
    ] = None,
    respect_sources: SourcesOption = False,
    as_patrol: AsPatrolOption = False,
    out: Annotated[Path | None, typer.Option(help="Folder for evaluation.json, evaluation.md and worst.csv.")] = None,
    manifest: ManifestOption = None,
    tiles: TilesOption = NO_TILES,
    input_px: InputOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Measure a model on labelled pictures, with the numbers Ultralytics' validator would give.

    Average precision, precision and recall at the thresholds in use, whole pictures, how far scores can be trusted,
    what is taken for what, by source and by size. Ctrl-C ends the look and measures what was seen so far.
    """
    if out is not None:
        writable(out)
    tiling = tiling_of(tiles)
    try:
        found = open_data(data, split)
        plan = Plan(found, renamed(class_map), threshold, _groups(group), respect_sources)
        # Ultralytics and OpenVINO speak on standard output, which is for results.
        with redirect_stdout(sys.stderr), bar() as on_picture:
            opened = open_weights(weights, backend, manifest, as_patrol=as_patrol, input_px=input_px)
            model = looking_closer(opened, tiling)
            told = evaluate_on(model, plan, tell, on_picture)
            model.close()
    except DataError as error:
        fail(str(error), USAGE)
    if out is not None:
        write_report(told, out)
    _show(told, as_json=as_json)
    raise typer.Exit(FAILED if told.trouble or not told.look.complete else OK)


def _groups(stated: list[str] | None) -> list[list[str]] | None:
    if not stated:
        return None
    return [[name.strip() for name in group.split(",") if name.strip()] for group in stated]


def _show(told: Evaluation, *, as_json: bool) -> None:
    if as_json:
        json.dump(told.as_json(), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
        return
    typer.echo(headline(told))
    show(sections(told))
