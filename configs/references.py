"""``${NAME}`` in a secret's place is taken from the environment, so that no password needs to be in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from configs.mistakes import Mistake
from configs.sentences import SECRET_KEYS
from configs.yamlfile import Document

_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_Path = tuple[str | int, ...]


def put_in(document: Document, environ: Mapping[str, str]) -> list[Mistake]:
    """Replace every ``${NAME}`` in the document's secret values by the variable, and return what could not be.

    A reference that cannot be replaced stays as it is; one anywhere else than in a secret's place is a mistake.
    """
    mistakes: list[Mistake] = []
    for holder, path in list(_texts(document.value, ())):
        slot = path[-1]
        wrongs = _wrongs(holder[slot], slot, environ)
        mistakes += [document.spot(path).mistake(wrong, right) for wrong, right in wrongs]
        if not wrongs:
            holder[slot] = _REFERENCE.sub(lambda match: environ[match[1]], holder[slot])
    return mistakes


def _wrongs(text: str, slot: str | int, environ: Mapping[str, str]) -> list[tuple[str, str]]:
    if slot not in SECRET_KEYS:
        return [("${NAME} is not read here", f"write the value; ${{NAME}} is for {', '.join(sorted(SECRET_KEYS))}")]
    names = _REFERENCE.findall(text)
    if not names or not all(map(_NAME.fullmatch, names)):
        return [("${ starts no reference", "write ${NAME} with letters, digits and _; put a value with ${ in one")]
    return [
        (f"environment variable {name} is not set", f"set {name}, or write the {slot} here")
        for name in names
        if name not in environ
    ]


def _texts(value: Any, path: _Path) -> Iterator[tuple[Any, _Path]]:
    """Yield each text with ``${`` in it as the list or mapping that holds it and its path."""
    slots = value.items() if isinstance(value, dict) else enumerate(value)
    for slot, part in slots:
        if isinstance(part, dict | list):
            yield from _texts(part, (*path, slot))
        elif isinstance(part, str) and "${" in part:
            yield value, (*path, slot)
