"""The port through which pictures become detections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.detection import Detection

Image = NDArray[np.uint8]


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
    """

    id: str
    labels: tuple[str, ...]
    input_px: int
    sha256: str
    backend: str
    synthetic: bool = False


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
