"""``gridpatrol grid check FILE``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.commands.console import OK, USAGE, fail
from gridmap.errors import GridmapError
from gridmap.gridcheck import check_grid
from gridmap.gridfile import read_grid

_GEOJSON = {".geojson", ".json", ".geojsonl", ".geojsons"}
_OPTIONS = {"grid.file": "FILE", "grid.id_field": "--id-field", "grid.datum": "--datum"}
"""What the configuration calls a thing, and what it is called on this command line."""

app = typer.Typer(help="Look after the management grid.", no_args_is_help=True)


@app.callback()
def grid() -> None:
    """Look after the management grid."""


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="GeoJSON, GeoPackage or Shapefile.")],
    datum: Annotated[
        str | None,
        typer.Option(
            help="wgs84, cgcs2000, gcj02, bd09 or epsg:NNNN. Never guessed: only a GeoJSON may leave it out, being "
            "wgs84 by its standard (RFC 7946).",
            show_default=False,
        ),
    ] = None,
    id_field: Annotated[str, typer.Option(help="Attribute that holds the cell's id.")] = "id",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Count cells, and list gaps, overlaps, invalid rings, and wrong or repeated ids with their places."""
    try:
        report = check_grid(read_grid(file, datum=datum or _standard_datum(file), id_field=id_field))
    except GridmapError as error:
        fail(_in_options(str(error), file), USAGE)
    if as_json:
        json.dump(report.as_json(), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in report.lines())
    raise typer.Exit(OK if report.ok else USAGE)


def _standard_datum(file: Path) -> str:
    if file.suffix.lower() not in _GEOJSON:
        fail(f"{file}: the datum is not stated; add --datum wgs84, cgcs2000, gcj02, bd09 or epsg:NNNN", USAGE)
    return "wgs84"


def _in_options(sentence: str, file: Path) -> str:
    """Return a sentence about the configuration's keys as one about this command's options; the path stays."""
    path = str(file) if sentence.startswith(str(file)) else ""
    told = sentence.removeprefix(path)
    for key, option in _OPTIONS.items():
        told = told.replace(key, option)
    return path + told
