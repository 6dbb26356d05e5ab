"""A checkpoint without traces of where and by whom it was trained: what is shipped tells of the network alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

_KEPT = ("version", "license", "docs", "epoch", "model")
_KEPT_ARGUMENTS = ("task", "imgsz")


def make_anonymous(checkpoint: Path) -> None:
    """Rewrite an Ultralytics checkpoint (.pt) in place: paths, repository, dates and training arguments are dropped.

    Only for files that are trusted: reading a checkpoint runs what is in it.
    """
    told: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=False)
    model = told.get("ema") or told["model"]
    for trace in ("pt_path", "args"):
        if hasattr(model, trace):
            setattr(model, trace, None if trace == "pt_path" else _plain(model.args))
    kept = {key: told.get(key) for key in _KEPT}
    torch.save({**kept, "model": model, "train_args": _plain(told.get("train_args") or {})}, checkpoint)


def _plain(arguments: Any) -> dict[str, Any]:
    known = arguments if isinstance(arguments, dict) else vars(arguments)
    return {key: known[key] for key in _KEPT_ARGUMENTS if key in known}
