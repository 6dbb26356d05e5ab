"""``gridpatrol detect``: the quick look."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

import configs
from api.commands.console import OK, SOME_FAILED, USAGE, err, fail
from api.commands.tiles import NO_TILES, TilesOption, looking_closer, tiling_of
from api.quicklook import Looked, OnFrame, QuickLook, Shown, quick_look
from api.wiring.subjects import Drive, drive_of, subject_of
from configs.settings import ModelSettings
from detector.errors import ModelError
from detector.loading import load_model
from detector.model import Model
from streams.errors import TrackError

LEAST_LOGGED = ModelSettings.model_fields["min_score"].default
PROJECT = Path(configs.__file__).parent.parent


def detect(  # noqa: PLR0913, PLR0917 - each is an option of the command
    sources: Annotated[list[str], typer.Argument(help="Pictures, folders, clips, rtsp:// or http(s):// addresses.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for annotated pictures, detections.csv, coco.json and GeoJSON.")
    ] = None,
    every: Annotated[
        float | None, typer.Option(help="Seconds between a clip's frames; its key frames when not given.", min=0.001)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
    min_score: Annotated[
        float | None,
        typer.Option(
            help="Detections below this are left out; each label's own threshold when not given.", min=0, max=1
        ),
    ] = None,
    raw_scores: Annotated[
        bool, typer.Option("--raw-scores", help="Scores as the network gives them, to compare with other tools.")
    ] = False,
    context: Annotated[
        bool, typer.Option("--context", help="Show what is no finding by itself, too: people, vehicles, tables.")
    ] = False,
    track: Annotated[
        Path | None, typer.Option(help="GPX or NMEA track (WGS-84) of a clip or picture run: gives positions.")
    ] = None,
    model: Annotated[str, typer.Option(help="Weights: a name of the manifest, or a .pt, .onnx or .engine file.")] = (
        ModelSettings.model_fields["name"].default
    ),
    tiles: TilesOption = NO_TILES,
) -> None:
    """Look at pictures, clips or cameras and show what the model finds.

    A broken source never stops the others. Ctrl-C ends the look and keeps what was seen.
    """
    drive = _drive(track) if track is not None else None
    if out is not None:
        _refuse_unwritable(out)
    tiling = tiling_of(tiles)
    weights = looking_closer(_weights(model, min_score, raw_scores=raw_scores), tiling)
    subjects = [subject_of(name, drive=drive) for name in sources]
    with _progress(shown=sys.stderr.isatty()) as on_frame:
        try:
            seen = quick_look(
                subjects, weights, every_s=every, shown=Shown(min_score, context), out=out, on_frame=on_frame
            )
        except OSError as error:
            fail(f"--out {out} cannot be written any more ({error.strerror}); make room there or name another folder")
    if as_json:
        json.dump(seen.document(), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _tell(seen, out)
    raise typer.Exit(SOME_FAILED if seen.failed else OK)


def _weights(name: str, min_score: float | None, *, raw_scores: bool) -> Model:
    from_file = Path(name).suffix in {".pt", ".onnx", ".engine"}
    settings = ModelSettings(
        manifest=str(PROJECT / "models" / "manifest.yaml"),
        name=str(Path(name).absolute()) if from_file else name,
        backend="ultralytics" if from_file else "openvino",
        # People compare these boxes with those of other tools: full precision, whatever it costs.
        precision="f32",
        min_score=max(0.001, LEAST_LOGGED if min_score is None else min_score),
    )
    try:
        return load_model(settings, root=PROJECT, raw_scores=raw_scores)
    except ModelError as error:
        fail(str(error), USAGE)


def _drive(track: Path) -> Drive:
    """Read the track before anything is looked at: without it a whole look would be for nothing."""
    try:
        track.open("rb").close()
        drive = drive_of(track)
    except OSError as error:
        fail(f"--track {track} cannot be read ({error.strerror}); name a GPX file or an NMEA log", USAGE)
    except TrackError as error:
        fail(f"--track {error}", USAGE)
    for note in drive.track.notes:
        err.print(note, markup=False)
    return drive


def _refuse_unwritable(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / ".probe").touch()
        (out / ".probe").unlink()
    except OSError as error:
        fail(f"--out {out} cannot be written ({error.strerror}); name a folder that this user may write", USAGE)


@contextmanager
def _progress(*, shown: bool) -> Iterator[OnFrame]:
    told = TextColumn("{task.description} {task.completed}{task.fields[of]} frames", markup=False)
    columns = (SpinnerColumn(), told, TimeElapsedColumn())
    with Progress(*columns, console=err, disable=not shown, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def on_frame(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total, of="")
            bars.update(tasks[name], completed=done, total=total, of=f" of {total}" if total else "")

        yield on_frame


def _tell(seen: QuickLook, out: Path | None) -> None:
    """Say per source what was found, and where the pictures are."""
    for looked in seen.looked:
        if looked.records or not looked.error:
            typer.echo(f"{looked.name}: {len(looked.records)} frames, {_found(looked)}")
        if looked.error:
            err.print(looked.error, markup=False)
    if out is not None:
        typer.echo(f"annotated pictures and lists are in {out}")


def _found(looked: Looked) -> str:
    found = Counter(detection.label for frame in looked.seen for detection in frame.detections)
    return ", ".join(f"{count} {label}" for label, count in found.most_common()) or "nothing found"
