"""What shadow looks come to: how often serving model and candidate agree, and where they do not.

Pure arithmetic over looks; which scores count is said by the caller, one floor per label. Zones are not applied: they
leave out the same places for both models.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from detector.detection import Detection, overlap
from detector.shadow import ShadowLook

AGREE_IOU = 0.5
"""Findings of one label that overlap this much are one finding of both models."""
ENOUGH = 385
"""So many findings tell a share to 5 points, 95 times in 100: 1.96² · 0.5 · 0.5 / 0.05²."""

Floor = Callable[[str], float | None]
"""The score from which findings of a label count, or None when the label means nothing to the city."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Findings by who found them."""

    both: int = 0
    only_serving: int = 0
    only_shadow: int = 0

    @property
    def all(self) -> int:
        """Things that either model found."""
        return self.both + self.only_serving + self.only_shadow

    @property
    def differing(self) -> int:
        """Things that one of them found alone."""
        return self.only_serving + self.only_shadow

    @property
    def agreement(self) -> float | None:
        """Share of the things that both found, or None without any."""
        return self.both / self.all if self.all else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models over the pictures both saw.

    Parameters
    ----------
    looks, feeds
        How many pictures, of how many feeds.
    total, by_label, by_feed
        Findings; feeds that differ most first.
    serving_ms, shadow_ms
        CPU per look in ms, median, measured on equal terms (see ``ShadowLook``); None when never measured.
    """

    looks: int
    feeds: int
    total: Tally
    by_label: dict[str, Tally]
    by_feed: dict[str, Tally]
    serving_ms: float | None
    shadow_ms: float | None

    @property
    def enough(self) -> bool:
        """Whether shares can be told to 5 points."""
        return self.total.all >= ENOUGH

    @property
    def margin(self) -> float:
        """How far off a share may be, 95 times in 100, were all findings different things; 1 without any."""
        return min(1.0, 0.98 / math.sqrt(self.total.all)) if self.total.all else 1.0


def compare(looks: Iterable[ShadowLook], *, serving: Floor, shadow: Floor) -> Comparison:
    """Compare the two models of ``looks`` at their own floors."""
    pictures: Counter[str] = Counter()
    labels: Counter[tuple[str, str]] = Counter()
    feeds: Counter[tuple[str, str]] = Counter()
    cost: defaultdict[str, list[float]] = defaultdict(list)
    for look in looks:
        pictures[look.feed_id] += 1
        for model, ms in (("serving", look.serving_ms), ("shadow", look.shadow_ms)):
            cost[model] += [] if ms is None else [ms]
        for label, who in _who_found(counting(look.serving, serving), counting(look.shadow, shadow)):
            labels[label, who] += 1
            feeds[look.feed_id, who] += 1
    by_feed = _tallies(feeds)
    return Comparison(
        looks=pictures.total(),
        feeds=len(pictures),
        total=_sum(labels),
        by_label=_tallies(labels),
        by_feed=dict(sorted(by_feed.items(), key=lambda item: (-item[1].differing, item[0]))),
        serving_ms=median(cost["serving"]) if cost["serving"] else None,
        shadow_ms=median(cost["shadow"]) if cost["shadow"] else None,
    )


def counting(found: Iterable[Detection], floor: Floor) -> list[Detection]:
    """Return the detections that reach the floor of their label, surest first."""
    kept = [each for each in found if (least := floor(each.label)) is not None and each.score >= least]
    return sorted(kept, key=lambda each: -each.score)


def _who_found(serving: list[Detection], shadow: list[Detection]) -> Iterable[tuple[str, str]]:
    """Yield label and finder of each thing: pairs by overlap, the serving model's surest finding choosing first."""
    left = list(shadow)
    for detection in serving:
        partner = _partner(detection, left)
        if partner is None:
            yield detection.label, "only_serving"
        else:
            left.remove(partner)
            yield detection.label, "both"
    for detection in left:
        yield detection.label, "only_shadow"


def _partner(detection: Detection, others: list[Detection]) -> Detection | None:
    alike = [other for other in others if other.label == detection.label]
    best = max(alike, key=lambda other: overlap(detection.box, other.box), default=None)
    return best if best is not None and overlap(detection.box, best.box) >= AGREE_IOU else None


def _sum(counts: Counter[tuple[str, str]]) -> Tally:
    finders: Counter[str] = Counter()
    for (_, who), count in counts.items():
        finders[who] += count
    return Tally(**finders)


def _tallies(counts: Counter[tuple[str, str]]) -> dict[str, Tally]:
    finders: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (key, who), count in counts.items():
        finders[key][who] += count
    return {key: Tally(**found) for key, found in sorted(finders.items())}
