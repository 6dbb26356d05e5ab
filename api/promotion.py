"""Whether a candidate may serve: what the city would lose."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from configs.context import context_of
from configs.loading import Configuration
from gridmap.vending import STALL, sees_vending


@dataclass(frozen=True, slots=True)
class Fit:
    """A candidate's labels against what a city wants of a model.

    Parameters
    ----------
    lost
        What the serving model can do and the candidate cannot.
    missing
        What neither can do.
    """

    lost: tuple[str, ...]
    missing: tuple[str, ...]


def fit(configuration: Configuration, *, candidate: Collection[str], serving: Collection[str]) -> Fit:
    """Return how a candidate's labels fit: matters it can find, and what it can make unreadable in pictures."""
    can, could = set(_abilities(configuration, candidate)), set(_abilities(configuration, serving))
    matters = [matter.key for matter in configuration.catalogue.matters if matter.labels]
    wanted = [*matters, *_unreadable(configuration).values()]
    lacking = [ability for ability in wanted if ability not in can]
    return Fit(
        lost=tuple(ability for ability in lacking if ability in could),
        missing=tuple(ability for ability in lacking if ability not in could),
    )


def _abilities(configuration: Configuration, labels: Collection[str]) -> Iterator[str]:
    by_rule = configuration.settings.vending.enabled and sees_vending(labels)
    for matter in configuration.catalogue.matters:
        if set(matter.labels) & set(labels) or (by_rule and STALL in matter.labels):
            yield matter.key
    known = {context_of(label) for label in labels}
    for label, ability in _unreadable(configuration).items():
        if label in known:
            yield ability


def _unreadable(configuration: Configuration) -> dict[str, str]:
    return {label: f"making {label} unreadable in kept pictures" for label in configuration.settings.evidence.blur}
