"""How far a training is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training is.

    Parameters
    ----------
    epoch, epochs
        1-based, and how many there will be.
    batch, batches
        Within the epoch.
    figures
        At an epoch's end: losses, precision, recall, mAP50, mAP50-95 on the validation split; else empty.
    """

    epoch: int
    epochs: int
    batch: int
    batches: int
    figures: dict[str, float]
