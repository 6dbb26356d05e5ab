"""What datasets are made from: the stores, folders and rules of one installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.datafolder import DataFolder
from api.dataset.draft import Material
from api.dataset.shots import Ring, Rules
from api.demo.prepare import adapted
from api.wiring.evidence import open_evidence
from api.wiring.models import chosen
from api.wiring.store import open_cases
from configs.context import CONTEXT
from configs.feeds import FeedSettings
from configs.loading import Configuration
from detector.errors import ManifestError
from detector.manifest import Manifest


@contextmanager
def open_material(
    configuration: Configuration, folder: DataFolder, *, assume_model_right: bool = False
) -> Iterator[Material]:
    """Give what datasets of an installation are made from; a server may run beside.

    Raises
    ------
    api.errors.StoreError, api.errors.EvidenceUnfit, api.datafolder.DataFolderError
        When database or evidence store cannot be opened, or it cannot be read which model was promoted.
    """
    settings = adapted(configuration.settings, folder.path)
    store = open_cases(settings, folder)
    try:
        yield Material(
            store=store,
            evidence=open_evidence(settings.evidence, folder),
            log=folder.log,
            kept=folder.kept,
            rules=rules_of(configuration, folder, assume_model_right=assume_model_right),
        )
    finally:
        store.close()


def rules_of(configuration: Configuration, folder: DataFolder, *, assume_model_right: bool = False) -> Rules:
    """Return what holds for all pictures of an installation."""
    evidence = configuration.settings.evidence
    return Rules(
        catalogue=configuration.catalogue,
        classes=classes_of(configuration, folder),
        privacy={
            feed.id: [tuple(zone.polygon) for zone in feed.zones if zone.kind == "privacy"]
            for feed in configuration.feeds
        },
        blurred=frozenset(evidence.blur),
        blurred_from=evidence.blur_min_score,
        vehicles=frozenset(feed.id for feed in configuration.feeds if feed.kind == "vehicle"),
        assume_model_right=assume_model_right,
    )


def _privacy(feed: FeedSettings) -> list[Ring]:
    return [tuple(zone.polygon) for zone in feed.zones if zone.kind == "privacy"]


def classes_of(configuration: Configuration, folder: DataFolder) -> tuple[str, ...]:
    """Return the serving model's classes in its order, then those of catalogue and context that it does not know.

    Context classes, which no verdict is about, are named so that every picture can say it leaves them unlabelled.
    """
    name = chosen(configuration, folder).name
    labels: tuple[str, ...] = ()
    if not Path(name).suffix:
        try:
            entries = Manifest.load(configuration.manifest).entries
            labels = next((entry.labels for entry in entries if entry.name == name), ())
        except ManifestError:  # a scripted model has none; the catalogue's classes are enough
            labels = ()
    wanted = (label for matter in configuration.catalogue.matters for label in matter.labels)
    return tuple(dict.fromkeys([*labels, *wanted, *CONTEXT]))
