"""What a model with certain classes can do for a configuration, and what zones exempt, told in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from configs.context import context_of
from configs.feeds import FeedSettings, ZoneSettings
from configs.matters import Catalogue, Matter
from configs.settings import Settings
from configs.values import Window
from gridmap.vending import STALL, sees_vending

_NEEDED = "person and one of food, bag, table, umbrella"


def blind_spots(name: str, labels: Sequence[str], *, settings: Settings, catalogue: Catalogue) -> Iterator[str]:
    """Yield what the model called ``name`` cannot see or do, one sentence each, and how it sees vending."""
    by_rule = settings.vending.enabled and sees_vending(labels)
    for matter in catalogue.matters:
        vending = STALL in matter.labels
        if vending:
            yield _vending(name, labels, matter.key, enabled=settings.vending.enabled)
        if not set(matter.labels) & set(labels) and not (vending and by_rule):
            yield f"model {name} has no class that means {matter.key}: it will not be found"
    known = {context_of(label) for label in labels}
    missing = [label for label in settings.evidence.blur if label not in known]
    if missing:
        yield f"model {name} has no class {', '.join(missing)}: kept pictures show them as they are"
    obstacles = settings.obstacles.labels
    if obstacles and known.isdisjoint(obstacles):
        yield f"model {name} has no class {', '.join(obstacles)}: what they hide may be taken for gone"


def _vending(name: str, labels: Sequence[str], matter: str, *, enabled: bool) -> str:
    if not enabled:
        return f"{matter} is not looked for by the rule: vending.enabled is false"
    if not sees_vending(labels):
        return f"model {name} cannot see {matter} by the rule, which needs the classes {_NEEDED}"
    parts = "the rule and its class stall" if STALL in labels else "the rule alone"
    return f"model {name} sees {matter} by {parts}"


def least_scores(
    labels: Sequence[str], thresholds: Mapping[str, float], *, catalogue: Catalogue, feeds: Sequence[FeedSettings]
) -> Iterator[str]:
    """Yield from which score each matter counts and who says so: its rule, the model's ``thresholds``, or nobody."""
    for matter in catalogue.matters:
        told = [_least(matter, label, thresholds) for label in matter.labels if label in labels]
        if told:
            yield f"{matter.key} counts from {', '.join(told)}"
    asking = sum(zone.min_score is not None for feed in feeds for zone in feed.zones)
    if asking:
        yield f"{asking} zones ask for scores of their own"


def _least(matter: Matter, label: str, thresholds: Mapping[str, float]) -> str:
    score = matter.from_score(thresholds.get(label)).rule.min_score
    who = "its rule" if matter.states_score else "the model" if label in thresholds else "the default"
    return f"{label} {score:g} ({who})"


def exemptions(feed: FeedSettings) -> Iterator[str]:
    """Yield what each exclude zone of a feed leaves out, and when."""
    for zone in feed.zones:
        if zone.kind == "exclude":
            yield f"feed {feed.id}: zone {zone.name!r} {_exempts(zone)}"


def _exempts(zone: ZoneSettings) -> str:
    matters = ", ".join(zone.matters) or "all matters"
    if not zone.windows:
        return f"leaves out {matters} at all hours"
    return f"exempts {matters} {_hours(zone.windows)}; outside these hours they count"


def _hours(windows: Iterable[Window]) -> str:
    return " and ".join(
        f"{window.start:%H:%M}-{'24:00' if window.end.isoformat() == '00:00:00' else f'{window.end:%H:%M}'}"
        for window in windows
    )
