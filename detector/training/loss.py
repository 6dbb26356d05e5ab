"""A detection loss that does not take "not labelled" for "not there"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from ultralytics.utils.loss import v8DetectionLoss

MIXED = "\n"
"""Joins the file names of the pictures that one mosaic is made of."""


class SourceAwareLoss(v8DetectionLoss):  # type: ignore[misc]  # Ultralytics ships no types
    """Ultralytics' loss, in which background of a class weighs what the picture's source says of that class.

    Parameters
    ----------
    model
        The network in training.
    absent_weights
        File name to one weight (0..1) per class.
    options
        Passed on: the assigner's settings.
    """

    def __init__(
        self, model: Any, absent_weights: Callable[[str], Sequence[float]], *options: Any, **named: Any
    ) -> None:
        super().__init__(model, *options, **named)
        self._absent_weights = absent_weights
        self._weights = torch.ones(1)
        self.bce = self._weighted

    def loss(self, preds: Any, batch: dict[str, Any]) -> Any:
        """Return the loss of a batch; ``batch["im_file"]`` tells the pictures' sources."""
        weights = [self._picture(str(name)) for name in batch["im_file"]]
        self._weights = torch.tensor(weights, device=self.device)[:, None, :]
        return super().loss(preds, batch)

    def _picture(self, names: str) -> list[float]:
        # Of a mosaic's pictures the least certain one counts: a wrong negative harms more than a missed one helps.
        per_picture = [self._absent_weights(PurePath(name).name) for name in names.split(MIXED)]
        return [min(weights) for weights in zip(*per_picture, strict=True)]

    def _weighted(self, scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        plain = binary_cross_entropy_with_logits(scores, targets, reduction="none")
        return plain * torch.where(targets > 0, 1.0, self._weights.to(plain.dtype))
