"""Load: whether the city asks for more visits than can be made, and whose intervals are then stretched.

What is asked for is known: each feed's rate is one over its interval. What can be made is measured while visits
queue. When the first exceeds the second, intervals are stretched until they fit: first those of low weight, up to
four times; the highest weight keeps its interval as long as that is enough; then everyone's alike. A stretch is given
back a little at a time, so that nothing comes back as a burst; at once when more was made than is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_SPAN_S = 10.0
"""So long is measured at a time."""
_FULL = 0.97
"""Intervals are stretched until the visits asked for are this share of what can be made; the rest is air."""
_LOW_WEIGHTS_LIMIT = 4.0
"""Low weights are stretched this much before the highest is stretched at all."""
_GIVEN_BACK = 0.03
"""Share of a stretch that is given back at most after each span, or what comes back would come as a burst."""
_EXCESS = 0.15
"""The same of what stretches everyone: when a process was added, nobody should idle for a quarter of an hour."""
_LEAST = 0.003
_STEPS = 40


@dataclass(frozen=True, slots=True)
class Stretch:
    """By how much intervals are stretched.

    Parameters
    ----------
    asked_per_s, made_per_s
        Visits that the intervals ask for, and that were made while they queued.
    by_weight
        Factor on the interval, 1 or more, by weight.
    """

    asked_per_s: float = 0.0
    made_per_s: float = 0.0
    by_weight: Mapping[float, float] = field(default_factory=dict)

    @property
    def most(self) -> float:
        """The largest factor; 1 when nobody's interval is stretched."""
        return max(self.by_weight.values(), default=1.0)

    @property
    def sentence(self) -> str | None:
        """What is to be told of it, with the way out; None when nothing is stretched."""
        if self.most <= 1.0:
            return None
        factors = ", ".join(
            f"×{factor:.2f} at weight {weight:g}" for weight, factor in sorted(self.by_weight.items())
        )
        return (
            f"more visits are asked for ({self.asked_per_s:.1f}/s) than can be made ({self.made_per_s:.1f}/s): "
            f"intervals are stretched {factors}; lengthen intervals, raise patrol.workers or add a patrol process"
        )


class Load:
    """Measures, and says how far each weight's intervals are stretched. Not for several threads at once."""

    def __init__(self, at_s: float) -> None:
        self._asked: dict[float, tuple[float, int]] = {}
        """Visits per second and number of feeds, by weight."""
        self._since_s = at_s
        self._made = 0
        self._idle = False
        self._queued_spans = 0
        self._made_per_s = 0.0
        self._level = 0.0
        """0 is no stretch; up to 1 it stretches low weights, beyond that everyone."""
        self._factors: dict[float, float] = {}

    @property
    def stretch(self) -> Stretch:
        """The stretch in force."""
        asked = sum(rate for rate, _ in self._asked.values())
        return Stretch(asked, self._made_per_s, {weight: self.factor(weight) for weight in self._asked})

    def factor(self, weight: float) -> float:
        """Return what a weight's intervals are multiplied by, 1 or more."""
        if self._level <= 0:
            return 1.0
        if weight not in self._factors:
            self._factors[weight] = self._factor(weight, self._level)
        return self._factors[weight]

    def slack(self, weight: float) -> float:
        """Return a weight's place below the highest one, 0 (highest) to 1 (lowest)."""
        highest, lowest = max(self._asked, default=weight), min(self._asked, default=weight)
        return (highest - weight) / (highest - lowest) if highest > lowest else 0.0

    def ask(self, weight: float, interval_s: float) -> None:
        """Count in a feed."""
        self._count(weight, 1 / interval_s, 1)

    def unask(self, weight: float, interval_s: float) -> None:
        """Count a feed out again."""
        self._count(weight, -1 / interval_s, -1)

    def _count(self, weight: float, rate: float, feeds: int) -> None:
        held, count = self._asked.get(weight, (0.0, 0))
        if count + feeds <= 0:
            self._asked.pop(weight, None)
        else:
            self._asked[weight] = (held + rate, count + feeds)
        self._factors.clear()

    def took(self, at_s: float, *, visits: int, idle: bool) -> bool:
        """Note visits of the rotation that were begun, and whether somebody could have begun more.

        Returns
        -------
        Whether it was just seen that all that is asked for can be made: no interval is stretched any more.
        """
        self._made += visits
        self._idle = self._idle or idle
        if at_s - self._since_s < _SPAN_S:
            return False
        stretched = self._level > 0
        self._judge(self._made / (at_s - self._since_s))
        self._since_s, self._made, self._idle = at_s, 0, False
        return stretched and self._level == 0

    def _judge(self, made_per_s: float) -> None:
        self._queued_spans = 0 if self._idle else self._queued_spans + 1
        eased = max(0.0, self._level - max(self._level * _GIVEN_BACK, (self._level - 1) * _EXCESS, _LEAST))
        if self._idle:
            self._level = eased
        elif self._queued_spans > 1 and made_per_s:
            # The first queued span may have begun idle; from the second on it is what can be made.
            self._made_per_s = made_per_s
            needed = self._level_for(made_per_s * _FULL)
            self._level = max(eased, needed) if needed else 0.0
        self._factors.clear()

    def _level_for(self, room_per_s: float) -> float:
        """Return the least level at which what is asked for fits."""
        if self._asked_at(0.0) <= room_per_s:
            return 0.0
        low, high = 0.0, 1.0 + sum(rate for rate, _ in self._asked.values()) / room_per_s
        for _ in range(_STEPS):
            middle = (low + high) / 2
            low, high = (low, middle) if self._asked_at(middle) <= room_per_s else (middle, high)
        return high

    def _asked_at(self, level: float) -> float:
        return sum(rate / self._factor(weight, level) for weight, (rate, _) in self._asked.items())

    def _factor(self, weight: float, level: float) -> float:
        several = len(self._asked) > 1
        low = 1 + (_LOW_WEIGHTS_LIMIT - 1) * min(level, 1.0) * self.slack(weight) if several else 1 + min(level, 1.0)
        return low * max(level, 1.0)
