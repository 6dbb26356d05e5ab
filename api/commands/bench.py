"""``gridpatrol bench``: what the patrol costs on this machine."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.bench.cameras import Cameras
from api.bench.contenders import NAIVE, STREAMING, Job, Score, missing_library, run_other, those_here
from api.bench.material import KINDS, Kind, prepare
from api.bench.patrolling import PROJECT
from api.bench.views import views
from api.bench.visits import measure_visits
from api.commands.console import USAGE, err, fail
from detector.errors import ModelError
from detector.manifest import Manifest
from streams.frame import Image

app = typer.Typer(help="Measure what the patrol costs on this machine.", no_args_is_help=True)
_DEFAULT = "rtsp_704x576_h264"
_PEER_FEEDS, _PEER_INTERVAL_S, _PEER_S = 8, 10.0, 20.0
_COLUMNS = ("source", "visits", "cpu_ms_per_visit", "floor_ms", "efficiency", "budget_ms", "visits_per_s")


@app.callback()
def _group() -> None:
    """Measure what the patrol costs on this machine."""


@app.command("visits")
def visits(
    source: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")] = _DEFAULT,
    every: Annotated[bool, typer.Option("--all", help="All kinds of feeds, one after another.")] = False,
    seconds: Annotated[float, typer.Option(help="Seconds of visits measured, twice.", min=2)] = 20.0,
    peers: Annotated[bool, typer.Option(help="Also run other programs on the same job.")] = True,
    picture: Annotated[
        Path | None, typer.Option(help="What the cameras see; a sample's street when left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Measure the processor time of whole visits to local cameras, and the floor that nobody can go below.

    The floor, decoding one key frame and one forward pass, takes turns with the visits. Everything is measured with
    the real patrol process on cameras in a process of their own.
    """
    if source not in KINDS:
        fail(f"--source {source}: not one of {', '.join(KINDS)}", USAGE)
    if peers and (why_not := missing_library()):
        err.print(f"{why_not}; or leave them out with --no-peers", markup=False)
        peers = False
    chosen = list(KINDS.values()) if every else [KINDS[source]]
    try:
        view = views(os.environ, 1, named=picture)[0]
        rows = [_measured(kind, view, seconds=seconds, with_peers=peers) for kind in chosen]
    except (ModelError, RuntimeError, OSError) as error:
        fail(str(error))
    if as_json:
        json.dump(rows if every else rows[0], sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        _show(rows)


def _measured(kind: Kind, view: Image, *, seconds: float, with_peers: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="gridpatrol-bench-") as name:
        folder = Path(name)
        err.print(f"{kind.name}: encoding what its cameras show", markup=False)
        prepare(folder, [view], [kind])
        err.print(f"{kind.name}: measuring visits", markup=False)
        cost = measure_visits(kind, folder, folder / "patrol", seconds=seconds)
        told = {score.name: _told(score) for score in _peers(kind, folder)} if with_peers else {}
    return cost.document(told)


def _peers(kind: Kind, material: Path) -> list[Score]:
    """Run the other programs on healthy cameras of this kind, one look of each per interval."""
    weights = next(
        file.path
        for file in Manifest.load(PROJECT / "models" / "manifest.yaml").verify("gridpatrol-city").files
        if file.path.suffix == ".pt"
    )
    scores = []
    for name in those_here((*NAIVE, *(STREAMING if kind.protocol == "rtsp" else ()))):
        err.print(f"{kind.name}: {name}", markup=False)
        with Cameras(kind.protocol, material) as cameras:
            urls = {f"cam-{number}": cameras.url("ok", kind.name, f"{number}") for number in range(_PEER_FEEDS)}
            job = Job(urls, frozenset(urls), _PEER_INTERVAL_S, _PEER_S, weights, 512)
            scores.append(run_other(name, job))
    return scores


def _told(score: Score) -> dict[str, Any]:
    told: dict[str, Any] = {"looks_per_cpu_s": score.looks_per_cpu_s, "first_result_s": score.first_result_s}
    return told | ({"died": score.died} if score.died else {})


def _show(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="")
    for number, column in enumerate(_COLUMNS):
        table.add_column(column.replace("_", " "), justify="right" if number else "left")
    for row in rows:
        table.add_row(*("–" if row[column] is None else str(row[column]) for column in _COLUMNS))
    out = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    out.print(table)
    for row in rows:
        ours = 1000 / row["cpu_ms_per_visit"]
        for name, told in row["peers"].items():
            theirs = told["looks_per_cpu_s"]
            ratio = f"{ours / theirs:.1f} times as many by the patrol" if theirs else told.get("died", "no look")
            out.print(f"{row['source']}  {name}: {theirs} looks per CPU second; {ratio}", markup=False)
