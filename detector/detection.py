"""A detection: one thing a model saw in one picture; and how much two boxes are one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

Box = tuple[float, float, float, float]
"""``(x1, y1, x2, y2)`` in pixels of the picture, origin top left, x2 and y2 exclusive."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing a model saw.

    Parameters
    ----------
    label
        The model's class name.
    score
        0..1.
    box
        ``(x1, y1, x2, y2)`` px of the picture, inside it.
    model_id
        Which weights said so.
    """

    label: str
    score: float
    box: Box
    model_id: str

    def __post_init__(self) -> None:
        x1, y1, x2, y2 = self.box
        if not (0 <= x1 <= x2 and 0 <= y1 <= y2):
            raise ValueError(f"a box is (x1, y1, x2, y2) with x1 ≤ x2 and y1 ≤ y2, all ≥ 0, not {self.box}")
        if not 0 <= self.score <= 1:
            raise ValueError(f"a score is between 0 and 1, not {self.score}")

    def as_record(self) -> dict[str, Any]:
        """Return the detection as plain JSON values; ``from_record`` is the way back."""
        return {"label": self.label, "score": self.score, "box": self.box, "model_id": self.model_id}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Return the detection that ``as_record`` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError
            The record is not one of a detection.
        """
        return cls(record["label"], record["score"], box_of(record["box"]), record["model_id"])


def box_of(values: list[float]) -> Box:
    """Return the box that was written as a list.

    Raises
    ------
    TypeError, ValueError
        It is none.
    """
    x1, y1, x2, y2 = map(float, values)
    return (x1, y1, x2, y2)


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes of one picture, 0..1, whatever they are measured in.

    >>> overlap((0, 0, 2, 1), (1, 0, 3, 1))
    0.3333333333333333
    """
    shared = shared_area(one, other)
    return shared / (area(one) + area(other) - shared) if shared else 0.0


def shared_area(one: Box, other: Box) -> float:
    """Return the area that two boxes have in common.

    >>> shared_area((0, 0, 2, 1), (1, 0, 3, 1))
    1
    """
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across * down if across > 0 and down > 0 else 0.0


def area(box: Box) -> float:
    """Return a box's area.

    >>> area((0, 0, 2, 3))
    6
    """
    x1, y1, x2, y2 = box
    return (x2 - x1) * (y2 - y1)
