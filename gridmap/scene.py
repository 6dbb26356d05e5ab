"""A scene: what one picture's detections come to before zones have their say.

The model's own detections are what the log keeps. Of them become, by the settings: findings (of two rivals on one box
the surer, and vending by its composite rule), obstacles that hide what is behind them, and what no kept picture may
show.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from shapely.geometry.base import BaseGeometry

from configs.context import context_of
from configs.settings import Settings
from detector.detection import Box, Detection
from detector.rivals import without_rivals
from gridmap.obstacles import Obstacles
from gridmap.vending import VendingRule, sees_vending
from gridmap.zone import Ring

_WHOLE: Ring = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
_MARGIN = 0.05
"""A box is blurred with so much of its sides around it: hair and elbows reach over it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What one picture shows.

    Parameters
    ----------
    findings
        What may become sightings, context among it, boxes in px.
    obstacles
        What stands in the way.
    private
        Rings (normalised 0..1) to blur in every kept picture.
    """

    findings: tuple[Detection, ...] = ()
    obstacles: Obstacles = Obstacles()  # noqa: RUF009 - frozen
    private: tuple[Ring, ...] = ()


class SceneRules:
    """Makes scenes of a model's detections. Pure, and may be shared by threads.

    Parameters
    ----------
    settings
        Of which ``model.rivals``, ``vending``, ``obstacles`` and ``evidence.blur`` count.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._vending = VendingRule(settings.vending)

    def scene(self, detections: Sequence[Detection], *, labels: Iterable[str], frame_size: tuple[int, int]) -> Scene:
        """Return what a picture shows.

        Parameters
        ----------
        detections
            What the model saw, boxes in px of the picture.
        labels
            The model's classes. Where it cannot see vending by the rule, its own class ``stall`` counts alone.
        frame_size
            ``(width, height)`` px.
        """
        model, obstacles, evidence = self._settings.model, self._settings.obstacles, self._settings.evidence
        seen = [_in_our_words(each) for each in detections]
        findings = without_rivals(seen, model.rivals, model.rival_iou)
        in_the_way = _boxes(seen, obstacles.labels, obstacles.min_score, frame_size)
        private = _boxes(seen, evidence.blur, evidence.blur_min_score, frame_size)
        by_rule = self._settings.vending.enabled and sees_vending(labels)
        return Scene(
            findings=self._vending.findings(findings) if by_rule else findings,
            obstacles=Obstacles(in_the_way, obstacles.hides),
            private=tuple(_ring_around(box) for box in private),
        )

    def unseen(self, labels: Iterable[str]) -> Scene:
        """Return the scene of a picture that was not looked at: all of it is private where people might be in it."""
        finds_private = not set(self._settings.evidence.blur).isdisjoint(map(context_of, labels))
        return Scene(private=(_WHOLE,) if finds_private else ())

    def blocked(self, scene: Scene, watched: BaseGeometry) -> str:
        """Return one sentence when obstacles cover too much of the part of the view that is watched, else nothing."""
        covered = scene.obstacles.share_of(watched)
        if covered < self._settings.obstacles.blocks:
            return ""
        return f"people or vehicles cover {covered:.0%} of what is watched"


def _in_our_words(detection: Detection) -> Detection:
    label = context_of(detection.label)
    return detection if label == detection.label else replace(detection, label=label)


def _boxes(
    detections: Iterable[Detection], labels: Collection[str], min_score: float, frame_size: tuple[int, int]
) -> tuple[Box, ...]:
    width, height = frame_size
    chosen = (each.box for each in detections if each.label in labels and each.score >= min_score)
    return tuple((x1 / width, y1 / height, x2 / width, y2 / height) for x1, y1, x2, y2 in chosen)


def _ring_around(box: Box) -> Ring:
    """Return the corners of a box with a margin, inside the view.

    >>> _ring_around((0.0, 0.5, 0.2, 0.7))[2]
    (0.21, 0.71)
    """
    x1, y1, x2, y2 = box
    across, down = _MARGIN * (x2 - x1), _MARGIN * (y2 - y1)
    left, top = max(0.0, x1 - across), max(0.0, y1 - down)
    right, bottom = min(1.0, x2 + across), min(1.0, y2 + down)
    return ((left, top), (right, top), (right, bottom), (left, bottom))
