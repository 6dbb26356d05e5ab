"""``gridpatrol models vending``: whether vending is seen better by the rule, by the learned class, or by both."""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

import configs
from api.commands.console import OK, USAGE, err, fail
from api.vendingtrial import WAYS, Tally, Trial, try_vending
from configs.loading import load_settings
from configs.mistakes import ConfigError
from configs.settings import ModelSettings, VendingSettings
from detector.errors import ModelError
from detector.evaluation.dataset import open_data
from detector.evaluation.errors import DataError
from detector.loading import load_model
from detector.model import Model

PROJECT = Path(configs.__file__).parent.parent
_LEAST_SCORE = 0.05
_INTERRUPTED = 130
_FILES = {".pt", ".onnx", ".engine"}


def vending(
    data: Annotated[Path, typer.Option(help="data.yaml, or a folder, of pictures whose stalls are labelled.")],
    split: Annotated[list[str] | None, typer.Option(help="Which part; may be repeated. [default: val]")] = None,
    weights: Annotated[str, typer.Option(help="A name of the manifest, or a .pt, .onnx or .engine file.")] = (
        ModelSettings.model_fields["name"].default
    ),
    config: Annotated[
        Path | None, typer.Option(help="Folder with gridpatrol.yaml whose vending: is used.", show_default=False)
    ] = None,
    min_score: Annotated[float, typer.Option(help="A stall of this score is seen.", min=0, max=1)] = 0.4,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Compare the vending rule, the learned class stall, and both, on pictures as a whole.

    A learned class is worth keeping only where both together beat the rule alone.
    """
    settings = _settings(config)
    try:
        sets = [open_data(data, part) for part in split or ["val"]]
        # Ultralytics speaks on standard output, which is for results.
        with redirect_stdout(sys.stderr):
            trial = try_vending(_model(weights), sets, settings, min_score=min_score, tell=_tell)
    except (DataError, ModelError) as error:
        fail(str(error), USAGE)
    except KeyboardInterrupt:
        fail("stopped; a part of the pictures says nothing", _INTERRUPTED)
    if as_json:
        json.dump(trial.as_json(), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(trial))
    raise typer.Exit(OK)


def _settings(config: Path | None) -> VendingSettings:
    if config is None:
        return VendingSettings()
    try:
        return load_settings(config, environ=os.environ).vending
    except ConfigError as error:
        fail("\n".join(map(str, error.mistakes)), USAGE)


def _model(name: str) -> Model:
    from_file = Path(name).suffix.lower() in _FILES
    settings = ModelSettings(
        manifest=str(PROJECT / "models" / "manifest.yaml"),
        name=str(Path(name).absolute()) if from_file else name,
        backend="ultralytics" if from_file else "openvino",
        precision="f32",
        min_score=_LEAST_SCORE,
    )
    return load_model(settings, root=PROJECT)


def _tell(sentence: str) -> None:
    err.print(sentence, markup=False)


def _lines(trial: Trial) -> list[str]:
    rows = [(source, [trial.tally(way, source=source) for way in WAYS]) for source in trial.sources]
    rows.append(("all labelled", [trial.tally(way) for way in WAYS]))
    head = f"{'source':<14}{'pictures':>9}{'stalls':>8}" + "".join(f"{way:>18}" for way in WAYS)
    return [
        f"model {trial.model_id}; found / false alarms, of pictures",
        head,
        *(_row(source, tallies) for source, tallies in rows),
        *(_sum(way, trial.tally(way)) for way in WAYS),
        _verdict(trial),
    ]


def _row(source: str, tallies: list[Tally]) -> str:
    counted = tallies[0]
    cells = "".join(f"{f'{each.found} / {each.false_alarms}':>18}" for each in tallies)
    return f"{source:<14}{counted.pictures:>9}{counted.vending:>8}{cells}"


def _sum(way: str, tally: Tally) -> str:
    shares = (("precision", tally.precision), ("recall", tally.recall), ("F1", tally.f1))
    return f"{way}: " + ", ".join(f"{name} {'none' if share is None else f'{share:.2f}'}" for name, share in shares)


def _verdict(trial: Trial) -> str:
    if not trial.by_rule:
        return "the model lacks the classes that the rule needs: person and one of food, bag, table, umbrella"
    if not trial.by_class:
        return "the model has no class stall: there is nothing to compare the rule with"
    if trial.learned_helps is None:
        return "no picture shows a stall: there is nothing to compare"
    if trial.learned_helps:
        return "the learned class helps: both together beat the rule alone"
    return "the learned class does not help: set vending.weights.stall to 0, or leave the class out"
