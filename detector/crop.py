"""A crop: a part of a large picture, looked at as it is, and its findings brought back to where they belong."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from detector.detection import Box, Detection
from detector.model import Image

_CONTEXT = 1.5
"""A thing fills at most two thirds of its crop, however long it is: a model knows things by what is around them."""

Size = tuple[int, int]
"""``(width, height)`` px."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a picture.

    Parameters
    ----------
    left, top, right, bottom
        px of the picture; right and bottom exclusive.
    picture
        Size of the picture.
    """

    left: int
    top: int
    right: int
    bottom: int
    picture: Size

    @classmethod
    def around(cls, box: Box, picture: Size, input_px: int) -> Crop:
        """Return the square around a box that a model with this input sees pixel by pixel.

        A square, whatever the picture's shape: then all cameras share one shape of the model's input. It is larger,
        and seen reduced, only where the box would not fit with something around it; it never leaves the picture.

        Parameters
        ----------
        box
            Normalised 0..1 of the picture.
        input_px
            Long side of the model's input; 0, for a model that takes any size, means the whole picture.

        >>> Crop.around((0.5, 0.5, 0.52, 0.53), (1920, 1080), 512)
        Crop(left=723, top=300, right=1235, bottom=812, picture=(1920, 1080))
        """
        width, height = picture
        x1, y1, x2, y2 = box[0] * width, box[1] * height, box[2] * width, box[3] * height
        side = max(input_px, round(_CONTEXT * max(x2 - x1, y2 - y1))) if input_px else max(picture)
        left, right = _span((x1 + x2) / 2, side, width)
        top, bottom = _span((y1 + y2) / 2, side, height)
        return cls(left, top, right, bottom, picture)

    def of(self, image: Image) -> Image:
        """Return this part of the picture, ``(H, W, 3) uint8`` BGR."""
        return np.ascontiguousarray(image[self.top : self.bottom, self.left : self.right])

    @property
    def size(self) -> Size:
        """Width and height in px."""
        return self.right - self.left, self.bottom - self.top

    def placed(self, found: Detection, onto: Size) -> Detection:
        """Return what was found in the crop as a finding of another picture of the same view.

        Parameters
        ----------
        found
            Box in px of the crop.
        onto
            Size of the other picture, such as a sub-stream's.
        """
        across, down = onto[0] / self.picture[0], onto[1] / self.picture[1]
        x1, y1, x2, y2 = found.box
        box = (
            (self.left + x1) * across,
            (self.top + y1) * down,
            min((self.left + x2) * across, onto[0]),
            min((self.top + y2) * down, onto[1]),
        )
        return replace(found, box=box)


def _span(centre: float, side: int, length: int) -> tuple[int, int]:
    """Return where a stretch around ``centre`` begins and ends, moved and at last cut to lie within the picture."""
    side = min(side, length)
    start = min(max(round(centre - side / 2), 0), length - side)
    return start, start + side
