"""``gridpatrol models calibrate``: scores that mean what they say, and thresholds as precise as asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.commands.console import USAGE, err, fail
from api.commands.models.export import progress
from configs.mistakes import nearest
from configs.settings import ModelSettings
from detector.calibrating import SURE, Findings, LabelFindings, findings
from detector.calibration import FIT_FROM
from detector.errors import ModelError
from detector.evaluation.dataset import open_data
from detector.evaluation.errors import DataError
from detector.loading import load_model
from detector.manifest import Manifest

_INTERRUPTED = 130
DEFAULT_PRECISION = 0.85


def calibrate(
    name: Annotated[str, typer.Argument(help="Weights of the manifest.")],
    data: Annotated[Path, typer.Option(help="Dataset; its validation pictures are looked at.")],
    precision: Annotated[
        list[str] | None,
        typer.Option(help=f"Asked of every label (0.9) or of one (ad=0.7); repeatable. {DEFAULT_PRECISION} if not."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of the manifest.")] = Path("models"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Fit each label's calibration and threshold on validation pictures, and write them into the manifest."""
    try:
        manifest = Manifest.load(out / "manifest.yaml")
        entry = manifest.entry(name)
        asked = _asked(precision or [], entry.labels)
        settings = ModelSettings(manifest=str(manifest.path.absolute()), name=name, min_score=FIT_FROM)
        model = load_model(settings, root=Path.cwd(), raw_scores=True)
        with progress() as (tell, on_picture):
            found = findings(model, open_data(data, "val"), asked, tell=tell, on_picture=on_picture)
        model.close()
        manifest.with_entries(found.into(entry)).write()
    except (ModelError, DataError) as error:
        fail(str(error), USAGE)
    except KeyboardInterrupt:
        fail("stopped; the manifest is as it was", _INTERRUPTED)
    if as_json:
        json.dump(asdict(found), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _show(found)
        typer.echo(f"{manifest.path}: {name} now says so")


def _asked(written: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    """Return the precision asked of each label: the last word on it counts, a word on one over a word on all."""
    general, own = DEFAULT_PRECISION, dict[str, float]()
    for each in written:
        label, _, value = each.rpartition("=")
        if label and label not in labels:
            like = nearest(label, labels)
            fail(
                f"--precision {each}: no label {label!r}; "
                + (f"did you mean {like!r}?" if like else f"known are {', '.join(labels)}"),
                USAGE,
            )
        if label:
            own[label] = _share(each, value)
        else:
            general = _share(each, value)
    return dict.fromkeys(labels, general) | own


def _share(written: str, value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1
    if not 0 < share <= 1:
        fail(f"--precision {written}: a precision is a number above 0, up to 1, such as 0.9 or ad=0.7", USAGE)
    return share


def _show(found: Findings) -> None:
    table = Table(box=None, pad_edge=False, header_style="")
    table.add_column("label")
    for heading in ("boxes", "found", "error", "calibrated", "threshold", "precision", "at least", "recall"):
        table.add_column(heading, justify="right")
    for each in found.labels:
        table.add_row(*_row(each))
    Console(highlight=False, width=None if sys.stdout.isatty() else 120).print(table)
    for each in found.labels:
        if note := _note(each):
            err.print(note, markup=False)
    typer.echo(
        f"calibration error over all {found.error_before:.3f}, on held-out pictures {found.error_after:.3f}; "
        f"of {found.sure} that say {SURE[0]:g} to {SURE[1]:g}, {_of(found.sure_right, found.sure)} are right "
        f"({found.pictures} pictures)"
    )


def _row(told: LabelFindings) -> tuple[str, ...]:
    fitted, chosen = told.fitted, told.threshold
    after = f"{fitted.error_after:.3f}" if fitted.curve else "-"
    begin = (told.label, str(told.boxes), str(fitted.detections), f"{fitted.error_before:.3f}", after)
    if chosen is None:
        return (*begin, "-", "-", "-", "-")
    shares = (chosen.precision, chosen.precision_low, chosen.recall)
    return (*begin, f"{chosen.score:.3f}", *(f"{share:.2f}" for share in shares))


def _note(told: LabelFindings) -> str | None:
    if told.threshold is None:
        return f"{told.label}: too few labels or detections to choose a threshold by"
    if not told.threshold.reached:
        return f"{told.label}: a precision of {told.asked:g} is not reached; the threshold is that of the best F1"
    if told.fitted.curve is None:
        return f"{told.label}: too few detections to calibrate; its scores stay as they are"
    return None


def _of(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "none"
