"""Label files in YOLO's text form: one line a thing, sides as shares of the picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
"""``(M, 5) float32``: class number, then x1, y1, x2, y2 as shares of the picture's width and height."""

Tell = Callable[[str], None]
"""Takes one sentence about something that was left out."""


class Trouble:
    """Hands sentences on and keeps them."""

    def __init__(self, tell: Tell) -> None:
        self.sentences: list[str] = []
        self._tell = tell

    def __call__(self, sentence: str) -> None:
        """Take one sentence about something that was left out."""
        self.sentences.append(sentence)
        self._tell(sentence)


_SLACK = 0.01
"""Ultralytics lets coordinates leave the picture by so much."""


def labels_of(picture: Path) -> Path:
    """Return where a picture's label file is: in ``labels/`` for ``images/`` (the last one in the path), else beside.

    >>> labels_of(Path("city/images/val/1.jpg")).as_posix()
    'city/labels/val/1.txt'
    >>> labels_of(Path("city/1.jpg")).as_posix()
    'city/1.txt'
    """
    parts = list(picture.parts)
    for place in range(len(parts) - 2, -1, -1):
        if parts[place] == "images":
            parts[place] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def read_labels(path: Path, classes: int, tell: Tell) -> Rows | None:
    """Return the boxes of a label file, each once, or None when it cannot be read; polygons become boxes around them.

    Parameters
    ----------
    path
        A file that is not there means that the picture shows nothing.
    classes
        So many classes there are; a higher number is a mistake.
    tell
        Takes one sentence for each line that is left out, with file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return np.zeros((0, 5), np.float32)
    except (OSError, UnicodeDecodeError) as error:
        tell(f"{path}: cannot be read as text ({type(error).__name__}); its picture is left out")
        return None
    rows = [row for number, line in enumerate(lines, 1) if (row := _row(line, classes, tell, f"{path}:{number}"))]
    if not rows:
        return np.zeros((0, 5), np.float32)
    # The same line twice is one thing: Ultralytics counts it once, too.
    return np.unique(np.array(rows, np.float32), axis=0)


def _row(line: str, classes: int, tell: Tell, place: str) -> tuple[float, ...] | None:
    fields = line.split()
    if not fields:
        return None
    try:
        values = [float(field) for field in fields]
        return _box(values, classes)
    except ValueError as error:
        reason = str(error) if "could not convert" not in str(error) else "something in it is no number"
        tell(f"{place}: {reason}; the line is left out")
        return None


def _box(values: Sequence[float], classes: int) -> tuple[float, ...]:
    number, points = values[0], np.array(values[1:])
    if not (number.is_integer() and 0 <= number < classes):
        raise ValueError(f"class {number:g} is none of the {classes} classes 0 to {classes - 1}")
    if not (np.isfinite(points).all() and points.min(initial=0) >= -_SLACK and points.max(initial=0) <= 1 + _SLACK):
        raise ValueError("coordinates are shares of the picture, between 0 and 1")
    if len(points) == 4:
        return (number, *_corners(*points.tolist()))
    if len(points) >= 6 and len(points) % 2 == 0:
        xs, ys = points[::2], points[1::2]
        return number, float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())
    raise ValueError(f"{len(values)} numbers are neither a box (5) nor a polygon (7, 9, …)")


def _corners(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    if width < 0 or height < 0:
        raise ValueError("width and height must not be negative")
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2
