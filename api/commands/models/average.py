"""``gridpatrol models average``: several trainings of one network made one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.console import USAGE, fail
from detector.errors import ModelError


def average(
    checkpoints: Annotated[list[Path], typer.Argument(help="Checkpoints (.pt) of one network; each counts alike.")],
    out: Annotated[Path, typer.Option(help="The checkpoint to write.")],
) -> None:
    """Write the mean of several trainings' weights, to be measured and exported as any checkpoint."""
    if len(checkpoints) < 2:
        fail("name two checkpoints or more; the mean of one is itself", USAGE)
    if out.exists():
        fail(f"{out} is there already; name another file with --out", USAGE)
    try:
        from detector.training.averaging import average as mean_of  # noqa: PLC0415  brings torch

        mean_of(checkpoints, out)
    except ImportError:
        fail("averaging needs PyTorch: pip install 'gridpatrol[training]'", USAGE)
    except ModelError as error:
        fail(str(error), USAGE)
    except OSError as error:
        fail(f"{out} cannot be written ({error.strerror}); name another file with --out", USAGE)
    typer.echo(f"{out}: the mean of {len(checkpoints)} checkpoints")
