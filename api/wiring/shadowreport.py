"""The shadow report of an installation: its log, its manifest and its case store brought together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from api.datafolder import DataFolder
from api.errors import StoreError
from api.shadowreport import ShadowReport
from api.shadowverdicts import Judge, Judged, Standing, read_judged
from api.wiring.store import open_cases
from configs.loading import Configuration
from detector.errors import ManifestError
from detector.manifest import Manifest
from detector.shadow import ShadowLook
from detector.shadowlog import Pair, read_looks, read_pairs
from detector.shadowreport import Floor, compare


def shadow_report(
    configuration: Configuration, folder: DataFolder, *, since: datetime, candidate: str | None = None
) -> ShadowReport | None:
    """Return the report of the last pair of models that were compared, or None when none were.

    Parameters
    ----------
    since
        Aware; earlier looks do not count.
    candidate
        Only pairs with the candidate of this name.

    Raises
    ------
    OSError
        When a part of the log cannot be read.
    """
    log = folder.path / "log"
    pairs = {pair: last for pair, last in read_pairs(log, since).items() if candidate in {None, name_of(pair[1])}}
    if not pairs:
        return None
    pair = max(pairs, key=lambda each: pairs[each])
    floors = _floors(configuration, pair)
    compared = compare(_looks_of(folder, since, pair), serving=floors[0], shadow=floors[1])
    standing, notes = _standing(configuration, folder, since, pair)
    others = [f"{serving} beside {shadow}" for serving, shadow in sorted(pairs) if (serving, shadow) != pair]
    if others:
        notes.append(f"not counted, as other weights looked then: {', '.join(others)}")
    return ShadowReport(*pair, since, pairs[pair], compared, standing, tuple(notes))


def name_of(model_id: str) -> str:
    """Return the name in a model's id.

    >>> name_of("gridpatrol-starter@1a2b3c4d")
    'gridpatrol-starter'
    """
    return model_id.rpartition("@")[0] or model_id


def _looks_of(folder: DataFolder, since: datetime, pair: Pair) -> Iterator[ShadowLook]:
    return (look for look in read_looks(folder.path / "log", since) if (look.serving_id, look.shadow_id) == pair)


def _floors(configuration: Configuration, pair: Pair) -> tuple[Floor, Floor]:
    return _floor(configuration, pair[0]), _floor(configuration, pair[1])


def _floor(configuration: Configuration, model_id: str) -> Floor:
    """Return from which score a label counts when this model serves: its own threshold unless the rule states one."""
    shipped = _shipped(configuration, name_of(model_id))

    def floor(label: str) -> float | None:
        matter = configuration.catalogue.of_label(label)
        return matter.from_score(shipped.get(label)).rule.min_score if matter else None

    return floor


def _shipped(configuration: Configuration, name: str) -> dict[str, float]:
    try:
        entry = Manifest.load(configuration.manifest).entry(name)
    except ManifestError:
        return {}
    return dict(getattr(entry, "thresholds", None) or {})


def _standing(
    configuration: Configuration, folder: DataFolder, since: datetime, pair: Pair
) -> tuple[Standing, list[str]]:
    """Return how the candidate stands against verdicts, and why there are none if they cannot be read."""
    try:
        judged = _judged(configuration, folder, since)
    except StoreError as error:
        return Standing(), [f"verdicts are left out: {error}"]
    catalogue = configuration.catalogue
    serving, shadow = _floors(configuration, pair)
    judge = Judge(
        serving=serving,
        shadow=shadow,
        matter_of=lambda label: matter.key if (matter := catalogue.of_label(label)) else None,
        vehicles=frozenset(feed.id for feed in configuration.feeds if feed.kind == "vehicle"),
    )
    feeds = {each.incident.feed_id for each in judged}
    return judge.stand(judged, (look for look in _looks_of(folder, since, pair) if look.feed_id in feeds)), []


def _judged(configuration: Configuration, folder: DataFolder, since: datetime) -> list[Judged]:
    if configuration.settings.database is None and not folder.cases.exists():
        return []
    store = open_cases(configuration.settings, folder)
    try:
        return list(read_judged(store, since))
    finally:
        store.close()
