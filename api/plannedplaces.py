"""Plans that would visit nobody: streets and cells that the grid does not have, ground on which no feed stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from configs.loading import Configuration
from configs.mistakes import Mistake, nearest
from configs.plans import CHOICES
from gridmap.cell import Cell
from streams.plan import Timetable

_BY_GROUND = {"streets", "cells", "area"}


def unknown_places(configuration: Configuration, cells: Sequence[Cell]) -> Iterator[Mistake]:
    """Yield a mistake for each such street and cell; without a grid, for each plan that names any."""
    known = {"streets": {cell.street for cell in cells if cell.street}, "cells": {cell.id for cell in cells}}
    for file, listed in enumerate(configuration.plans):
        for index, plan in enumerate(listed.plans):
            yield from _unknown(configuration, (file, index), "streets", plan.streets, known["streets"])
            yield from _unknown(configuration, (file, index), "cells", plan.cells, known["cells"])


def _unknown(
    configuration: Configuration, plan: tuple[int, int], key: str, names: Sequence[str], known: Collection[str]
) -> Iterator[Mistake]:
    file, index = plan
    document = configuration.where.plans[file]
    if names and configuration.settings.grid is None:
        spot = document.spot(("plans", index, key))
        yield spot.mistake(f"there is no grid to find {key} in", "name its file under grid in gridpatrol.yaml")
        return
    for position, name in enumerate(names):
        if name not in known:
            like = nearest(name, known)
            right = f"did you mean {like!r}?" if like else f"write it as the grid does, or take it out of {key}"
            spot = document.spot(("plans", index, key, position))
            yield spot.mistake(f"the grid has no {key.removesuffix('s')} {name!r}", right)


def plans_without_feeds(configuration: Configuration, timetable: Timetable) -> Iterator[Mistake]:
    """Yield a mistake for each plan that chooses none of the feeds that are switched on."""
    chosen = {plan.id: plan.feeds for plan in timetable.plans}
    for document, listed in zip(configuration.where.plans, configuration.plans, strict=True):
        for index, plan in enumerate(listed.plans):
            if chosen[plan.id]:
                continue
            keys = [key for key in CHOICES if getattr(plan, key)]
            spot = document.spot(("plans", index, keys[0]))
            yield spot.mistake(
                f"no feed that is switched on is in plan {plan.id} by its {' or '.join(keys)}", _way_out(keys)
            )


def _way_out(keys: Sequence[str]) -> str:
    if _BY_GROUND.isdisjoint(keys):
        return "switch one of them on, or take the plan out"
    return "mend the plan's ground or its datum, or write place: at the feeds that stand there"
