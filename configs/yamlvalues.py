"""YAML nodes to plain values: text, whole numbers, numbers, true and false, empty, lists, mappings with text keys."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from configs.mistakes import Mistake

Value = Any
"""``None | bool | int | float | str | list[Value] | dict[str, Value]``."""

_MOST_VALUES = 5_000_000
_DEEPEST = 50

_EMPTY = {"", "~", "null", "Null", "NULL"}
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# Leading zeros stay text: a code such as 0102 must not become 102.
_WHOLE = re.compile(r"[-+]?(0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d{1,3})?")
_LIMITS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}


class Builder:
    """Builds one file's values and collects what it cannot take."""

    def __init__(self, file: Path) -> None:
        self.mistakes: list[Mistake] = []
        self._file = file
        self._left = _MOST_VALUES
        self._stopped = False

    def build(self, node: yaml.Node, depth: int = 0) -> Value:
        """Return the value of ``node``; parts that cannot be taken are None and in ``mistakes``."""
        self._left -= 1
        if self._stopped or depth > _DEEPEST or self._left < 0:
            return self._stop(node)
        if node.tag not in _PLAIN_TAGS:
            self._refuse(node, "tags (!name) are not used here", "put text that starts with ! in quotes")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, depth + 1) for item in node.value]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Value]:
        built: dict[str, Value] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(key, "a key is not text", "write key: value")
                continue
            if key.value in lines:
                self._refuse(
                    key, f"{shown_key(key.value)} is here twice, first in line {lines[key.value]}", "remove one"
                )
            if key.value == "<<":
                self._refuse(key, "merge keys (<<) are not read", "repeat the keys, or use * for a whole value")
            lines[key.value] = key.start_mark.line + 1
            built[key.value] = self.build(value, depth + 1)
        return built

    def _stop(self, node: yaml.Node) -> None:
        # Anchors that hold themselves or each other unfold without end: stop here, and tell it once.
        if not self._stopped:
            self._refuse(node, "this unfolds too deep or too wide", "use fewer anchors (&) and aliases (*)")
        self._stopped = True

    def _refuse(self, node: yaml.Node, wrong: str, right: str) -> None:
        self.mistakes.append(Mistake(self._file, node.start_mark.line + 1, "", wrong, right))


def shown_key(key: str) -> str:
    """Return a key as messages quote it: one that may be a misplaced URL or is very long is not quoted."""
    return "a key" if "://" in key or "@" in key or len(key) > 60 else f"key {key!r}"


def _scalar(node: yaml.Node) -> Value:
    quoted = isinstance(node, yaml.ScalarNode) and node.style
    return node.value if quoted else _plain(node.value)


def _plain(text: str) -> Value:
    if text in _EMPTY:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _LIMITS.fullmatch(text):
        return float(text.replace(".", ""))
    leading_zeros = text.lstrip("+-").startswith("0") and text.lstrip("+-").isdigit()
    return text if leading_zeros or not _NUMBER.fullmatch(text) else float(text)
