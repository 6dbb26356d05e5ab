"""Where in a street a stall could stand, how large it would look there, and what stands before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.training.composites.cutout import PixelBox

_TRIES = 60
_HORIZON = 0.38  # share of the height at which level ground ends, in most pictures taken by a walking person
_STALL_BINS = (1.3, 2.3)  # a stall is this many wheeled bins (1 m) high
_FREE = (0.28, 0.5)  # share of the picture's height, when nothing in it tells the scale
_SIDE = (0.15, 0.55)  # root of the share of the picture that the stall takes
_STRETCH = 1.8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stall goes.

    Parameters
    ----------
    box
        The stall's pixels, which may reach over the picture's left, right and lower edge.
    before
        Indices of the boxes that stand nearer to the camera, and so hide what is behind them.
    """

    box: PixelBox
    before: tuple[int, ...]


def place(
    size_px: tuple[int, int],
    stall_px: tuple[int, int],
    boxes: Sequence[PixelBox],
    rng: np.random.Generator,
    *,
    bins: Sequence[PixelBox] = (),
    footless: bool = False,
) -> Place | None:
    """Return the best of several random places on the ground; None when the stall would bury what is there.

    Parameters
    ----------
    size_px
        Width and height of the street's picture.
    stall_px
        Width and height of the stall as cut out: it is not enlarged by more than 1.8.
    boxes
        What is labelled in the street.
    rng
        Tries.
    bins
        Those of the boxes that are bins: their size tells how large a stall would be.
    footless
        The stall's foot is not on its picture, so it must not be on the street's either.
    """
    best: tuple[float, Place] | None = None
    for _ in range(_TRIES):
        ground = rng.uniform(1.0, 1.06) if footless else rng.uniform(_highest_ground(size_px, boxes), 0.99)
        box = _random_box(size_px, stall_px, bins, ground * size_px[1], rng)
        if box is None:
            continue
        cost, found = _judged(box, boxes)
        if best is None or cost < best[0]:
            best = cost, found
    return best[1] if best is not None and best[0] < 1 else None


def _highest_ground(size_px: tuple[int, int], boxes: Sequence[PixelBox]) -> float:
    """Return the share of the height below which there is ground: where things stand, and not much above it."""
    lowest = min((y2 / size_px[1] for _, _, _, y2 in boxes), default=0.62)
    return min(0.9, max(0.58, lowest - 0.04))


def _random_box(
    size_px: tuple[int, int],
    stall_px: tuple[int, int],
    bins: Sequence[PixelBox],
    ground: float,
    rng: np.random.Generator,
) -> PixelBox | None:
    width, height = size_px
    scale = _height_at(ground, size_px, bins, rng) / stall_px[1]
    side = scale * float(np.sqrt(stall_px[0] * stall_px[1] / (width * height)))
    if side < _SIDE[0]:
        return None
    scale *= min(1.0, _SIDE[1] / side, _STRETCH / scale)
    wide, tall = round(stall_px[0] * scale), round(stall_px[1] * scale)
    left = round(rng.uniform(-0.2 * wide, width - 0.8 * wide))
    box = (left, round(ground) - tall, left + wide, round(ground))
    return box if box[1] >= 0 and wide <= 1.1 * width else None


def _height_at(ground: float, size_px: tuple[int, int], bins: Sequence[PixelBox], rng: np.random.Generator) -> float:
    """Return the stall's height in pixels: on level ground, sizes grow linearly with the distance to the horizon."""
    height = size_px[1]
    told = [(y2 - y1) / (y2 - _HORIZON * height) for _, y1, _, y2 in bins if y2 > 0.5 * height and y2 - y1 > 12]
    if told:
        return (ground - _HORIZON * height) * float(np.median(told)) * rng.uniform(*_STALL_BINS)
    return height * rng.uniform(*_FREE) * (0.6 + ground / height) / 1.4


def _judged(box: PixelBox, boxes: Sequence[PixelBox]) -> tuple[float, Place]:
    """Return how bad a place is (1 and more: not to be used) and the place itself."""
    covered = [_share_covered(other, box) for other in boxes]
    before = tuple(index for index, other in enumerate(boxes) if other[3] > box[3] and covered[index] > 0)
    behind = [index for index in range(len(boxes)) if index not in before]
    hidden = tuple(index for index in behind if covered[index] > 0.9)
    half_hidden = max((covered[index] for index in behind if index not in hidden), default=0.0)
    self_hidden = sum(_share_covered(box, boxes[index]) for index in before)
    # Half a bin behind a stall is still a bin to a person, a tenth of it is none.
    cost = max(half_hidden / 0.5, self_hidden / 0.4) + 0.3 * len(hidden)
    return cost, Place(box, before)


def _share_covered(box: PixelBox, by: PixelBox) -> float:
    wide = min(box[2], by[2]) - max(box[0], by[0])
    tall = min(box[3], by[3]) - max(box[1], by[1])
    area = max(1, (box[2] - box[0]) * (box[3] - box[1]))
    return max(0, wide) * max(0, tall) / area
