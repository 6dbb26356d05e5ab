"""What a running patrol begins anew for: another model, another configuration."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial

from api.board import Board
from api.datafolder import DataFolder
from api.rereading import Rereading
from api.succession import Succession
from api.wiring.models import chosen, try_out
from configs.loading import Configuration


def succession(
    configuration: Configuration,
    folder: DataFolder,
    board: Board,
    stop: threading.Event,
    *,
    ready: Callable[[], bool],
) -> Succession:
    """Return what ends the run when another model is to serve."""
    choice = chosen(configuration, folder)
    return Succession(
        choice,
        choice.name,
        trial=partial(try_out, configuration, folder),
        tell=partial(board.tell, "promotion"),
        stop=stop,
        ready=ready,
    )


def rereading(configuration: Configuration, folder: DataFolder, board: Board, stop: threading.Event) -> Rereading:
    """Return what ends the run when the configuration was changed and can be used."""

    def take_up(changed: Configuration) -> None:
        if changed.settings.model != configuration.settings.model:
            try_out(changed, folder, chosen(changed, folder).name)
        stop.set()

    return Rereading(
        configuration,
        environ=os.environ,
        who="the patrol",
        take_up=take_up,
        tell=partial(board.tell, "configuration"),
        wait=stop.wait,
    )
