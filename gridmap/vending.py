"""Street vending as a composite rule: goods, table, canopy or cargo cycle together, with a person beside them.

No single thing in a picture is vending. The rule looks for what stands together, in this order; every number is a key
of ``vending`` in the settings (``configs.settings.VendingSettings``).

1. Parts are the canopies (``umbrella``), ``table``, ``food``, ``bag``, ``chair``, cargo cycles (``bicycle``,
   ``motorcycle``, ``truck``) and learned ``stall`` boxes with at least ``min_part_score``. A bag with
   ``carried_share`` of its box inside a person's is carried, and so is an umbrella narrower than ``canopy_width``
   heights of the tallest person beside it: neither is a part. Nor is what lies, by that share, in the box of a bin or
   of rubbish (``garbage``, ``overflow``, ``bin`` with ``min_rubbish_score``): cups and bags pass for goods there.
2. Parts whose boxes are no further apart than ``reach`` person heights are of one stall. The height is that of the
   nearest person, because people tell how large things are at that place of the picture; with nobody in the
   picture, the part's own longer side stands in for it.
3. Each part counts its weight times its score, the surest ``most_of_a_kind`` of each kind. A cycle counts only beside
   goods, a table or a canopy: without them it is a parked one. Together they score ``1 - (1 - a)(1 - b)…``.
4. Somebody attends: a person with ``min_person_score`` within ``attended_within`` of his own height of a part. Goods
   that nobody attends are no vending; a learned stall with ``strong_stall`` needs nobody.
5. From ``min_score`` up it is a ``stall`` whose box is the union of its parts, without people. It takes the place of
   the learned stalls it holds. A learned stall in no composite stays as the model saw it, unless its weight is 0.

That it stands still is not asked of one picture: the matter's dwell asks that the same place (``gridmap.sameness``)
shows it again. People with umbrellas, bags and cycles who walk by make no composite, or one that is elsewhere next
time.

A composite's model id ends in ``+vending``. The log keeps what the model saw, so that the rule can be replayed over
it with other numbers; composites are not in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, groupby
from math import hypot, prod

from configs.context import context_of
from configs.settings import VendingSettings
from detector.detection import Box, Detection

STALL = "stall"
BY_RULE = "+vending"
"""At the end of a composite's model id."""

_GOODS = frozenset({"food", "bag", "table", "umbrella"})
"""One of these makes a cycle beside it a cargo cycle."""
_CARGO = frozenset({"bicycle", "motorcycle", "truck"})
_LOOSE = frozenset({"food", "bag", "umbrella"})
_RUBBISH = frozenset({"garbage", "overflow", "bin"})
_PARTS = _GOODS | _CARGO | {"chair", STALL}


def sees_vending(labels: Iterable[str]) -> bool:
    """Return whether a model with these classes sees vending by the rule: people, and what is sold or sold from."""
    known = set(map(context_of, labels))
    return "person" in known and bool(_GOODS & known)


@dataclass(frozen=True, slots=True)
class VendingRule:
    """Makes composites of one picture's detections. Pure; the module says how."""

    settings: VendingSettings = field(default_factory=VendingSettings)

    def findings(self, detections: Sequence[Detection]) -> tuple[Detection, ...]:
        """Return the detections with composites in the place of learned stalls; all others as they are, in order.

        Parameters
        ----------
        detections
            Of one picture, boxes in px, by a model whose classes ``sees_vending``.
        """
        composites = tuple(self.composites(detections))
        return (*(each for each in detections if each.label != STALL), *composites)

    def composites(self, detections: Sequence[Detection]) -> Iterator[Detection]:
        """Yield what is vending: composites, and learned stalls that stand alone; boxes in px of the picture."""
        asked = self.settings
        people = _boxes(detections, {"person"}, asked.min_person_score)
        rubbish = _boxes(detections, _RUBBISH, asked.min_rubbish_score)
        parts = [part for part in self._parts(detections, people) if not self._thrown_away(part, rubbish)]
        for group in self._groups(parts, people):
            if not self._attended(group, people):
                continue
            learned, score = [part for part in group if part.label == STALL], self._score(group)
            if score < asked.min_score or len(learned) == len(group):
                yield from learned
            else:
                yield Detection(STALL, score, _union(part.box for part in group), group[0].model_id + BY_RULE)

    def _parts(self, detections: Iterable[Detection], people: Sequence[Box]) -> list[Detection]:
        sure = [each for each in detections if each.label in _PARTS and each.score >= self.settings.min_part_score]
        return [each for each in sure if self._weight(each) > 0 and not self._carried(each, people)]

    def _thrown_away(self, part: Detection, rubbish: Iterable[Box]) -> bool:
        loose = part.label in _LOOSE
        return loose and any(_inside(part.box, heap) >= self.settings.carried_share for heap in rubbish)

    def _carried(self, part: Detection, people: Sequence[Box]) -> bool:
        if part.label == "bag":
            return any(_inside(part.box, person) >= self.settings.carried_share for person in people)
        if part.label == "umbrella":
            beside = [_height(person) for person in people if self._beside(part.box, person)]
            return bool(beside) and part.box[2] - part.box[0] < self.settings.canopy_width * max(beside)
        return False

    def _beside(self, box: Box, person: Box) -> bool:
        return _gap(box, person) <= self.settings.attended_within * _height(person)

    def _groups(self, parts: Sequence[Detection], people: Sequence[Box]) -> Iterator[list[Detection]]:
        units = [_unit(part.box, people) for part in parts]
        group_of = list(range(len(parts)))
        for one, other in combinations(range(len(parts)), 2):
            apart = _gap(parts[one].box, parts[other].box)
            if apart <= self.settings.reach * min(units[one], units[other]):
                kept, gone = group_of[one], group_of[other]
                group_of = [kept if group == gone else group for group in group_of]
        for group in dict.fromkeys(group_of):
            yield [part for part, its in zip(parts, group_of, strict=True) if its == group]

    def _attended(self, group: Sequence[Detection], people: Sequence[Box]) -> bool:
        if any(part.label == STALL and part.score >= self.settings.strong_stall for part in group):
            return True
        return any(self._beside(part.box, person) for part in group for person in people)

    def _score(self, group: Sequence[Detection]) -> float:
        cargo = any(part.label in _GOODS for part in group)
        counting = [part for part in group if cargo or part.label not in _CARGO]
        return 1 - prod(1 - self._weight(part) * part.score for part in self._surest(counting))

    def _weight(self, part: Detection) -> float:
        return float(getattr(self.settings.weights, part.label))

    def _surest(self, parts: Iterable[Detection]) -> Iterator[Detection]:
        ranked = sorted(parts, key=lambda part: (part.label, -part.score))
        for _, kind in groupby(ranked, key=lambda part: part.label):
            yield from list(kind)[: self.settings.most_of_a_kind]


def _boxes(detections: Iterable[Detection], labels: Collection[str], min_score: float) -> list[Box]:
    return [each.box for each in detections if each.label in labels and each.score >= min_score]


def _unit(box: Box, people: Sequence[Box]) -> float:
    """Return how high in px a person is, or would be, where this box is."""
    nearest = min(people, key=lambda person: (_gap(box, person), -_height(person)), default=None)
    return max(box[2] - box[0], _height(box)) if nearest is None else _height(nearest)


def _height(box: Box) -> float:
    return box[3] - box[1]


def _union(boxes: Iterable[Box]) -> Box:
    x1, y1, x2, y2 = zip(*boxes, strict=True)
    return (min(x1), min(y1), max(x2), max(y2))


def _gap(one: Box, other: Box) -> float:
    """Return the px between two boxes, 0 where they touch.

    >>> _gap((0, 0, 10, 10), (13, 14, 20, 20))
    5.0
    """
    across = max(0.0, other[0] - one[2], one[0] - other[2])
    down = max(0.0, other[1] - one[3], one[1] - other[3])
    return hypot(across, down)


def _inside(box: Box, other: Box) -> float:
    """Return which share of ``box`` lies inside ``other``; 0 for a box without area."""
    across = min(box[2], other[2]) - max(box[0], other[0])
    down = min(box[3], other[3]) - max(box[1], other[1])
    area = (box[2] - box[0]) * (box[3] - box[1])
    return max(0.0, across) * max(0.0, down) / area if area > 0 else 0.0
