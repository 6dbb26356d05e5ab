"""``gridpatrol models …``: train, measure, export, compare and promote what looks at the pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import typer

from api.commands.lazy import Lazily

_HERE = "api.commands.models"


class Commands(Lazily):
    """One a file, in the order of a model's life."""

    places: ClassVar[Mapping[str, str]] = {
        "judged": f"{_HERE}.judged:judged",
        "close-ups": f"{_HERE}.closeups:closeups",
        "render-stalls": f"{_HERE}.stalls:render",
        "render-ads": f"{_HERE}.render_ads:render",
        "context": f"{_HERE}.context:context",
        "dataset": f"{_HERE}.dataset:app",
        "train": f"{_HERE}.train:train",
        "average": f"{_HERE}.average:average",
        "eval": f"{_HERE}.evaluate:evaluate",
        "compare": f"{_HERE}.compare:compare",
        "export": f"{_HERE}.export:export",
        "calibrate": f"{_HERE}.calibrate:calibrate",
        "shadow": f"{_HERE}.shadow:shadow",
        "list": f"{_HERE}.listing:show",
        "promote": f"{_HERE}.promote:promote",
        "rollback": f"{_HERE}.promote:rollback",
        "vending": f"{_HERE}.vending:vending",
    }


app = typer.Typer(cls=Commands, no_args_is_help=True)


@app.callback()
def models() -> None:
    """Train, measure, export, compare and promote detection models."""
