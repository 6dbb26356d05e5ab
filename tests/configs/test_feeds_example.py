"""The shipped ``feeds.example.yaml`` shows every key of feeds, zones, calibration and track."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

import configs
from configs.feeds import FeedList
from configs.loading import load_configuration
from configs.yamlfile import read_yaml

FILE = Path(configs.__file__).with_name("feeds.example.yaml")


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models in an annotation, such as the one of ``tuple[ZoneSettings, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def keys_of(model: type[BaseModel]) -> list[tuple[str, ...]]:
    """Return the path of every key beneath a model, without positions in lists; a window is written as text."""
    keys: list[tuple[str, ...]] = []
    for name, field in model.model_fields.items():
        inner = [] if name == "windows" else models_in(field.annotation)
        keys += [(name,), *((name, *path) for part in inner for path in keys_of(part))]
    return keys


def places(value: Any, path: tuple[str, ...]) -> list[tuple[str | int, ...]]:
    """Return where ``path`` is written, through every item of the lists on the way."""
    if not path:
        return [()]
    if isinstance(value, list):
        return [(index, *rest) for index, part in enumerate(value) for rest in places(part, path)]
    if not isinstance(value, dict) or path[0] not in value:
        return []
    return [(path[0], *rest) for rest in places(value[path[0]], path[1:])]


@pytest.mark.parametrize("path", keys_of(FeedList)[1:], ids=".".join)
def test_every_key_is_there_and_explained(path):
    """Each key of the schema is written at least once, with a comment right above."""
    document = read_yaml(FILE)
    lines = FILE.read_text(encoding="utf-8").splitlines()

    spots = [document.spot(place).line or 0 for place in places(document.value, path)]

    assert any(lines[line - 2].lstrip().startswith("#") for line in spots), f"{'.'.join(path)} at {spots}"


def test_it_loads_without_mistakes(tmp_path):
    """It can be copied as it is."""
    (tmp_path / "gridpatrol.yaml").write_text(f"feeds: ['{FILE}']\n")

    assert [feed.id for feed in load_configuration(tmp_path, environ={}).feeds] == ["cam-001", "car-001"]
