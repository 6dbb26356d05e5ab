"""What a YAML parser stumbles over, told at the place to mend and in words that help.

The parser's own text may quote the file, passwords included; these sentences never do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from configs.mistakes import Mistake

Sentence = tuple[str, str]
"""What is wrong, and what would be right."""

_TOO_DEEP = ("brackets or indentation nest too deep", "remove the extra levels")
_NO_COLON = "could not find expected ':'"

# libyaml's words, and ours.
_SENTENCES = {
    "found undefined alias": ("* names an anchor that is not there", "put text that starts with * in quotes"),
    "mapping values are not allowed in this context": (
        "a colon stands where none can be",
        "give keys of one mapping the same indentation and put text with ': ' in quotes",
    ),
    "found character that cannot start any token": (
        "a value cannot start with this character",
        "put text that starts with % @ or ` in quotes, and indent with spaces",
    ),
    "found unexpected end of stream": ("a quote is opened and never closed", "close the quote"),
    "did not find expected ',' or ']'": ("a list in [ ] is not closed or lacks a comma", "close it with ]"),
    "did not find expected ',' or '}'": ("a mapping in { } is not closed or lacks a comma", "close it with }"),
    "did not find expected '-' indicator": (
        "a list breaks off here",
        "start each item with '- ' at the same indentation",
    ),
    "did not find expected key": ("no key is found here", "give keys of one mapping the same indentation"),
    _NO_COLON: ("a key without a colon", "write key: value, with a space after the colon"),
    "too deep": _TOO_DEEP,
    "exceeded maximum nesting depth": _TOO_DEEP,  # libyaml's own limit, which newer versions meet first
    "but found another document": ("a second document starts here", "remove the --- line: a file is one document"),
}
# For these the place to mend is where the bracket, quote or key starts, not where the parser gives up.
_STARTED = {
    "found unexpected end of stream",
    "did not find expected ',' or ']'",
    "did not find expected ',' or '}'",
    _NO_COLON,
}
# These blocks break off at a line's first character only when the line is indented like none above it.
_BROKEN_OFF = {
    "did not find expected '-' indicator",
    "did not find expected key",
    "did not find expected <document start>",
}
_TAB = ("a tab indents this line", "indent with spaces")
_INDENTED = (
    "this line is indented differently from the lines above",
    "align it with the keys of the same item, or start a new item with '- '",
)
_OTHER = ("this is not YAML", "mend the line, or the one above it")

# Only where an ASCII one must have been meant: texts in Chinese may hold both.
_WIDE_COLON = re.compile(r"(?:^|[{,])\s*(?:- +)*[A-Za-z_]\w*\s*(：)")
_WIDE_COMMA = re.compile(r"[A-Za-z0-9_.\])}\"'] ?(，)")
_OPENING = re.compile(r"[\[{]")


def syntax_mistake(file: Path, text: str, error: yaml.MarkedYAMLError) -> Mistake:
    """Return what is wrong with the ``text`` of ``file`` that the parser raised ``error`` for."""
    started = error.problem in _STARTED and error.context_mark
    mark = started or error.problem_mark or error.context_mark
    lines = text.splitlines() or [""]
    line = min(mark.line, len(lines) - 1) if mark else 0
    column = mark.column if mark else 0
    line, column, (wrong, right) = _full_width(lines, line) or (line, column, _sentence(error, lines[line], column))
    return Mistake(file, line + 1, "", f"{wrong} (line {line + 1}, column {column + 1})", right)


def full_width(text: str) -> Sentence | None:
    """Return the sentence for a full-width colon or comma in ``text`` that should be plain; None when it has none."""
    if "：" in text:
        return "a full-width ： stands here", "type : with a space after it"
    if "，" in text:
        return "a full-width ， stands here", "type ,"
    return None


def _full_width(lines: Sequence[str], line: int) -> tuple[int, int, Sentence] | None:
    """Return where and how a Chinese input method broke ``line``, or the one above, which then swallowed it."""
    for place in (line, line - 1):
        here = lines[place] if place >= 0 else ""
        opening = _OPENING.search(here)
        found = _WIDE_COLON.search(here) or (opening and _WIDE_COMMA.search(here, opening.end()))
        sentence = full_width(found[1]) if found else None
        if found and sentence:
            return place, found.start(1), sentence
    return None


def _sentence(error: yaml.MarkedYAMLError, line: str, column: int) -> Sentence:
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation:
        return _TAB
    if error.problem in _BROKEN_OFF and column == len(indentation) and line.strip():
        return _INDENTED
    return _SENTENCES.get(error.problem or "", _OTHER)
