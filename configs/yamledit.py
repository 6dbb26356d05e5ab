"""Changes to a YAML file that leave everything else in it, comments and layout too, as it was written.

Values are put in at the places that libyaml tells; nothing is written anew that is not changed. That is also why ten
thousand changed feeds take a second: writing a whole file of them back through a round-trip library takes half a
minute.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from typing import Any

import yaml

from configs.yamlfile import Document

_PLAIN = re.compile(r"[A-Za-z\u4e00-\u9fff_/][\w\u4e00-\u9fff./@%+-]*(?: [\w\u4e00-\u9fff./@%+-]+)*")
"""Text that needs no quotes and can be mistaken for nothing else."""
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_URL = re.compile(r"[a-z]+://[\w.:/?&=%@~+-]*[\w/]")

_Path = Sequence[str | int]


def yaml_text(value: Any) -> str:
    """Return a value on one line: mappings and lists in flow style, text in quotes where it needs them.

    >>> yaml_text({"lon": 106.57, "datum": "wgs84", "name": "a: b", "id": "007"})
    '{lon: 106.57, datum: wgs84, name: "a: b", id: "007"}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {yaml_text(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(yaml_text, value)) + "]"
    if isinstance(value, str) and _is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    return bool(_URL.fullmatch(text) or (_PLAIN.fullmatch(text) and text.lower() not in _WORDS))


def item_text(value: Any, *, indent: int) -> str:
    r"""Return a value as an item of a block list; a mapping has one key a line.

    >>> item_text({"id": "cam-1", "url": "rtsp://192.0.2.1/1"}, indent=2)
    '  - id: cam-1\n    url: rtsp://192.0.2.1/1\n'
    """
    parts = [f"{key}: {yaml_text(part)}" for key, part in value.items()] if isinstance(value, Mapping) else None
    lines = parts or [yaml_text(value)]
    return "".join(f"{' ' * indent}{'  ' if number else '- '}{line}\n" for number, line in enumerate(lines))


class Edits:
    """Changes to one document, made all at once by ``text``. Paths are those of ``Document.spot``.

    Parameters
    ----------
    document
        As it was read.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._lines = document.text.splitlines(keepends=True)
        self._starts = [0, *accumulate(map(len, self._lines))]
        self._changes: list[tuple[int, int, str]] = []

    def replace(self, path: _Path, value: Any) -> None:
        """Put ``value`` where ``path`` is written."""
        node = self._document.node(path)
        at, text = self._at(node.start_mark), yaml_text(value)
        is_empty = self._end(node) == at  # `key:` with nothing behind it
        self._changes.append((at, self._end(node), f" {text}" if is_empty else text))

    def add(self, path: _Path, key: str, value: Any) -> None:
        """Give the mapping at ``path`` another key, after those it has."""
        node = self._document.node(path)
        text = f"{key}: {yaml_text(value)}"
        if node.flow_style:
            self._insert_in_flow(node, text)
        elif node.value:
            self._insert_after(node, " " * node.value[0][0].start_mark.column + text + "\n")
        else:
            self._append_text(text + "\n")

    def append(self, path: _Path, values: Sequence[Any]) -> None:
        """Add values to the list at ``path``, in the style it is written in."""
        node = self._document.node(path)
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.replace_list(path, values)
        elif node.flow_style:
            self._insert_in_flow(node, ", ".join(map(yaml_text, values)))
        else:
            dash = self._lines[node.value[0].start_mark.line].index("-")
            self._insert_after(node, "".join(item_text(value, indent=dash) for value in values))

    def is_on_one_line(self, path: _Path) -> bool:
        """Whether the list at ``path`` is written in brackets."""
        node = self._document.node(path)
        return bool(node.flow_style and node.value)

    def replace_list(self, path: _Path, values: Sequence[Any]) -> None:
        """Write the list at ``path`` anew, as a block."""
        node = self._document.node(path)
        items = "".join(item_text(value, indent=2) for value in values)
        at = self._at(node.start_mark)
        blanks = at - len(self._document.text[:at].rstrip(" "))
        self._changes.append((at - blanks, self._end(node), "\n" + items.rstrip("\n")))

    def remove_items(self, path: _Path, positions: Collection[int], *, leaves_none: bool) -> None:
        """Take items out of the block list at ``path``; comments around them stay."""
        node = self._document.node(path)
        for position in positions:
            item = node.value[position]
            start, end = self._starts[item.start_mark.line], self._starts[_last_line(item) + 1]
            self._changes.append((start, end, ""))
        if leaves_none:  # `feeds:` without items would be nothing instead of a list
            at = self._starts[node.value[0].start_mark.line]
            self._changes.append((at, at, "  []\n"))

    def text(self) -> str:
        """Return the file's text with the changes made."""
        before, pieces, done = self._document.text, list[str](), 0
        for start, end, put in sorted(self._changes, key=lambda change: change[:2]):
            pieces += (before[done:start], put)
            done = end
        return "".join((*pieces, before[done:]))

    def _at(self, mark: yaml.Mark) -> int:
        return self._starts[mark.line] + mark.column

    def _end(self, node: Any) -> int:
        """Return where the node's own text ends, without the blanks that libyaml may count to it."""
        start = self._at(node.start_mark)
        return start + len(self._document.text[start : self._at(node.end_mark)].rstrip())

    def _insert_in_flow(self, node: Any, text: str) -> None:
        at = self._end(node) - 1
        self._changes.append((at, at, f", {text}" if node.value else text))

    def _insert_after(self, node: Any, text: str) -> None:
        line = _last_line(node)
        at = self._starts[line + 1]
        is_open = not self._lines[line].endswith("\n")
        self._changes.append((at, at, "\n" + text.rstrip("\n") if is_open else text))

    def _append_text(self, text: str) -> None:
        at = self._starts[-1]
        is_open = bool(self._lines) and not self._lines[-1].endswith("\n")
        self._changes.append((at, at, "\n" + text if is_open else text))


def _last_line(node: Any) -> int:
    """Return the last line of a node's own text, from 0; a block's end mark lies behind the comments that follow."""
    while not isinstance(node, yaml.ScalarNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    end = node.end_mark
    return int(end.line - 1 if end.column == 0 and end.line > node.start_mark.line else end.line)
