"""The port through which pictures become detections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.detection import Detection

Image = NDArray[np.uint8]

LEAST_SCORE = 0.25
"""From this score up a label counts, when neither its weights nor anybody else says more."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of loaded weights.

    Parameters
    ----------
    id
        Name and start of the hash, such as ``gridpatrol-starter@1a2b3c4d``: goes onto every record.
    labels
        Class names in the model's order.
    input_px
        Long side of the letterboxed input.
    sha256
        Of the weights.
    synthetic
        True for the scripted detector of drawn scenes: every record says so.
    calibrated
        Whether a score says how likely the detection is right; else it is the model's own.
    thresholds
        By label: from which score (0..1) it counts, where nobody says otherwise. Labels may be missing.
    context
        Labels that never become findings by themselves.
    """

    id: str
    labels: tuple[str, ...]
    input_px: int
    sha256: str
    backend: str
    synthetic: bool = False
    calibrated: bool = False
    thresholds: Mapping[str, float] = field(default_factory=dict)
    context: tuple[str, ...] = ()

    def threshold(self, label: str) -> float:
        """Return from which score (0..1) a label counts, where nobody says otherwise."""
        return self.thresholds.get(label, LEAST_SCORE)


class Model(Protocol):
    """Images to detections. A model returns values, is never changed by a call, and may be shared by threads."""

    @property
    def card(self) -> ModelCard:
        """What is known of the weights."""
        ...

    def detect(self, images: Sequence[Image]) -> list[tuple[Detection, ...]]:
        """Return each image's detections, highest score first, in the images' order.

        Parameters
        ----------
        images
            ``(H, W, 3) uint8`` BGR each; sizes may differ.
        """
        ...

    def close(self) -> None:
        """Give back memory and threads."""
        ...
