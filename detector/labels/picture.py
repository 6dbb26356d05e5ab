"""A labelled picture: what is in it, whatever the form it was written in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from configs.mistakes import Mistake
from detector.detection import Box

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
"""File endings that count as pictures, in small letters."""
SPLITS = ("train", "val")


class LabelsError(Exception):
    """Labels cannot be used as they are. Carries every mistake found: file, line or key, and the way out."""

    def __init__(self, *mistakes: Mistake) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(str(mistake) for mistake in mistakes))


@dataclass(frozen=True, slots=True)
class LabelBox:
    """One thing in a picture.

    Parameters
    ----------
    label
        Class name.
    box
        ``(x1, y1, x2, y2)`` normalised 0..1 of the picture.
    score
        What a model gave it, or None when a person said so.
    """

    label: str
    box: Box
    score: float | None = None


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture with what is in it.

    Parameters
    ----------
    name
        File name without a folder.
    width, height
        Pixels; 0 where the form does not say (YOLO).
    boxes
        In the order written; empty means that nothing is there.
    split
        ``train`` or ``val``.
    """

    name: str
    width: int
    height: int
    boxes: tuple[LabelBox, ...] = ()
    split: str = "train"

    @property
    def stem(self) -> str:
        """The file name without its ending."""
        return PurePosixPath(self.name).stem


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Pictures and the classes that were looked for in them.

    Parameters
    ----------
    classes
        Names in the order of their numbers. A class without a box was looked for and is absent.
    pictures
        In the order written.
    skipped
        Sentences on what was left out on purpose (a task that nobody has labelled yet).
    """

    classes: tuple[str, ...]
    pictures: tuple[LabelledPicture, ...]
    skipped: tuple[str, ...] = ()
