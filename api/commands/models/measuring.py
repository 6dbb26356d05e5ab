"""What ``models eval`` and ``models compare`` share: options, loading, the bar."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import configs
from api.commands.console import USAGE, err, fail
from configs.settings import ModelSettings
from detector.errors import ModelError
from detector.evaluation.looking import OnPicture
from detector.loading import load_model
from detector.model import Model

PROJECT = Path(configs.__file__).parent.parent
LEAST_SCORE = 0.001
"""As in Ultralytics' validator: average precision needs the unlikely detections too."""
OPENVINO, ULTRALYTICS = "openvino", "ultralytics"
_STRIDE = 32
_BACKENDS = {".pt": ULTRALYTICS, ".onnx": ULTRALYTICS, ".engine": ULTRALYTICS, ".xml": OPENVINO}

DataOption = Annotated[Path, typer.Option("--data", help="Ultralytics' data file, or a folder in YOLO form.")]
SplitOption = Annotated[str, typer.Option(help="Which part of the data.")]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", help="THEIRS=OURS: what the model calls a class of the data; THEIRS= leaves it out."),
]
SourcesOption = Annotated[
    bool,
    typer.Option("--respect-sources", help="Leave pictures of sources that do not label a class out of it."),
]
AsPatrolOption = Annotated[
    bool,
    typer.Option("--as-patrol", help="Look exactly as a patrol does, instead of as Ultralytics' validator does."),
]
InputOption = Annotated[
    int | None,
    typer.Option(
        "--input-px",
        min=64,
        max=4096,
        help="Give the network pictures of this long side, instead of the weights' own.",
        show_default=False,
    ),
]
ManifestOption = Annotated[Path | None, typer.Option(help="Manifest that names are looked up in.")]


def renamed(pairs: Sequence[str] | None) -> dict[str, str]:
    """Return the ``--map`` options as a mapping; a wrong one ends the command."""
    told = {}
    for pair in pairs or ():
        theirs, equals, ours = pair.partition("=")
        if not theirs or not equals:
            fail(f"--map {pair}: write THEIRS=OURS, or THEIRS= to leave a class out", USAGE)
        told[theirs.strip()] = ours.strip()
    return told


def open_weights(
    name: str, backend: str | None, manifest: Path | None, *, as_patrol: bool, input_px: int | None = None
) -> Model:
    """Load a name of the manifest or a .pt, .onnx, .engine or .xml file; what is wrong with it ends the command."""
    if input_px is not None and input_px % _STRIDE:
        fail(f"--input-px {input_px}: the networks take multiples of {_STRIDE}, such as {_near(input_px)}", USAGE)
    suffix = Path(name).suffix.lower()
    from_file = suffix in _BACKENDS
    settings = ModelSettings(
        manifest=str((manifest or PROJECT / "models" / "manifest.yaml").absolute()),
        name=str(Path(name).absolute()) if from_file else name,
        backend=backend or _BACKENDS.get(suffix, OPENVINO),
        # Figures must be the same on every machine.
        precision="f32",
        min_score=LEAST_SCORE,
        input_px=input_px,
    )
    try:
        return load_model(settings, root=PROJECT, as_validator=not as_patrol)
    except ModelError as error:
        fail(str(error), USAGE)


def _near(px: int) -> int:
    return max(2, round(px / _STRIDE)) * _STRIDE


@contextmanager
def bar() -> Iterator[OnPicture]:
    """Show on a terminal how far the look is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not sys.stderr.isatty(), transient=True) as bars:
        task = bars.add_task("pictures", total=None)

        def on_picture(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield on_picture


def tell(sentence: str) -> None:
    """Say what was left out."""
    err.print(sentence, markup=False)


def writable(out: Path) -> None:
    """Make the folder for results now: without it a whole look would be for nothing."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / ".probe").touch()
        (out / ".probe").unlink()
    except OSError as error:
        fail(f"--out {out} cannot be written ({error.strerror}); name a folder that this user may write", USAGE)
