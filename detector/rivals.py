"""Rivals: pairs of classes that cannot both be right of one box, such as a bin in order and an overflowing one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from detector.detection import Detection, overlap


def without_rivals(
    detections: Sequence[Detection], rivals: Collection[tuple[str, str]], iou: float
) -> tuple[Detection, ...]:
    """Return the detections, in order, without those whose rival is surer of the same box.

    Class-wise suppression leaves both ``bin`` and ``overflow`` on one bin. Here the higher score wins; of equal
    scores the class named first in its pair. A box that lost takes no other with it.

    Parameters
    ----------
    detections
        Of one picture, boxes in px.
    rivals
        Pairs of labels, in either order.
    iou
        Intersection over union (0..1) from which two boxes are one.
    """
    surest_first = sorted(detections, key=lambda each: (-each.score, _place(each.label, rivals)))
    kept: list[Detection] = []
    for detection in surest_first:
        against = [each for each in kept if _rivals(detection.label, each.label, rivals)]
        if all(overlap(detection.box, each.box) < iou for each in against):
            kept.append(detection)
    stay = {id(each) for each in kept}
    return tuple(each for each in detections if id(each) in stay)


def _place(label: str, rivals: Collection[tuple[str, str]]) -> int:
    return min((pair.index(label) for pair in rivals if label in pair), default=0)


def _rivals(one: str, other: str, rivals: Collection[tuple[str, str]]) -> bool:
    return (one, other) in rivals or (other, one) in rivals
