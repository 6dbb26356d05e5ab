"""Whether a candidate may serve: what the city would no longer find."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from configs.matters import Catalogue


@dataclass(frozen=True, slots=True)
class Fit:
    """A candidate's labels against the matters of a city.

    Parameters
    ----------
    lost
        Matters that the serving model can find and the candidate cannot.
    missing
        Matters that neither can find.
    """

    lost: tuple[str, ...]
    missing: tuple[str, ...]


def fit(catalogue: Catalogue, *, candidate: Collection[str], serving: Collection[str]) -> Fit:
    """Return how a candidate's labels fit the matters, compared with those of the serving model."""
    lacking = [matter for matter in catalogue.matters if matter.labels and not set(matter.labels) & set(candidate)]
    lost = tuple(matter.key for matter in lacking if set(matter.labels) & set(serving))
    return Fit(lost, tuple(matter.key for matter in lacking if matter.key not in lost))
