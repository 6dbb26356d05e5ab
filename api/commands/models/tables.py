"""Figures on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.table import Table

from detector.evaluation.sections import Section

_WIDTH = 180
"""Columns of a file or pipe, which has none of its own."""


def show(told: Iterable[Section]) -> None:
    """Print each section as a table on standard output; figures stand to the right."""
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _WIDTH)
    for table in _tables(told):
        console.print(table)


def _tables(told: Iterable[Section]) -> Iterable[Table]:
    for section in told:
        table = Table(title=section.title, title_justify="left", box=box.SIMPLE, pad_edge=False)
        for place, name in enumerate(section.head):
            table.add_column(name, justify="right" if place else "left", overflow="fold")
        for row in section.rows:
            table.add_row(*row)
        yield table
