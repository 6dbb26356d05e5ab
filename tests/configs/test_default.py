"""The shipped ``default.yaml`` shows every key, its default and what it means."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

import configs
from configs.settings import GridSettings, Settings
from configs.yamlfile import read_yaml

FILE = Path(configs.__file__).with_name("default.yaml")


def keys_of(model: BaseModel, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the path of every key of a model, sections included."""
    keys: list[tuple[str, ...]] = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        keys += [(*above, name), *(keys_of(value, (*above, name)) if isinstance(value, BaseModel) else ())]
    return keys


def test_it_equals_the_built_in_defaults():
    """Read as a configuration it changes nothing."""
    assert Settings.model_validate(read_yaml(FILE).value) == Settings()


def test_it_has_every_key():
    """No key is left out, so that people find them all in one place."""
    written = read_yaml(FILE).value

    for path in keys_of(Settings()):
        section = written
        for key in path[:-1]:
            section = section[key]
        assert path[-1] in section, ".".join(path)


@pytest.mark.parametrize("path", keys_of(Settings()), ids=".".join)
def test_every_key_is_explained(path):
    """A comment stands right above each key."""
    line = read_yaml(FILE).spot(path).line

    assert FILE.read_text(encoding="utf-8").splitlines()[line - 2].lstrip().startswith("#")


@pytest.mark.parametrize("key", list(GridSettings.model_fields))
def test_the_grid_s_keys_are_shown_in_its_comment(key):
    """There is no grid by default, so its keys are shown as a comment."""
    assert f"#     {key}: " in FILE.read_text(encoding="utf-8")
