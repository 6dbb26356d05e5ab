"""A city's own manifest for tests: the shipped weights, and the same files under other names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

_SHIPPED = Path(__file__).parents[2] / "models" / "manifest.yaml"
STARTER = "gridpatrol-starter"


def write_manifest(folder: Path, **others: Sequence[str]) -> Path:
    """Write ``models/manifest.yaml`` with the starter and copies of it; no labels mean the starter's own."""
    yaml = YAML(typ="safe")
    starter = next(each for each in yaml.load(_SHIPPED)["weights"] if each["name"] == STARTER)
    files = [each | {"path": str(_SHIPPED.parent / each["path"])} for each in starter["files"]]
    entry = starter | {"files": files}
    copies = [entry | {"name": name, "labels": list(labels or entry["labels"])} for name, labels in others.items()]
    path = folder / "models" / "manifest.yaml"
    path.parent.mkdir(parents=True)
    yaml.dump({"version": 1, "weights": [entry, *copies]}, path)
    return path
