"""A detection: one thing a model saw in one picture."""

from __future__ import annotations

from dataclasses import dataclass

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
