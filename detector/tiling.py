"""Looking closer: a picture seen whole and in overlapping tiles, so that small things fill more of the input."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.detection import Box, Detection, area, shared_area
from detector.model import Image, Model, ModelCard

_WRITTEN = re.compile(r"([1-8])x([1-8])")
_OVERLAP = 0.2
"""Neighbours share a fifth of a tile, so that what one cuts the other shows whole, up to that size."""
_EDGE_PX = 2.0
_SAME_IOU = 0.5
_INSIDE = 0.7


@dataclass(frozen=True, slots=True)
class Tiling:
    """How a picture is cut.

    Parameters
    ----------
    columns, rows
        Tiles across and down; 1 and 1 mean the whole picture only.
    """

    columns: int = 1
    rows: int = 1

    @classmethod
    def parse(cls, text: str) -> Tiling:
        """Return the tiling that ``2x2`` (columns x rows, each 1 to 8) means.

        Raises
        ------
        ValueError
            When the text is none; it says what would be right.

        >>> Tiling.parse("3x2").looks
        7
        """
        match = _WRITTEN.fullmatch(text)
        if not match:
            raise ValueError(f"{text!r} is no tiling; write columns x rows, such as 2x2 (each 1 to 8)")
        return cls(int(match[1]), int(match[2]))

    @property
    def looks(self) -> int:
        """How often the model looks at one picture: at the whole, and at each tile. So many times the cost."""
        tiles = self.columns * self.rows
        return 1 if tiles == 1 else 1 + tiles

    @property
    def magnification(self) -> int:
        """How much larger than in the whole picture things are in a tile, about: for the size a source delivers."""
        return max(self.columns, self.rows)

    def tiles(self, width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
        """Yield x1, y1, x2, y2 in px of each tile of a picture; together they cover it, row by row."""
        for y1, y2 in _spans(height, self.rows):
            for x1, x2 in _spans(width, self.columns):
                yield x1, y1, x2, y2


WHOLE = Tiling()


def look(model: Model, image: Image, tiling: Tiling = WHOLE) -> tuple[Detection, ...]:
    """Return what the model finds in a picture and in its tiles, each thing once, highest score first.

    Whole picture and tiles go to the model in one batch.
    Boxes are in px of the whole picture.
    A box cut by a tile's inner edge, and a part of what the whole picture shows as one thing, give way.

    Parameters
    ----------
    image
        ``(H, W, 3) uint8`` BGR.
    """
    if tiling.looks == 1:
        return model.detect([image])[0]
    height, width = image.shape[:2]
    tiles = list(tiling.tiles(width, height))
    cut = [np.ascontiguousarray(image[y1:y2, x1:x2]) for x1, y1, x2, y2 in tiles]
    whole, *parts = model.detect([image, *cut])
    seen = [_Seen(each, tile=None, cut=False) for each in whole]
    for tile, found in zip(tiles, parts, strict=True):
        seen += [_placed(each, tile, (width, height)) for each in found]
    return _merged(seen)


class Tiled:
    """A model that looks at every picture in the same tiles; see ``look``.

    Parameters
    ----------
    model
        What looks. It is closed with this one.
    tiling
        How pictures are cut.
    """

    def __init__(self, model: Model, tiling: Tiling) -> None:
        self._model = model
        self._tiling = tiling

    @property
    def card(self) -> ModelCard:
        """What is known of the weights."""
        return self._model.card

    def detect(self, images: Sequence[Image]) -> list[tuple[Detection, ...]]:
        """Return each image's detections, highest score first, in the images' order."""
        return [look(self._model, image, self._tiling) for image in images]

    def close(self) -> None:
        """Give back memory and threads."""
        self._model.close()


@dataclass(frozen=True, slots=True)
class _Seen:
    detection: Detection
    tile: tuple[int, int, int, int] | None
    cut: bool


def _spans(length: int, count: int) -> Iterator[tuple[int, int]]:
    size = length if count == 1 else round(length / (count - (count - 1) * _OVERLAP))
    for index in range(count):
        start = 0 if count == 1 else round(index * (length - size) / (count - 1))
        yield start, min(length, start + size)


def _placed(detection: Detection, tile: tuple[int, int, int, int], size: tuple[int, int]) -> _Seen:
    left, top, right, bottom = tile
    x1, y1, x2, y2 = detection.box
    inner = (
        (left > 0 and x1 <= _EDGE_PX)
        or (top > 0 and y1 <= _EDGE_PX)
        or (right < size[0] and x2 >= right - left - _EDGE_PX)
        or (bottom < size[1] and y2 >= bottom - top - _EDGE_PX)
    )
    return _Seen(replace(detection, box=(x1 + left, y1 + top, x2 + left, y2 + top)), tile, bool(inner))


def _merged(seen: Sequence[_Seen]) -> tuple[Detection, ...]:
    kept: list[_Seen] = []
    # What is whole comes before what is cut, the whole picture's word before a tile's on the same thing's extent.
    for each in sorted(seen, key=lambda one: (one.cut, -one.detection.score)):
        if not any(_double(each, other) for other in kept):
            kept.append(each)
    # A part found first, because its score is higher, gives way to the thing it is part of; its score stays with it.
    things = [each for each in kept if not any(_part(each, other) for other in kept)]
    raised = (_with_best_part(each, kept).detection for each in things)
    return tuple(sorted(raised, key=lambda found: -found.score))


def _double(one: _Seen, other: _Seen) -> bool:
    if one.detection.label != other.detection.label:
        return False
    shared, own, theirs = _areas(one.detection.box, other.detection.box)
    same = shared > _SAME_IOU * (own + theirs - shared)
    return same or (one.cut and shared > _INSIDE * own)


def _part(one: _Seen, other: _Seen) -> bool:
    """Return whether a tile's finding lies in a larger finding of the whole picture with the same label."""
    if one.tile is None or other.tile is not None or one.detection.label != other.detection.label:
        return False
    shared, own, theirs = _areas(one.detection.box, other.detection.box)
    return own < theirs and shared > _INSIDE * own


def _with_best_part(each: _Seen, kept: Sequence[_Seen]) -> _Seen:
    best = max((part.detection.score for part in kept if _part(part, each)), default=0.0)
    if best <= each.detection.score:
        return each
    return replace(each, detection=replace(each.detection, score=best))


def _areas(one: Box, other: Box) -> tuple[float, float, float]:
    """Return the area two boxes share, and each one's own, in px²."""
    return shared_area(one, other), area(one), area(other)
