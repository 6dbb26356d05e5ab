"""A YAML file as plain values that still know their lines.

libyaml parses. Scalars follow YAML 1.2, so ``22:00`` and ``yes`` stay text, and digits with a leading zero (codes) do
too. Lines are looked up by parsing once more, which only a mistake asks for.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from configs.mistakes import ConfigError, Mistake, Spot, dotted
from configs.yamlsyntax import syntax_mistake
from configs.yamlvalues import Builder, Value

__all__ = ["Document", "parse_yaml", "read_yaml"]

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DEEPEST = 50


class Document:
    """One read YAML file: its value, and where each part of it is written.

    Parameters
    ----------
    file
        Where it was read from.
    text
        What it holds.
    """

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self._text = text
        self.value: dict[str, Value] = {}

    def spot(self, path: Sequence[str | int]) -> Spot:
        """Return where ``path`` is written: its own line, or that of the nearest part around it that is there."""
        node, line = self._root, 1
        for slot in path:
            found = _child(node, slot)
            if found is None:
                break
            line, node = found
        return Spot(self.file, line, dotted(path))

    @property
    def text(self) -> str:
        """What the file holds."""
        return self._text

    def node(self, path: Sequence[str | int]) -> Any:
        """Return the ``yaml.Node`` that libyaml made of ``path``, for changes to the text.

        Raises
        ------
        KeyError
            Nothing is written there.
        """
        node: Any = self._root
        for slot in path:
            found = _child(node, slot)
            if found is None:
                raise KeyError(dotted(path))
            node = found[1]
        return node

    @cached_property
    def _root(self) -> yaml.Node | None:
        return _compose(self._text)


def read_yaml(file: Path) -> Document:
    """Return the mapping in a YAML file.

    Raises
    ------
    ConfigError
        The file is missing, unreadable, empty, no UTF-8, no YAML, no mapping, or has a key twice.
    """
    return parse_yaml(file, _read_text(file))


def parse_yaml(file: Path, text: str) -> Document:
    """Return the mapping in ``text``, which is, or is about to be, what ``file`` holds.

    Raises
    ------
    ConfigError
        The text is empty, no YAML, no mapping, or has a key twice.
    """
    document = Document(file, text)
    with _collector_paused():
        document.value = _mapping(file, _parsed(file, text))
    return document


def _read_text(file: Path) -> str:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise _refused(file, "there is no such file", "create it or mend the path") from None
    except IsADirectoryError:
        raise _refused(file, "this is a folder", "name a file") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise _refused(file, "the text is not UTF-8", "save the file as UTF-8", line=line) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not usable"
        raise _refused(file, f"the file cannot be read: {reason}", "mend the path or its permissions") from None
    strange = _UNPRINTABLE.search(text)
    if strange:
        wrong = f"the file holds the control character U+{ord(strange[0]):04X}"
        raise _refused(file, wrong, "remove it", line=text[: strange.start()].count("\n") + 1)
    return text


def _parsed(file: Path, text: str) -> yaml.Node:
    try:
        root = _compose(text)
    except yaml.MarkedYAMLError as error:
        raise ConfigError([syntax_mistake(file, text, error)]) from None
    if root is None:
        raise _refused(file, "the file is empty", "write key: value lines, or remove the file")
    return root


def _mapping(file: Path, root: yaml.Node) -> dict[str, Value]:
    builder = Builder(file)
    value = builder.build(root)
    if builder.mistakes:
        raise ConfigError(builder.mistakes)
    if not isinstance(value, dict):
        line = root.start_mark.line + 1
        raise _refused(file, "the top level is not a mapping", "write key: value lines", line=line)
    return value


class _Loader(yaml.CBaseLoader):
    """Counts the depth: libyaml's binding composes nested nodes on the C stack and would overrun it."""

    _depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, _index: object) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            mark = current_node.start_mark if current_node else None
            raise yaml.MarkedYAMLError(problem="too deep", problem_mark=mark)

    def ascend_resolver(self) -> None:
        self._depth -= 1


def _compose(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        with _collector_paused():
            node: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return node


def _child(node: yaml.Node | None, slot: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(slot, int) and slot < len(node.value):
        item = node.value[slot]
        return item.start_mark.line + 1, item
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == slot:
                return key.start_mark.line + 1, value
    return None


def _refused(file: Path, wrong: str, right: str, *, line: int | None = None) -> ConfigError:
    return ConfigError([Mistake(file, line, "", wrong, right)])


@contextmanager
def _collector_paused() -> Iterator[None]:
    # A parse makes a million objects and no garbage; walking them again and again takes four times the parse itself.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
