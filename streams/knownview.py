"""What a feed's view looks like, as far as it was seen, and whether a look still shows it.

A view is known by a few looks (day, dusk, night, snow …): the first one, and later ones that were recognised but
half, twice in a row alike, so that a bus that passes is not taken for the street. The longest unseen look gives way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from streams.fingerprint import Fingerprint, Grey, Likeness
from streams.visit import Outcome
from streams.warp import best_warp

Verdict = tuple[Outcome, str]
SAME: Verdict = (Outcome.OK, "")

_MOST_LOOKS = 5
_SETTLED = 3
"""So many looks in a row of one view, and it is known. Until then nothing is said of it."""
_PLAIN_LIKE = 0.6
"""Agreeing more than this with a known look, a look teaches nothing new."""
_CLEARLY = 0.3
"""Agreeing less than this, a look teaches nothing and ends no turn."""
_BETTER, _GOOD = 0.22, 0.4
"""A view has moved when another place or zoom agrees so much better than its own, and so much at all."""


@dataclass(slots=True)
class KnownView:
    """One feed's view. Not for several threads at once.

    Parameters
    ----------
    looks
        What the view is known by, the last recognised one first.
    agreeing
        Looks in a row that were of this view, until it is settled.
    half_known
        The last look that was recognised but half.
    """

    looks: list[Fingerprint] = field(default_factory=list)
    agreeing: int = 0
    half_known: Fingerprint | None = None

    @property
    def settled(self) -> bool:
        """Whether the view is known well enough to miss it."""
        return self.agreeing >= _SETTLED

    def learn(self, look: Fingerprint, *, unlike_below: float) -> None:
        """Take in a look while the view is not settled: one that is not of it begins anew."""
        likeness = self._nearest(look)[1] if self.looks else None
        if likeness is None or likeness.here < unlike_below or _moved(likeness):
            self.looks, self.agreeing = [look], 1
        else:
            self.agreeing += 1

    def verdict(self, look: Fingerprint, grey: Grey, *, unlike_below: float, blurred_below: float) -> Verdict:
        """Say whether a look shows the settled view, and remember what it teaches."""
        known, likeness = self._nearest(look)
        verdict = _position(known, likeness, grey, unlike_below) or _focus(known, look, blurred_below)
        if verdict is None:
            self._recognised(known, likeness, look)
        return verdict or SAME

    def clearly(self, look: Fingerprint) -> bool:
        """Return whether a look that shows the view does so beyond doubt."""
        return self._nearest(look)[1].here >= _CLEARLY

    def _nearest(self, look: Fingerprint) -> tuple[Fingerprint, Likeness]:
        """Return the known look that agrees most, or the first that agrees plainly."""
        compared: list[tuple[Fingerprint, Likeness]] = []
        for known in self.looks:
            compared.append((known, known.likeness(look)))
            if compared[-1][1].here >= _PLAIN_LIKE:
                break
        return max(compared, key=lambda one: one[1].here)

    def _recognised(self, known: Fingerprint, likeness: Likeness, look: Fingerprint) -> None:
        self.looks.remove(known)
        self.looks.insert(0, known)
        if likeness.here >= _PLAIN_LIKE or likeness.here < _CLEARLY:
            self.half_known = None
            return
        if self.half_known is not None and self.half_known.likeness(look).here >= _PLAIN_LIKE:
            self.looks = [look, *self.looks][:_MOST_LOOKS]
            self.half_known = None
        else:
            self.half_known = look

    def record(self) -> dict[str, Any]:
        """Return plain values, fit for JSON; ``of_record`` is the way back."""
        half = self.half_known.text if self.half_known else None
        return {"looks": [look.text for look in self.looks], "agreeing": self.agreeing, "half": half}

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> KnownView:
        """Return what ``record`` wrote.

        Raises
        ------
        ValueError, KeyError
            When it is none, or of another version.
        """
        looks = [Fingerprint.of_text(text) for text in record["looks"]]
        half = Fingerprint.of_text(record["half"]) if record["half"] else None
        return cls(looks, int(record["agreeing"]) if looks else 0, half)


def _moved(likeness: Likeness) -> bool:
    return likeness.shifted >= _GOOD and likeness.shifted - likeness.here >= _BETTER


def _position(known: Fingerprint, likeness: Likeness, grey: Grey, unlike_below: float) -> Verdict | None:
    """Return what is wrong with where the camera looks, or None."""
    if likeness.here >= _PLAIN_LIKE and not _moved(likeness):
        return None
    if _moved(likeness):
        return Outcome.TURNED, f"the view has moved {' and '.join(_ways(likeness))}"
    score, warp = best_warp(known.field, grey)
    if score >= _GOOD and score - likeness.here >= _BETTER:
        return Outcome.TURNED, f"the view {warp.words}"
    if likeness.here < unlike_below:
        agreement = max(0.0, likeness.here)
        return Outcome.TURNED, f"the known view is not recognised: {agreement:.0%} agree, under {unlike_below:.0%}"
    return None


def _ways(likeness: Likeness) -> Iterator[str]:
    # Things that moved right are seen by a camera that was turned left.
    for share, ways in ((likeness.across, ("left", "right")), (likeness.down, ("up", "down"))):
        if abs(share) > 0.04:
            yield f"{abs(share):.0%} {ways[share < 0]}"


def _focus(known: Fingerprint, look: Fingerprint, blurred_below: float) -> Verdict | None:
    share = look.sharpness / max(known.sharpness, 1e-6)
    if share >= blurred_below:
        return None
    return Outcome.BLURRED, f"out of focus: {share:.0%} of the usual sharpness, under {blurred_below:.0%}"
