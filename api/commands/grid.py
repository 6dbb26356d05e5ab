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

app = typer.Typer(no_args_is_help=True)


@app.callback()
def grid() -> None:
    """Look after the management grid."""


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="GeoJSON, GeoPackage or Shapefile.")],
    datum: Annotated[str, typer.Option(help="wgs84, cgcs2000, gcj02, bd09 or epsg:NNNN.")] = "wgs84",
    id_field: Annotated[str, typer.Option(help="Attribute that holds the cell's id.")] = "id",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Count cells, and list gaps, overlaps, invalid rings, and wrong or repeated ids with their places."""
    try:
        report = check_grid(read_grid(file, datum=datum, id_field=id_field))
    except GridmapError as error:
        fail(str(error), USAGE)
    if as_json:
        json.dump(report.as_json(), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in report.lines())
    raise typer.Exit(OK if report.ok else USAGE)
