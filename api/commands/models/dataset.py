"""``gridpatrol models dataset …``: the city's own data to learn from, and to and from labelling tools."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from api.commands.console import DEMO, USAGE, ConfigOption, err, fail
from api.commands.opening import open_configuration
from api.datafolder import DataFolderError
from api.dataset.build import build_dataset
from api.dataset.card import split_sentence
from api.dataset.draft import Built, Material, OnStep, Wish
from api.dataset.exchange import FORMS, export_dataset
from api.dataset.importing import import_labels
from api.dataset.suggest import suggest as suggest_pictures
from api.dataset.tree import OutputRefused
from api.errors import ApiError
from api.wiring.dataset import classes_of, open_material
from detector.errors import ModelError
from detector.labels.picture import SPLITS, LabelsError

app = typer.Typer(help="The city's own data: from verdicts, to people who label, and back.", no_args_is_help=True)

_SPAN = re.compile(r"(\d{1,5})([dhw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

SinceOption = Annotated[str, typer.Option(help="From when on: 30d, 12h, 4w, or a day such as 2026-01-31 (UTC).")]
UntilOption = Annotated[str | None, typer.Option(help="Until when, as --since; now when not given.")]
FormOption = Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMS)}.")]
SyntheticOption = Annotated[bool, typer.Option("--synthetic", help="Take drawn scenes of the demonstration too.")]
SeedOption = Annotated[int, typer.Option(help="Chooses the feeds that validate; keep it to keep them.")]
ShareOption = Annotated[float, typer.Option(min=0.0, max=0.9, help="Share of the feeds that validate.")]


@app.command("build")
def build(  # noqa: PLR0913, PLR0917 - each is an option of the command
    out: Annotated[Path, typer.Option(help="Folder to make; it must not be there yet.")],
    since: SinceOption = "30d",
    until: UntilOption = None,
    per_incident: Annotated[int, typer.Option(min=1, help="Most pictures of one incident.")] = 5,
    clean_per_feed: Annotated[int, typer.Option(min=0, help="Most clean pictures of one feed.")] = 10,
    val_share: ShareOption = 0.2,
    seed: SeedOption = 1,
    assume_model_right: Annotated[
        bool, typer.Option("--assume-model-right", help="Take as labels what the model saw and nobody judged.")
    ] = False,
    synthetic: SyntheticOption = False,
    config: ConfigOption = DEMO,
) -> None:
    """Make a dataset in YOLO form of confirmed and rejected findings and of clean visits."""
    first, last = _span(since, until)
    wish = Wish(first, last, per_incident, clean_per_feed, val_share, seed, synthetic)
    with _material(config, assume_model_right=assume_model_right) as material, _progress() as on_step:
        built = build_dataset(material, wish, out, on_step=on_step)
    _tell(built)


@app.command("suggest")
def suggest(  # noqa: PLR0913, PLR0917 - each is an option of the command
    out: Annotated[Path, typer.Option(help="Folder to make; it must not be there yet.")],
    since: SinceOption = "30d",
    until: UntilOption = None,
    most: Annotated[int, typer.Option(min=1, help="Most pictures.")] = 200,
    per_feed: Annotated[int, typer.Option(min=1, help="Most pictures of one feed.")] = 5,
    synthetic: SyntheticOption = False,
    config: ConfigOption = DEMO,
) -> None:
    """Pick the pictures most worth labelling, ready for CVAT and Label Studio."""
    first, last = _span(since, until)
    with _material(config) as material, _progress() as on_step:
        made = suggest_pictures(
            material, out, since=first, until=last, most=most, per_feed=per_feed, synthetic=synthetic, on_step=on_step
        )
    typer.echo(f"{made.pictures} pictures of {made.feeds} feeds, the best of {made.candidates}, are in {out}")
    if not made.candidates:
        err.print("nothing was kept yet; see dataset.keep_uncertain in gridpatrol.yaml", markup=False)


@app.command("export")
def export(
    folder: Annotated[Path, typer.Argument(help="A dataset folder.")],
    form: FormOption,
    out: Annotated[Path | None, typer.Option(help="The zip to write.", show_default="beside the folder")] = None,
    pictures: Annotated[bool, typer.Option(help="With the pictures, or the labels alone.")] = True,
) -> None:
    """Write a dataset as a zip for CVAT, Label Studio or a trainer."""
    _known_form(form)
    target = out or folder.with_name(f"{folder.absolute().name}-{form}.zip")
    with _told(), _progress() as on_step:
        labels = export_dataset(folder, form, target, pictures=pictures, on_step=on_step)
    boxes = sum(len(picture.boxes) for picture in labels.pictures)
    typer.echo(f"{len(labels.pictures)} pictures with {boxes} boxes are in {target}")


@app.command("import")
def bring_home(  # noqa: PLR0913, PLR0917 - each is an option of the command
    path: Annotated[Path, typer.Argument(help="The zip, file or folder that the labelling tool gave out.")],
    form: FormOption,
    into: Annotated[Path, typer.Option(help="Folder to make; it must not be there yet.")],
    pictures: Annotated[
        Path | None, typer.Option(help="Folder with the pictures, when the zip has none: what suggest wrote.")
    ] = None,
    labelled: Annotated[
        str | None, typer.Option(help="Classes that people were asked for: garbage,ad; else the file's own list.")
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="All classes of the dataset; else the serving model's and the catalogue's.")
    ] = None,
    val_share: ShareOption = 0.2,
    seed: SeedOption = 1,
    config: ConfigOption = DEMO,
) -> None:
    """Make a dataset of what people labelled."""
    _known_form(form)
    with _told():
        known = _names(classes) if classes else _classes(config)
        made = import_labels(
            form,
            path,
            into,
            classes=known,
            labelled=_names(labelled) if labelled else None,
            pictures=pictures,
            val_share=val_share,
            seed=seed,
        )
    typer.echo(f"{made.pictures} pictures with {made.boxes} boxes are in {into}")
    for sentence in (*made.skipped, *(f"{name}: the picture is not there" for name in made.missing)):
        err.print(sentence, markup=False)


def moment(text: str, *, now: datetime) -> datetime:
    """Return what ``--since`` means: so long before ``now``, or the start of a day, or an ISO time (UTC if unsaid).

    Raises
    ------
    ValueError
        When it is none of them.

    >>> moment("2d", now=datetime(2026, 7, 3, 12, tzinfo=UTC)).isoformat()
    '2026-07-01T12:00:00+00:00'
    """
    span = _SPAN.fullmatch(text.strip())
    if span:
        return now - int(span[1]) * _UNITS[span[2]]
    found = datetime.fromisoformat(text.strip())
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _span(since: str, until: str | None) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    ends: list[datetime] = []
    for name, text in (("--since", since), ("--until", until)):
        try:
            ends.append(moment(text, now=now) if text else now)
        except (ValueError, OverflowError):
            fail(f"{name} {text!r} is no time; write 30d, 12h, 4w or a day such as 2026-01-31", USAGE)
    first, last = ends
    if first >= last:
        fail(f"--since {since} is not before --until {until or 'now'}; nothing lies between", USAGE)
    return first, last


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _known_form(form: str) -> None:
    if form not in FORMS:
        fail(f"--format {form!r} is not known; write one of {', '.join(FORMS)}", USAGE)


def _classes(config: Path) -> tuple[str, ...]:
    opened = open_configuration(config)
    return classes_of(opened.configuration, opened.folder)


@contextmanager
def _material(config: Path, *, assume_model_right: bool = False) -> Iterator[Material]:
    opened = open_configuration(config)
    with (
        _told(),
        open_material(opened.configuration, opened.folder, assume_model_right=assume_model_right) as material,
    ):
        yield material


@contextmanager
def _told() -> Iterator[None]:
    """End with a sentence instead of a traceback for everything that people can mend."""
    try:
        yield
    except LabelsError as error:
        for mistake in error.mistakes:
            err.print(str(mistake), markup=False)
        raise typer.Exit(USAGE) from error
    except OutputRefused as error:
        fail(str(error), USAGE)
    except (ApiError, DataFolderError, ModelError, OSError) as error:
        fail(str(error))


@contextmanager
def _progress() -> Iterator[OnStep]:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=not sys.stderr.isatty(), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def on_step(name: str, done: int, of: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=of)
            bars.update(tasks[name], completed=done, total=of)

        yield on_step


def _tell(built: Built) -> None:
    for split in SPLITS:
        pictures, boxes = built.pictures[split], built.boxes[split]
        typer.echo(f"{split}: {pictures.total()} pictures, {boxes.total()} boxes")
    typer.echo(" ".join(split_sentence(built).split()))
    for why, count in built.left_out.most_common():
        typer.echo(f"left out: {count} {why}")
    typer.echo(f"the dataset is in {built.out}; README.md there is its data card")
