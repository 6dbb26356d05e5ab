"""Several trainings of one network made one: the mean of their weights often sees better than the best of them.

After Wortsman et al., "Model soups" (2022): where the trainings began at the same weights, the mean of their ends
lies in the same valley, and costs nothing more to run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from detector.errors import ModelError


def average(checkpoints: Sequence[Path], out: Path) -> None:
    """Write the mean of Ultralytics checkpoints (.pt) of one architecture and the same classes.

    Only for files that are trusted: reading a checkpoint runs what is in it.

    Raises
    ------
    ModelError
        When one cannot be read, or they are not of one network; the text names the file.
    OSError
        When ``out`` cannot be written.
    """
    read = [_read(path) for path in checkpoints]
    whole, first = read[0], _network(read[0])
    states = [_network(one).state_dict() for one in read]
    for path, one, state in zip(checkpoints, read, states, strict=True):
        if _shapes(state) != _shapes(states[0]) or _network(one).names != first.names:
            raise ModelError(f"{path} is not of the same network and classes as {checkpoints[0]}; leave it out")
    first.load_state_dict({key: _mean([state[key] for state in states]) for key in states[0]})
    torch.save({**whole, "model": first.half(), "ema": None, "optimizer": None}, out)


def _read(path: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=False)
        _network(told)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); name a checkpoint that is there") from error
    except Exception as error:  # unpickling may raise anything, and always means the same
        raise ModelError(
            f"{path} is no checkpoint of a training ({type(error).__name__}); name a .pt file"
        ) from error
    return told


def _network(told: dict[str, Any]) -> Any:
    return (told.get("ema") or told["model"]).float()


def _shapes(state: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in state.items()}


def _mean(values: list[Any]) -> Any:
    return torch.stack(values).mean(0) if values[0].is_floating_point() else values[0]
