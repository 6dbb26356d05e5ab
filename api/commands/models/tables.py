"""Figures on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.table import Table

from detector.evaluation.sections import Section


def tables(told: Iterable[Section]) -> Iterable[Table]:
    """Return each section as a table; figures stand to the right."""
    for section in told:
        table = Table(title=section.title, title_justify="left", box=box.SIMPLE, pad_edge=False)
        for place, name in enumerate(section.head):
            table.add_column(name, justify="right" if place else "left", no_wrap=True)
        for row in section.rows:
            table.add_row(*row)
        yield table
